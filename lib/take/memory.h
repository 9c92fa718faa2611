/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_MEMORY_H
#define LG_TAKE_MEMORY_H

#include "take/taking.h"

/*
 * Memory as a whole, into the snapshot: collectors, arenas and pools of
 * pymalloc, heaps of malloc, mappings. Before the walk, which adds mappings of
 * its own to the copy. What can't be told leaves its table empty.
 */
enum lg_status lg_take_memory(struct lg_taking *taking, struct lg_error *err) LG_MUST_CHECK;

#endif
