/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_STACK_VALUES_H
#define LG_TAKE_STACK_VALUES_H

#include "cpython/roots.h"

/*
 * A running frame's evaluation stack may hold what nothing else does: the
 * iterator of a loop, the arguments of a call into C. How deep it is, nobody
 * stores, so its words (roots->maybe) count only where they explain something:
 * a LG_ROOT_C_CODE root whose object lies on such a stack becomes a reference
 * of that frame, as far as its excess goes. Call it behind lg_held_by_c().
 * O(references + objects) where there is one, else O(roots log words).
 */
enum lg_status lg_held_by_stacks(struct lg_snapshot *snapshot, const struct lg_root_set *roots,
				 struct lg_error *err) LG_MUST_CHECK;

#endif
