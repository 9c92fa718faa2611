/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_HOLDERS_H
#define LG_DIFF_HOLDERS_H

#include "analysis/pool.h"
#include "diff/match.h"

/* The text of a path of the union, in the pool; *path gets its hops. */
const char *lg_diff_path(const struct lg_diff_union *u, uint32_t row, struct lg_path *path,
			 struct lg_pool *pool);
/* "[str] → shop.models.Session": the steps from a holder to what lies in it; "" of LG_NONE. */
const char *lg_diff_item(const struct lg_diff_union *u, uint32_t holder, uint32_t item,
			 struct lg_pool *pool);
/* Of the suspect of the head's first profile that has this row, or the item's, as its holder; or "". */
const char *lg_diff_signature(const struct lg_diff_union *u, const struct lg_profile *head,
			      uint32_t row, uint32_t item, struct lg_pool *pool);

/* A row to which growth belongs. */
struct lg_diff_place {
	uint32_t row;
	uint32_t item; /* the row of what there is more of; LG_NONE: its own bytes */
	uint64_t grown_bytes;
};

/*
 * Where the growth hangs. Growth below a row of which there are more objects than
 * before belongs to what holds that row; what is too little to be told, of `total`
 * that grew, goes to the row above. *out is the caller's, for free(). O(rows).
 */
enum lg_status lg_diff_find_places(const struct lg_diff_union *u, const struct lg_diff_match *match,
				   uint64_t total, struct lg_diff_place **out, size_t *out_count,
				   struct lg_error *err);
/* The same, told: holders and their count. `head` is the head's first profile. */
enum lg_status lg_diff_find_holders(const struct lg_diff_union *u, const struct lg_diff_match *match,
				    const struct lg_profile *head, struct lg_diff *diff,
				    struct lg_error *err) LG_MUST_CHECK;

#endif
