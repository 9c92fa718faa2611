/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_NATIVE_STACKS_H
#define LG_NATIVE_STACKS_H

#include "base/memory.h"
#include "native/region.h"

/*
 * Add the stacks of threads that the C library made. Such a stack ends with the
 * thread's control block, whose first and third word are its own address, and
 * in which two words in a row say where the stack begins and how long it is.
 * The block is looked for at the end of each anonymous mapping; a stack that
 * has grown together with what lies above it is found by `block`, addresses of
 * control blocks (threading.get_ident()). O(mappings + blocks log mappings).
 */
enum lg_status lg_stacks_find(const struct lg_memory *memory, const struct lg_maps *maps,
			      const uint64_t *block, size_t count, struct lg_regions *regions,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
