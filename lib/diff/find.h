/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_FIND_H
#define LG_DIFF_FIND_H

#include "analysis/pool.h"
#include "diff/align.h"

/*
 * Does a path begin with these steps, as reports write them ("module app → .CACHE")?
 * Whole steps, unless a '*' at the end stands for more of the last one. O(length).
 */
bool lg_diff_begins_with(const char *path, const char *steps);

/*
 * The topmost rows of which the path begins so, ascending; *out is the caller's,
 * for free(). Texts are made in the pool. O(rows), and the paths on the way.
 */
enum lg_status lg_diff_find_rows(const struct lg_diff_union *u, const char *steps,
				 struct lg_pool *pool, uint32_t **out, size_t *out_count,
				 struct lg_error *err);

#endif
