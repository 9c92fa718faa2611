/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "query/order.h"

static int64_t number_of(const struct lg_snapshot *s, uint32_t row)
{
	return (int64_t)s->address[row];
}

Test(order, any_number_and_equal_ones_by_row)
{
	uint64_t number[] = {5, (uint64_t)-1, 0, 5, INT64_MAX, (uint64_t)INT64_MIN, 70000, 0};
	const uint32_t expected[] = {5, 1, 2, 7, 0, 3, 6, 4};
	struct lg_snapshot s = {.address = number};
	struct lg_order order = {0};
	struct lg_error err = {0};

	cr_assert_eq(lg_order_any(&order, 0, 8, number_of, &s, &err), LG_OK);
	cr_assert_eq(order.count, 8);
	cr_assert_arr_eq(order.row, expected, sizeof expected);
	lg_order_free(&order);
}

Test(order, a_part_of_the_rows_through_a_map)
{
	const uint32_t number[] = {9, 2, 0, 1, 2, 1}, map[] = {1, 0, 3};
	const uint32_t expected[] = {3, 5, 2, 1, 4}, first[] = {0, 2, 3, 3, 5};
	struct lg_order order = {0};
	struct lg_error err = {0};

	cr_assert_eq(lg_order_small(&order, 1, 6, number, map, 4, &err), LG_OK);
	cr_assert_arr_eq(order.row, expected, sizeof expected);
	cr_assert_arr_eq(order.first, first, sizeof first);
	lg_order_free(&order);
}

Test(order, no_rows)
{
	struct lg_order order = {0};
	struct lg_error err = {0};

	cr_assert_eq(lg_order_small(&order, 1, 1, NULL, NULL, 3, &err), LG_OK);
	cr_assert_eq(order.first[3], 0);
	lg_order_free(&order);
	cr_assert_eq(lg_order_any(&order, 0, 0, number_of, NULL, &err), LG_OK);
	cr_assert_eq(order.count, 0);
	lg_order_free(&order);
}
