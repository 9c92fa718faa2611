/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "diff/noise.h"
#include "leakgraph/diff.h"

#define CHANCE 0.01
#define MAX_PAIRS (LG_DIFF_MAX_SIDES * LG_DIFF_MAX_SIDES)

static int ascending(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static uint64_t median(const uint64_t *sorted, size_t count)
{
	uint64_t low = sorted[(count - 1) / 2], high = sorted[count / 2];

	return low + (high - low) / 2;
}

/*
 * By the recurrence over the largest value of all: it is one of the n, and above
 * all m, or one of the m.
 */
double lg_diff_chance(size_t n, size_t m, size_t u)
{
	/* now[j][k]: the chance of U = k for i of the one and j of the other. */
	double now[LG_DIFF_MAX_SIDES + 1][MAX_PAIRS + 1] = {0};
	double row[MAX_PAIRS + 1], sum = 0;

	for (size_t j = 0; j <= m; j++)
		now[j][0] = 1;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			double first = (double)i / (double)(i + j);

			for (size_t k = 0; k <= i * j; k++)
				row[k] = (k >= j ? first * now[j][k - j] : 0) +
					 (1 - first) * now[j - 1][k];
			memcpy(now[j], row, (i * j + 1) * sizeof *row);
		}
	for (size_t k = 0; k <= u && k <= n * m; k++)
		sum += now[m][k];
	return sum;
}

struct lg_diff_rule lg_diff_rule_make(size_t base_count, size_t head_count)
{
	struct lg_diff_rule rule = {base_count, head_count, 0};

	if (base_count < LG_DIFF_TEST_SIDES || head_count < LG_DIFF_TEST_SIDES)
		return rule;
	while (lg_diff_chance(base_count, head_count, rule.critical) < CHANCE)
		rule.critical++;
	return rule;
}

/* Fewer pairs than the critical number in which the value of `low` is not below that of `high`? */
static bool is_below(const uint64_t *low, size_t low_count, const uint64_t *high, size_t high_count,
		     size_t critical)
{
	size_t against = 0;

	for (size_t i = 0; i < low_count; i++)
		for (size_t j = 0; j < high_count; j++)
			against += low[i] >= high[j];
	return against < critical;
}

static void by_test(const struct lg_diff_rule *rule, const uint64_t *base, const uint64_t *head,
		    uint64_t *out_base, uint64_t *out_head)
{
	size_t n = rule->base_count, m = rule->head_count;

	*out_base = median(base, n);
	*out_head = median(head, m);
	if (!is_below(base, n, head, m, rule->critical) &&
	    !is_below(head, m, base, n, rule->critical))
		*out_head = *out_base;
}

static void by_range(const struct lg_diff_rule *rule, const uint64_t *base, const uint64_t *head,
		     uint64_t *out_base, uint64_t *out_head)
{
	uint64_t base_least = base[0], base_most = base[rule->base_count - 1];
	uint64_t head_least = head[0], head_most = head[rule->head_count - 1];

	if (head_least > base_most) {
		*out_base = base_most;
		*out_head = head_least;
	} else if (base_least > head_most) {
		*out_base = base_least;
		*out_head = head_most;
	} else {
		*out_base = *out_head = base_most < head_most ? base_most : head_most;
	}
}

void lg_diff_settle(const struct lg_diff_rule *rule, uint64_t *base, uint64_t *head,
		    uint64_t *out_base, uint64_t *out_head)
{
	qsort(base, rule->base_count, sizeof *base, ascending);
	qsort(head, rule->head_count, sizeof *head, ascending);
	if (rule->critical)
		by_test(rule, base, head, out_base, out_head);
	else
		by_range(rule, base, head, out_base, out_head);
}
