/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_HOLDERS_H
#define LG_DIFF_HOLDERS_H

#include "analysis/pool.h"
#include "diff/match.h"

/* The text of a path of the union, in the pool; *path gets its hops. */
const char *lg_diff_path(const struct lg_diff_union *u, uint32_t row, struct lg_path *path,
			 struct lg_pool *pool);

/*
 * Where the growth hangs; `head` is the head's first profile, of which suspects are. Growth below a row of which there are more objects
 * than before belongs to what holds that row; what is too little to be told
 * goes to the row above. Fills holders and their count. O(rows).
 */
enum lg_status lg_diff_find_holders(const struct lg_diff_union *u, const struct lg_diff_match *match,
				    const struct lg_profile *head, struct lg_diff *diff,
				    struct lg_error *err) LG_MUST_CHECK;

#endif
