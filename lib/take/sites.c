/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "take/sites.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/object.h"
#include "cpython/tracemalloc.h"

/* Where the size of the process is not known: a core. */
#define MIN_MOST_TRACES (1u << 24)

/*
 * A block begins before its object by what stands there: the collector's header
 * and, from 3.11 on, two words of instances with a managed dict or weak list. As
 * _PyType_PreHeaderSize has it: by the type, whether or not the object uses it.
 */
static uint32_t bytes_before(const struct lg_python *python, uint64_t type)
{
	const struct lg_layout *l = python->layout;
	uint64_t flags = lg_peek(python, type + l->type.flags);
	uint32_t bytes = flags >> l->type.flag_have_gc_bit & 1 ? l->gc.bytes : 0;

	return flags & l->type.preheader_flags ? bytes + l->managed.preheader_bytes : bytes;
}

static uint32_t *bytes_before_all(const struct lg_python *python, const struct lg_snapshot *s)
{
	uint32_t *before = lg_alloc_zero(s->type_count, sizeof *before);

	for (uint32_t t = 0; before && t < s->type_count; t++)
		if (s->types[t].object < s->object_count)
			before[t] = bytes_before(python, s->address[s->types[t].object]);
	return before;
}

static const uint32_t *site_of(const struct lg_traces *traces, const uint32_t *before,
			       const struct lg_snapshot *s, uint32_t object)
{
	if (s->flags[object] & LG_OBJECT_PSEUDO)
		return NULL;
	return lg_word_map_find(&traces->block, s->address[object] - before[s->type[object]]);
}

enum lg_status lg_take_sites(const struct lg_python *python, const struct lg_maps *maps,
			     struct lg_intern *strings, struct lg_snapshot *s, struct lg_error *err)
{
	lg_cleanup(lg_traces_free) struct lg_traces traces = { 0 };
	lg_cleanup(lg_free) uint32_t *before = bytes_before_all(python, s);
	uint64_t most = MIN_MOST_TRACES + (s->info.rss_bytes + s->info.swap_bytes) / LG_TRACE_BYTES;
	enum lg_status status = lg_traces_read(python, maps, most, strings, &traces, err);
	uint32_t count = 0;

	if (status != LG_OK || traces.site_count == 0)
		return status;
	for (uint32_t i = 1; before && i < s->object_count; i++)
		count += site_of(&traces, before, s, i) != NULL;
	s->allocations = lg_alloc(count, sizeof *s->allocations);
	if (!before || !s->allocations)
		return lg_fail(err, LG_E_MEMORY, "no memory for the sites of %u objects", count);
	for (uint32_t i = 1; i < s->object_count; i++) {
		const uint32_t *site = site_of(&traces, before, s, i);

		if (site)
			s->allocations[s->allocation_count++] =
				(struct lg_allocation){ .object = i, .site = *site };
	}
	s->site_count = (uint32_t)traces.site_count;
	s->sites = lg_take(traces.site);
	return LG_OK;
}
