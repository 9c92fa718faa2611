/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_PYMALLOC_H
#define LG_CPYTHON_PYMALLOC_H

#include "cpython/runtime.h"
#include "leakgraph/snapshot.h"

/*
 * The arenas of pymalloc (Objects/obmalloc.c), which has small blocks, up to 512
 * bytes, for objects and for the C code of the interpreter. Both tables ascend
 * by address; resident_bytes are not set.
 */
struct lg_pymalloc_tables {
	enum lg_pymalloc state;
	struct lg_arena *arena;
	size_t arena_count, arena_capacity;
	struct lg_arena_pool *pool; /* with live blocks */
	size_t pool_count, pool_capacity;
};

/*
 * Read all arenas of all interpreters, from a memory that stands still. What
 * does not have the shape of an arena or a pool is left out. One read for each
 * pool: O(pools). The caller frees, also after a failure.
 */
enum lg_status lg_pymalloc_read(const struct lg_python *python, const struct lg_maps *maps,
				const struct lg_memory *memory, struct lg_pymalloc_tables *out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_pymalloc_free(struct lg_pymalloc_tables *tables);

#endif
