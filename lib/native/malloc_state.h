/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_NATIVE_MALLOC_STATE_H
#define LG_NATIVE_MALLOC_STATE_H

#include "base/memory.h"
#include "target/maps.h"

/* struct malloc_state of glibc, in the shapes that it has had. */

#define LG_BINS 127 /* from 1; bin 0 is none */
#define LG_MALLOC_STATE_BYTES 2200
#define LG_MAX_MALLOC_ARENAS 65536

/* Offsets in bytes. */
struct lg_malloc_shape {
	uint32_t fastbins, fastbin_count, top, bins, next, system_bytes;
};

struct lg_malloc_state {
	const struct lg_malloc_shape *shape;
	uint64_t address;
	uint64_t word[LG_MALLOC_STATE_BYTES / 8];
};

static inline uint64_t lg_malloc_field(const struct lg_malloc_state *state, uint32_t offset)
{
	return state->word[offset / 8];
}

/* Where a bin lies as if it were a chunk: its fd and bk stand 16 bytes behind. i from 1. */
static inline uint64_t lg_malloc_bin(const struct lg_malloc_state *state, uint32_t i)
{
	return state->address + state->shape->bins + (i - 1) * 16 - 16;
}

/* Read a state that is known to be one, for another arena of the ring. False: it is none. */
bool lg_malloc_state_read(const struct lg_memory *memory, const struct lg_malloc_shape *shape,
			  uint64_t address, struct lg_malloc_state *out);

/* The main arena, in the data of glibc. False where there is none. */
bool lg_malloc_state_find(const struct lg_memory *memory, const struct lg_maps *maps,
			  struct lg_malloc_state *out);

#endif
