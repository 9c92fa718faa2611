/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "native/glibc.h"
#include "native/malloc_state.h"

#define MAX_HEAPS_OF_ARENA 65536
#define MAX_LOOKS (1u << 16)
/* Blocks lie side by side: memory in which so many pages in a row begin none is something else. */
#define MAX_MISSES 256

/* Flags in the size of a chunk: previous in use, mapped by itself, of a thread's arena. */
#define CHUNK_FLAGS 7u
#define CHUNK_MAPPED 2u

#define HEAP_ALIGNMENT (64ull << 20)

struct reader {
	const struct lg_memory *memory;
	const struct lg_maps *maps;
	struct lg_regions *regions;
	struct lg_page_walk *pages;
	uint32_t looks; /* pages that may still be looked at */
	struct lg_glibc *out;
};

static enum lg_status add_heap(struct reader *r, const struct lg_malloc_state *state,
			       struct lg_error *err)
{
	const struct lg_malloc_shape *shape = state->shape;
	struct lg_glibc *out = r->out;
	struct lg_glibc_heap *heap;
	struct lg_error ignored;
	uint64_t top[2];

	if (!lg_reserve(out->heap, out->heap_capacity, out->heap_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu heaps", out->heap_count + 1);
	heap = &out->heap[out->heap_count++];
	*heap = (struct lg_glibc_heap){
		.address = state->address,
		.bytes = lg_malloc_field(state, shape->system_bytes),
		.bins = state->address + shape->bins,
		.bin_count = LG_BINS,
		.fastbins = state->address + shape->fastbins,
		.fastbin_count = shape->fastbin_count,
	};
	/* The chunk at the end may be the last 16 bytes that are mapped. */
	if (lg_memory_read(r->memory, lg_malloc_field(state, shape->top), top, sizeof top,
			   &ignored) == LG_OK &&
	    (top[1] & ~(uint64_t)CHUNK_FLAGS) <= heap->bytes)
		heap->top_bytes = top[1] & ~(uint64_t)CHUNK_FLAGS;
	return LG_OK;
}

/* The heaps of a thread's arena, the last one first: each says whose it is and which was before. */
static enum lg_status add_heap_regions(struct reader *r, const struct lg_malloc_state *state,
				       struct lg_error *err)
{
	uint64_t at = lg_malloc_field(state, state->shape->top) / HEAP_ALIGNMENT * HEAP_ALIGNMENT;

	for (int i = 0; i < MAX_HEAPS_OF_ARENA && at; i++) {
		uint64_t info[3]; /* arena, previous heap, bytes */
		struct lg_error ignored;
		enum lg_status status;

		if (lg_memory_read(r->memory, at, info, sizeof info, &ignored) != LG_OK ||
		    info[0] != state->address || info[2] > HEAP_ALIGNMENT ||
		    info[2] % LG_PAGE_BYTES || info[1] % HEAP_ALIGNMENT)
			break;
		status = lg_regions_add(r->regions, at, at + info[2], LG_MAPPING_HEAP, err);
		if (status != LG_OK)
			return status;
		at = info[1];
	}
	return LG_OK;
}

static enum lg_status read_arenas(struct reader *r, struct lg_malloc_state *state,
				  struct lg_error *err)
{
	uint64_t main_arena = state->address, at = main_arena;
	enum lg_status status = LG_OK;

	for (int i = 0; i < LG_MAX_MALLOC_ARENAS && status == LG_OK; i++) {
		status = add_heap(r, state, err);
		if (status == LG_OK && at != main_arena)
			status = add_heap_regions(r, state, err);
		at = lg_malloc_field(state, state->shape->next);
		if (at == main_arena ||
		    !lg_malloc_state_read(r->memory, state->shape, at, state))
			break;
	}
	return status;
}

/* ---- blocks mapped each for itself ---- */

/*
 * Such a block begins its pages: nothing before it, and as many whole pages as
 * it says; 2.43 leaves out of that its own two words.
 */
static bool is_large(const struct lg_memory *memory, uint64_t at, uint64_t end, uint64_t *bytes)
{
	uint64_t head[2];
	struct lg_error ignored;

	if (lg_memory_read(memory, at, head, sizeof head, &ignored) != LG_OK)
		return false;
	*bytes = head[1] & ~(uint64_t)CHUNK_FLAGS;
	if (*bytes % LG_PAGE_BYTES == LG_PAGE_BYTES - sizeof head)
		*bytes += sizeof head;
	return head[0] == 0 && (head[1] & CHUNK_FLAGS) == CHUNK_MAPPED && *bytes &&
	       *bytes % LG_PAGE_BYTES == 0 && *bytes <= end - at;
}

/* Of one mapping, between the regions that are known: these are sorted, those found come behind. */
static enum lg_status find_large(struct reader *r, const struct lg_map *map,
				 const struct lg_regions *known, struct lg_error *err)
{
	size_t i = lg_regions_find(known, map->start);
	enum lg_status status = LG_OK;
	uint32_t misses = 0;

	for (uint64_t at = map->start; at < map->end && r->looks && status == LG_OK;) {
		uint64_t end = map->end, bytes = LG_PAGE_BYTES;

		while (i < known->count && r->regions->region[i].end <= at)
			i++;
		if (i < known->count && r->regions->region[i].start <= at) {
			at = r->regions->region[i].end;
			continue;
		}
		if (i < known->count && r->regions->region[i].start < end)
			end = r->regions->region[i].start;
		at = lg_page_walk_next(r->pages, at, end);
		if (at == end)
			continue;
		r->looks--;
		if (is_large(r->memory, at, end, &bytes)) {
			status = lg_regions_add(r->regions, at, at + bytes, LG_MAPPING_LARGE, err);
			misses = 0;
		} else if (misses++ == MAX_MISSES) {
			break;
		} else {
			bytes = LG_PAGE_BYTES;
		}
		at += bytes;
	}
	return status;
}

enum lg_status lg_glibc_read(const struct lg_memory *memory, const struct lg_maps *maps,
			     struct lg_page_walk *pages, struct lg_regions *regions,
			     struct lg_glibc *out, struct lg_error *err)
{
	struct reader r = { memory, maps, regions, pages, MAX_LOOKS, out };
	struct lg_malloc_state state;
	struct lg_regions known;
	enum lg_status status;

	*out = (struct lg_glibc){0};
	out->found = lg_malloc_state_find(memory, maps, &state);
	if (!out->found)
		return LG_OK;
	status = read_arenas(&r, &state, err);
	lg_regions_sort(regions);
	known = *regions;
	for (size_t i = 0; i < maps->count && status == LG_OK && r.looks; i++) {
		/* What is found is added to the same table, which may then move. */
		known.region = regions->region;
		if (lg_is_anonymous(&maps->map[i]) && strcmp(maps->map[i].path, "[heap]") != 0)
			status = find_large(&r, &maps->map[i], &known, err);
	}
	return status;
}

void lg_glibc_free(struct lg_glibc *glibc)
{
	free(glibc->heap);
	*glibc = (struct lg_glibc){0};
}
