/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_PYMALLOC_H
#define LG_CPYTHON_PYMALLOC_H

#include "cpython/runtime.h"
#include "leakgraph/snapshot.h"

/*
 * The arenas of pymalloc (Objects/obmalloc.c), which has small blocks, up to 512
 * bytes, for objects and for the C code of the interpreter. Each arena is cut
 * into pools, each of blocks of one size. All tables ascend by address;
 * resident_bytes are not set.
 */
struct lg_pymalloc_tables {
	enum lg_pymalloc state;
	struct lg_arena *arena;
	size_t arena_count, arena_capacity;
	/* Where the headers of pools lie, and the number of the arena that each must name. */
	uint64_t *header;
	uint32_t *number;
	size_t header_count, header_capacity, number_capacity;
	struct lg_arena_pool *pool; /* with live blocks */
	size_t pool_count;
};

/* struct pool_header, the same in all versions. */
struct lg_pool_header {
	uint32_t live, unused;
	uint64_t free_block, next, previous;
	uint32_t arena, size_class, next_offset, max_next_offset;
};

/*
 * First: the arenas of all interpreters, and where their pools are, from a
 * memory that stands still. What has not the shape of an arena is left out.
 * O(arenas). The caller frees, also after a failure.
 */
enum lg_status lg_pymalloc_read(const struct lg_python *python, const struct lg_maps *maps,
				const struct lg_memory *memory, struct lg_pymalloc_tables *out,
				struct lg_error *err) LG_MUST_CHECK;

/*
 * Then: the pools, from their headers, as many as there are addresses of such:
 * the caller knows the quickest way to read them. What has not the shape of a
 * pool is left out. O(pools).
 */
enum lg_status lg_pymalloc_add_pools(const struct lg_python *python,
				     const struct lg_pool_header *header,
				     struct lg_pymalloc_tables *tables,
				     struct lg_error *err) LG_MUST_CHECK;
void lg_pymalloc_free(struct lg_pymalloc_tables *tables);

#endif
