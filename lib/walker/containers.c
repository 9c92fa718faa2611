/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "walker/gather.h"

static uint32_t saturated(uint64_t count)
{
	return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

/* What a walk of sound memory says; the rest is left out. */
static bool fits(const struct lg_walker_container *row, const struct lg_snapshot *s)
{
	uint32_t before = s->container_count ? s->containers[s->container_count - 1].object : 0;

	return row->object > before && row->object < s->inner_count && row->used <= row->room &&
	       row->apart_bytes <= s->shallow_bytes[row->object] &&
	       row->needed_bytes <= row->apart_bytes;
}

enum lg_status lg_gather_containers(const struct lg_gather *g, struct lg_snapshot *s,
				    struct lg_error *err)
{
	s->containers = lg_alloc(g->container_count, sizeof *s->containers);
	if (!s->containers)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu containers", g->container_count);
	for (size_t i = 0; i < g->container_count; i++) {
		const struct lg_walker_container *row = &g->container[i];

		if (fits(row, s))
			s->containers[s->container_count++] = (struct lg_container){
				.apart_bytes = row->apart_bytes,
				.needed_bytes = row->needed_bytes,
				.object = row->object,
				.used = saturated(row->used),
				.room = saturated(row->room),
			};
	}
	return LG_OK;
}
