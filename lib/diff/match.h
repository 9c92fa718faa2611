/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_MATCH_H
#define LG_DIFF_MATCH_H

#include "diff/align.h"

/* Bytes of the base on one path that are the head's on another. */
struct lg_diff_pair {
	uint32_t from, to; /* rows of the union */
	uint64_t bytes, count;
};

/* What the cascade leaves of each row, and what it paired. Zero-initialised. */
struct lg_diff_match {
	struct lg_diff_sum *shrank; /* row: of the base */
	struct lg_diff_sum *grew;   /* row: of the head */
	struct lg_diff_pair *pair;  /* most bytes first */
	size_t pair_count, pair_capacity;
};
void lg_diff_match_release(struct lg_diff_match *match);

/* O(rows log rows) for each of the steps of the cascade. */
enum lg_status lg_diff_match_rows(const struct lg_diff_union *u, struct lg_diff_match *out,
				  struct lg_error *err) LG_MUST_CHECK;

/* Adds up what was matched. O(rows). */
void lg_diff_add_totals(const struct lg_diff_union *u, const struct lg_diff_match *match,
			struct lg_diff_totals *totals);

#endif
