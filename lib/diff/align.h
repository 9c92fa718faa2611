/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_ALIGN_H
#define LG_DIFF_ALIGN_H

#include "base/text.h"
#include "leakgraph/diff.h"
#include "profile/paths.h"

/* What stands on a row of the union, in one profile or told of a side. */
struct lg_diff_sum {
	uint64_t count, bytes;
};

/* How a row takes part. */
enum lg_diff_part {
	LG_DIFF_COUNTS = 0,
	LG_DIFF_GARBAGE, /* what no root reaches: it comes and goes with the collector */
	LG_DIFF_WARM_UP, /* a cache of the interpreter or its library, that fills as it runs */
	LG_DIFF_REST,    /* below LG_PROFILE_REST: of no path, matched by type alone */
};

/* The rows of several profiles as one tree, with what each side has on them. */
struct lg_diff_union {
	struct lg_intern *strings;
	struct lg_paths paths;    /* rows stand behind their parent */
	size_t head_rows;         /* those of the head are first, and numbered by the head alone */
	uint8_t *part;            /* row: enum lg_diff_part */
	struct lg_diff_sum *base; /* row: by the rule for noise */
	struct lg_diff_sum *head;
	uint64_t *head_retained;  /* row: in the head's first profile */
	uint32_t *suspect_row;    /* suspect of that profile: its row here */
};

static inline bool lg_diff_is_word(const struct lg_diff_union *u, uint32_t string, const char *word)
{
	return lg_text_is(lg_intern_text(u->strings, string), word);
}

/*
 * *out is zeroed by the caller, and released by it whatever is returned.
 * LG_E_NOT_COMPARABLE as lg_diff_build(). O(rows).
 */
enum lg_status lg_diff_align(const struct lg_diff_side *base, const struct lg_diff_side *head,
			     struct lg_diff_union *out, struct lg_error *err) LG_MUST_CHECK;
void lg_diff_union_release(struct lg_diff_union *u);

#endif
