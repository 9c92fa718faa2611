/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_NOISE_H
#define LG_DIFF_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* How repeated measurements of two sides are told apart: diff.h says the rule. */
struct lg_diff_rule {
	size_t base_count, head_count; /* each at most LG_DIFF_MAX_SIDES */
	size_t critical; /* the test: fewer pairs the wrong way round than this tell a difference */
};
/* O((base_count * head_count)^2). */
struct lg_diff_rule lg_diff_rule_make(size_t base_count, size_t head_count);

/*
 * What may be said of the two sides: *out_base and *out_head are equal where
 * nothing tells them apart. Sorts its arguments.
 */
void lg_diff_settle(const struct lg_diff_rule *rule, uint64_t *base, uint64_t *head,
		    uint64_t *out_base, uint64_t *out_head);

/* The probability that Mann and Whitney's U of n and m values is at most u by chance: exact. */
double lg_diff_chance(size_t n, size_t m, size_t u);

#endif
