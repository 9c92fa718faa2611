/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_NATIVE_GLIBC_H
#define LG_NATIVE_GLIBC_H

#include "base/memory.h"
#include "native/region.h"
#include "target/residency.h"

/*
 * What glibc's malloc holds, read from outside (malloc/malloc.c, arena.c). No
 * symbol names its administration, so struct malloc_state is found by its
 * shape: in the writable data of libc, `next` leads in a ring through all
 * arenas back to it, and each of the 127 bins is empty (it points to itself) or
 * points to chunks.
 */

/* An arena: how much it took, and where its free lists are. */
struct lg_glibc_heap {
	uint64_t address; /* of its struct malloc_state */
	uint64_t bytes, top_bytes;
	uint64_t bins, fastbins;
	uint32_t bin_count, fastbin_count;
};

struct lg_glibc {
	bool found;
	struct lg_glibc_heap *heap; /* the main one first */
	size_t heap_count, heap_capacity;
};

/*
 * Stretches of the heaps, and blocks that were mapped each for itself, are
 * added to `regions`, to be sorted then. Blocks are recognised by the header
 * that a page begins with; only pages that are there and that no region covers
 * are looked at, 65,536 of them at most. The caller frees, also after a
 * failure. O(arenas + pages looked at).
 */
enum lg_status lg_glibc_read(const struct lg_memory *memory, const struct lg_maps *maps,
			     struct lg_page_walk *pages, struct lg_regions *regions,
			     struct lg_glibc *out, struct lg_error *err) LG_MUST_CHECK;
void lg_glibc_free(struct lg_glibc *glibc);

#endif
