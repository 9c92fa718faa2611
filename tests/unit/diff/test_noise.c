/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "diff/noise.h"

static void settle(size_t n, const uint64_t *base, size_t m, const uint64_t *head,
		   uint64_t expected_base, uint64_t expected_head)
{
	struct lg_diff_rule rule = lg_diff_rule_make(n, m);
	uint64_t a[20], b[20], got_base, got_head;

	for (size_t i = 0; i < n; i++)
		a[i] = base[i];
	for (size_t i = 0; i < m; i++)
		b[i] = head[i];
	lg_diff_settle(&rule, a, b, &got_base, &got_head);
	cr_expect_eq(got_base, expected_base, "%lu, expected %lu", got_base, expected_base);
	cr_expect_eq(got_head, expected_head, "%lu, expected %lu", got_head, expected_head);
}

/* Tables of the U test: for 5 and 5, U at most 1 has a one-sided chance of 0.008. */
Test(noise, the_chance_of_u)
{
	cr_expect_float_eq(lg_diff_chance(5, 5, 0), 1.0 / 252, 1e-12);
	cr_expect_float_eq(lg_diff_chance(5, 5, 1), 2.0 / 252, 1e-12);
	cr_expect_float_eq(lg_diff_chance(5, 5, 2), 4.0 / 252, 1e-12);
	cr_expect_float_eq(lg_diff_chance(1, 1, 0), 0.5, 1e-12);
	cr_expect_float_eq(lg_diff_chance(3, 4, 2), 4.0 / 35, 1e-12);
	cr_expect_float_eq(lg_diff_chance(20, 20, 400), 1, 1e-9);
	/* The printed critical values of a one-sided test at 1 %. */
	cr_expect_eq(lg_diff_rule_make(5, 5).critical, 2);
	cr_expect_eq(lg_diff_rule_make(6, 6).critical, 4);
	cr_expect_eq(lg_diff_rule_make(8, 8).critical, 10);
	cr_expect_eq(lg_diff_rule_make(10, 10).critical, 20);
	cr_expect_eq(lg_diff_rule_make(20, 20).critical, 115);
}

Test(noise, one_a_side_is_taken_as_it_is)
{
	settle(1, (uint64_t[]){7}, 1, (uint64_t[]){9}, 7, 9);
	settle(1, (uint64_t[]){9}, 1, (uint64_t[]){7}, 9, 7);
}

Test(noise, ranges_that_overlap_tell_nothing)
{
	settle(3, (uint64_t[]){5, 9, 6}, 3, (uint64_t[]){8, 12, 30}, 9, 9);
	settle(3, (uint64_t[]){5, 9, 6}, 3, (uint64_t[]){15, 12, 30}, 9, 12);
	settle(3, (uint64_t[]){15, 12, 30}, 2, (uint64_t[]){3, 10}, 12, 10);
}

Test(noise, with_eight_a_side_one_odd_run_hides_nothing)
{
	settle(8, (uint64_t[]){10, 11, 10, 12, 90, 11, 12, 11}, 8,
	       (uint64_t[]){50, 52, 51, 50, 53, 51, 51, 52}, 11, 51);
	settle(5, (uint64_t[]){10, 11, 10, 12, 11}, 5, (uint64_t[]){14, 13, 15, 13, 14}, 11, 14);
	settle(5, (uint64_t[]){10, 11, 10, 12, 11}, 5, (uint64_t[]){10, 12, 11, 12, 11}, 11, 11);
}
