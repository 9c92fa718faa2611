/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_MEMORY_H
#define LG_TAKE_MEMORY_H

#include "take/taking.h"
#include "target/residency.h"
#include "walker/walk.h"

/*
 * Memory as a whole, into the snapshot: collectors, arenas and pools of
 * pymalloc, heaps of malloc, mappings. What can't be told leaves its table
 * empty. It has two halves: the walk puts mappings of its own into the copy,
 * and leaves there what the second half works with.
 */
struct lg_memory_taking {
	struct lg_residency residency; /* of the copy, before the walk */
	bool resident_known;
};

enum lg_status lg_take_memory_first(struct lg_taking *taking, struct lg_memory_taking *memory,
				    struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_take_memory(struct lg_taking *taking, const struct lg_memory_taking *memory,
			      const struct lg_left *left, struct lg_error *err) LG_MUST_CHECK;
/* Zero-initialise; for lg_cleanup. */
void lg_memory_taking_release(struct lg_memory_taking *memory);

#endif
