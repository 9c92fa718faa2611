/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_MORE_REFERENCES_H
#define LG_TAKE_MORE_REFERENCES_H

#include "leakgraph/snapshot.h"

/* A reference found after the walk, of kind LG_REF_OTHER. */
struct lg_more_reference {
	uint32_t holder, target; /* objects; the holder is an inner one */
	uint32_t name;           /* string */
};

/*
 * Put them behind those that their holders have; sorts `more`. Indexes are the
 * caller's responsibility. O(references + count log count).
 */
enum lg_status lg_add_references(struct lg_snapshot *snapshot, struct lg_more_reference *more,
				 size_t count, struct lg_error *err) LG_MUST_CHECK;

#endif
