/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_EQUALS_H
#define LG_TAKE_EQUALS_H

#include "walker/walk.h"

/*
 * Which objects have equal contents, from the hashes of these: equals of the
 * snapshot, whose objects are all there. O(contents), on all cores; 20 bytes for each leaf.
 */
enum lg_status lg_take_equals(const struct lg_contents *contents, struct lg_snapshot *snapshot,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
