/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_WALK_H
#define LG_WALKER_WALK_H

#include "cpython/roots.h"
#include "cpython/runtime.h"
#include "target/freeze.h"
#include "walker/abi.h"

/*
 * What the walk leaves in the copy, for further passes (lists.h, scatter.h):
 * its code, its stack with a page behind it, and the room of its columns.
 */
struct lg_left {
	uint64_t code, stack_top, room;
	size_t room_bytes;
};

/*
 * Hashes of the contents of leaves, which are compared when the copy is gone.
 * The caller releases them.
 */
struct lg_contents {
	uint64_t *hash; /* by leaf, 0: none; at most as many as there are leaves */
	uint32_t count;
};
void lg_contents_release(struct lg_contents *contents);

/* Stacks of suspended greenlets, to be looked through while the copy is there. The caller releases them. */
struct lg_stacks {
	struct lg_walker_stack *stack; /* objects are inner ones of the snapshot */
	size_t count;
};
void lg_stacks_release(struct lg_stacks *stacks);

/*
 * Host side of the walker: puts the freestanding code into the frozen copy,
 * runs it, recovers it from faults an object at a time, and gathers what it
 * streams into the columns of a snapshot.
 *
 * pseudo objects of `roots` get the indexes 1 .. pseudo_count in their order,
 * with their `held` references; Python objects follow. Fills the object,
 * reference, type, root, thread and frame columns of *snapshot (frames with
 * those of suspended generators and greenlets), and info.faults; the static types
 * met become roots. Strings of names go to `strings` (finished by the caller).
 * contents NULL: none are hashed.
 */
enum lg_status lg_walk(struct lg_freeze *freeze, const struct lg_python *python,
		       const struct lg_root_set *roots, struct lg_intern *strings,
		       const struct lg_progress *progress, struct lg_snapshot *snapshot,
		       struct lg_contents *contents, struct lg_stacks *stacks, struct lg_left *left,
		       struct lg_error *err) LG_MUST_CHECK;

#endif
