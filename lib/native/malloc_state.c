/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "native/malloc_state.h"

#define MAX_IMAGE_DATA_BYTES (4u << 20)
#define CHUNK_BYTES 65536u
#define CHUNK_ALIGNMENT 16

/* An arena of a thread stands behind a struct heap_info at a multiple of this. */
#define HEAP_ALIGNMENT (64ull << 20)
#define MAX_HEAP_INFO_BYTES 256

static const struct lg_malloc_shape shapes[] = {
	/* 2.43: without fast bins */
	{ .top = 8, .bins = 24, .next = 2072, .system_bytes = 2096 },
	/* 2.27 to 2.41 at least: with have_fastchunks */
	{ .fastbins = 16, .fastbin_count = 10, .top = 96, .bins = 112, .next = 2160,
	  .system_bytes = 2184 },
	/* to 2.26 */
	{ .fastbins = 8, .fastbin_count = 10, .top = 88, .bins = 104, .next = 2152,
	  .system_bytes = 2176 },
};

/* Each bin empty, or its two ends somewhere a chunk may be. */
static bool bins_fit(const struct lg_malloc_state *state)
{
	for (uint32_t i = 1; i <= LG_BINS; i++) {
		uint64_t bin = lg_malloc_bin(state, i);
		uint64_t first = lg_malloc_field(state, state->shape->bins + (i - 1) * 16);
		uint64_t last = lg_malloc_field(state, state->shape->bins + (i - 1) * 16 + 8);

		if (first == bin && last == bin)
			continue;
		if (first == bin || last == bin || !first || !last ||
		    first % CHUNK_ALIGNMENT || last % CHUNK_ALIGNMENT)
			return false;
	}
	return true;
}

bool lg_malloc_state_read(const struct lg_memory *memory, const struct lg_malloc_shape *shape,
			  uint64_t address, struct lg_malloc_state *out)
{
	uint64_t system_bytes, most_bytes, top;
	struct lg_error ignored;

	if (address % 8 || lg_memory_read(memory, address, out->word, sizeof out->word, &ignored) != LG_OK)
		return false;
	out->shape = shape;
	out->address = address;
	system_bytes = lg_malloc_field(out, shape->system_bytes);
	most_bytes = lg_malloc_field(out, shape->system_bytes + 8);
	top = lg_malloc_field(out, shape->top);
	return top && top % CHUNK_ALIGNMENT == 0 && system_bytes && system_bytes <= most_bytes &&
	       most_bytes < INT64_MAX && bins_fit(out);
}

/* Is there the field `next` of a state at this address: of the only one, or to one of a thread? */
static bool may_be_next(uint64_t address, uint64_t next, const struct lg_malloc_shape *shape)
{
	uint64_t within = next % HEAP_ALIGNMENT;

	return next == address - shape->next ||
	       (next && within && within <= MAX_HEAP_INFO_BYTES && within % CHUNK_ALIGNMENT == 0);
}

/*
 * The ring of `next` comes back to it. So the shapes are told apart: where there
 * are threads, the main arena read with another shape's offsets looks as good.
 */
static bool ring_closes(const struct lg_memory *memory, const struct lg_malloc_state *main_arena,
			uint32_t *steps)
{
	uint64_t at = lg_malloc_field(main_arena, main_arena->shape->next);
	struct lg_error ignored;

	for (; *steps && at != main_arena->address; (*steps)--)
		if (lg_memory_read_u64(memory, at + main_arena->shape->next, &at, &ignored) != LG_OK)
			return false;
	return at == main_arena->address;
}

static bool search(const struct lg_memory *memory, uint64_t start, uint64_t end, uint32_t *steps,
		   struct lg_malloc_state *out)
{
	uint64_t word[CHUNK_BYTES / 8];
	struct lg_error ignored;

	for (uint64_t at = start; at < end; at += sizeof word) {
		size_t bytes = end - at < sizeof word ? end - at : sizeof word;

		if (lg_memory_read(memory, at, word, bytes, &ignored) != LG_OK)
			return false;
		for (size_t i = 0; i < bytes / 8; i++)
			for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
				if (may_be_next(at + i * 8, word[i], &shapes[s]) &&
				    lg_malloc_state_read(memory, &shapes[s],
							 at + i * 8 - shapes[s].next, out) &&
				    ring_closes(memory, out, steps))
					return true;
	}
	return false;
}

/* libc.so.6, or libc-2.31.so as it was called before; or a program that has it in itself. */
static bool named_libc(const struct lg_map *map)
{
	const char *slash = strrchr(map->path, '/');

	return slash && (strncmp(slash, "/libc.so", 8) == 0 || strncmp(slash, "/libc-2", 7) == 0);
}

static bool same_file(const struct lg_map *a, const struct lg_map *b)
{
	return strcmp(a->path, b->path) == 0;
}

bool lg_malloc_state_find(const struct lg_memory *memory, const struct lg_maps *maps,
			  struct lg_malloc_state *out)
{
	uint32_t steps = LG_MAX_MALLOC_ARENAS; /* along rings, of all that look like one */

	for (size_t i = 0; i < maps->count; i++) {
		const struct lg_map *map = &maps->map[i];
		bool bss = i && map->path[0] == 0 && map->start == map[-1].end &&
			   named_libc(&map[-1]);
		/* The first image of a process is its program, which may be linked statically. */
		bool program = map->inode && same_file(map, &maps->map[0]);

		if (!map->readable || !map->writable || !(named_libc(map) || bss || program) ||
		    map->end - map->start > MAX_IMAGE_DATA_BYTES)
			continue;
		if (search(memory, map->start, map->end, &steps, out))
			return true;
	}
	return false;
}
