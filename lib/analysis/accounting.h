/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_ACCOUNTING_H
#define LG_ANALYSIS_ACCOUNTING_H

#include "analysis/model.h"
#include "leakgraph/memory.h"

/*
 * RSS in parts. What malloc and pymalloc have in use is known to the byte, and
 * so are the shallow bytes of objects; which of those lie where is told by
 * where their heads lie: what exceeds the block of its head is a buffer of its
 * own, up to 512 bytes pymalloc's, and malloc's beyond. Nothing counts twice:
 * a part never takes more than is left of what it is a part of.
 * O(objects log pools), and nearly O(objects) where they lie in order.
 */
void lg_accounting_build(const struct lg_snapshot *snapshot, struct lg_accounting *out);

/* The pool that an address lies in, LG_NONE where in none. *near: the one asked for before. */
uint32_t lg_pool_of(const struct lg_snapshot *snapshot, uint64_t address, uint32_t *near);

/* Python objects of the heap: no pseudo objects, and none in the image of a library. */
static inline bool lg_is_heap_object(const struct lg_snapshot *s, uint32_t object)
{
	return !(s->flags[object] & (LG_OBJECT_PSEUDO | LG_OBJECT_STATIC));
}

#endif
