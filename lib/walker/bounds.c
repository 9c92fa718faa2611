/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/object.h"
#include "walker/gather.h"

/*
 * What takes only so many items: deques and the caches of functools have a field
 * for that, written in C; the others an attribute.
 */
enum { DEQUE = 1, LRU_CACHE, FIRST_WITH_ATTRIBUTE };

static const struct lg_class_name classes[] = {
	{"collections", "deque"},     {"functools", "_lru_cache_wrapper"},
	{"queue", "Queue"},           {"asyncio.queues", "Queue"},
	{"multiprocessing.queues", "Queue"}, {"cachetools", "Cache"},
};
#define CLASSES (sizeof classes / sizeof *classes)
_Static_assert(CLASSES <= LG_MAX_KINDS, "more classes than kinds");

static const char *const attributes[CLASSES] = {
	NULL, NULL, "maxsize", "_maxsize", "_maxsize", "_Cache__maxsize",
};

#define MAX_BOUNDS (1u << 22)

/* 0: none. Fields are signed, and -1 says so. */
static uint64_t bound_of(const struct lg_python *python, const struct lg_library *library,
			 uint64_t object, uint8_t kind)
{
	uint64_t field;

	if (kind >= FIRST_WITH_ATTRIBUTE)
		return lg_python_int(python, lg_instance_attribute(python, object,
								   attributes[kind - 1]));
	field = lg_peek(python, object + (kind == DEQUE ? library->deque.most : library->lru.most));
	return field > INT64_MAX ? 0 : field;
}

enum lg_status lg_gather_bounds(struct lg_gather *g, const struct lg_python *python,
				struct lg_snapshot *s, struct lg_error *err)
{
	const struct lg_library *library = lg_library_find(python->version_hex);
	lg_cleanup(lg_kinds_free) struct lg_kinds kinds = {0};
	enum lg_status status = lg_gather_kinds(g, python, classes, CLASSES, &kinds, err);
	size_t first = g->roots->pseudo_count + 1, count;

	if (status != LG_OK || kinds.objects == 0 || !library)
		return status;
	count = kinds.objects < MAX_BOUNDS ? kinds.objects : MAX_BOUNDS;
	s->bounds = lg_alloc(count, sizeof *s->bounds);
	if (!s->bounds)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu bounds", count);
	for (size_t i = first; i < g->inner.count && s->bound_count < count; i++) {
		uint8_t kind = lg_kind_of(g, &kinds, i);
		uint64_t most = kind ? bound_of(python, library, g->inner.address[i], kind) : 0;

		if (most)
			s->bounds[s->bound_count++] = (struct lg_bound){
				(uint32_t)i, most > UINT32_MAX ? UINT32_MAX : (uint32_t)most};
	}
	return LG_OK;
}
