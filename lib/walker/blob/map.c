/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * Address to number: a radix tree with a word for each 16 bytes of heap, and a
 * second one for addresses that are 8 past a multiple of 16 (objects inside
 * larger structures). Granules of a megabyte hang on two levels of 2^14; pages
 * of a granule that no object touches are never made.
 */
#define LEVEL_BITS 14
#define LEVEL_SIZE (1u << LEVEL_BITS)

uint32_t *blob_map_granule(struct lg_walker *w, uint64_t key)
{
	uint32_t cached = key % LG_WALKER_CACHE;
	uint64_t *top, *middle;

	if (!w->map)
		w->map = (uint64_t)blob_alloc(w, LEVEL_SIZE * sizeof *top);
	top = (uint64_t *)w->map;
	if (!top[key >> LEVEL_BITS])
		top[key >> LEVEL_BITS] = (uint64_t)blob_alloc(w, LEVEL_SIZE * sizeof *middle);
	middle = (uint64_t *)top[key >> LEVEL_BITS] + key % LEVEL_SIZE;
	if (!*middle)
		*middle = (uint64_t)blob_alloc(w, (1u << (GRANULE_SHIFT - 4)) * sizeof(uint32_t));
	w->cache_base[cached] = 0;
	barrier();
	w->cache_key[cached] = key;
	barrier();
	w->cache_base[cached] = *middle;
	return (uint32_t *)*middle;
}

/* Number to address, in chunks that never move. */
#define CHUNK_SHIFT 19
#define CHUNKS ((LG_WALKER_MAX_NUMBER >> CHUNK_SHIFT) + 1)

void blob_order_add(struct lg_walker *w, uint64_t address)
{
	uint64_t **chunk, position = w->inner_count;

	if (!w->order)
		w->order = (uint64_t)blob_alloc(w, CHUNKS * sizeof *chunk);
	if (unlikely(w->first_number + position > LG_WALKER_MAX_NUMBER))
		blob_end(w, LG_WALKER_TOO_MANY);
	chunk = (uint64_t **)w->order + (position >> CHUNK_SHIFT);
	if (!*chunk)
		*chunk = blob_alloc(w, sizeof **chunk << CHUNK_SHIFT);
	(*chunk)[position & ((1u << CHUNK_SHIFT) - 1)] = address;
	barrier();
	w->inner_count = position + 1;
}

uint64_t blob_order_get(const struct lg_walker *w, uint64_t position)
{
	return ((uint64_t **)w->order)[position >> CHUNK_SHIFT]
				      [position & ((1u << CHUNK_SHIFT) - 1)];
}
