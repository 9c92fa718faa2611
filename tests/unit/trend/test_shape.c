/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "trend/shape.h"

#define MAX_BUILDS 16

static void expect(enum lg_trend_shape shape, size_t since, size_t count, const uint64_t *kilobytes)
{
	struct lg_trend_point point[MAX_BUILDS] = {0};
	size_t found;

	cr_assert_leq(count, MAX_BUILDS);
	for (size_t i = 0; i < count; i++)
		point[i].bytes = kilobytes[i] * 1000;
	cr_expect_str_eq(lg_trend_shape_text(lg_trend_judge(point, count, &found)),
			 lg_trend_shape_text(shape));
	cr_expect_eq(found, since, "since %zu, expected %zu", found, since);
}
#define EXPECT(shape, since, ...)                                            \
	do {                                                                 \
		const uint64_t values[] = {__VA_ARGS__};                     \
		expect(shape, since, sizeof values / sizeof *values, values); \
	} while (0)

Test(shape, what_did_not_grow)
{
	EXPECT(LG_TREND_FLAT, 0, 5);
	EXPECT(LG_TREND_FLAT, 0, 5, 5);
	EXPECT(LG_TREND_FLAT, 0, 5, 9, 6);
	EXPECT(LG_TREND_FLAT, 0, 9, 5);
	EXPECT(LG_TREND_FLAT, 0, 5, 900, 4);
}

Test(shape, one_build_brought_it)
{
	EXPECT(LG_TREND_JUMP, 1, 5, 90);
	EXPECT(LG_TREND_JUMP, 3, 5, 7, 6, 90, 92, 91);
	EXPECT(LG_TREND_JUMP, 5, 0, 2, 4, 6, 8, 90);
}

Test(shape, it_rises_from_build_to_build)
{
	EXPECT(LG_TREND_STEADY, 1, 0, 50, 100);
	EXPECT(LG_TREND_STEADY, 1, 0, 10, 20, 30, 40, 50);
	EXPECT(LG_TREND_STEADY, 4, 10, 10, 11, 10, 20, 30, 40, 50);
	EXPECT(LG_TREND_STEADY, 1, 0, 10, 9, 19, 18, 30);
}

Test(shape, up_and_down)
{
	EXPECT(LG_TREND_UNSTEADY, 1, 10, 40, 20, 50, 20, 60);
	/* The largest step is no jump: it was taken back once. */
	EXPECT(LG_TREND_UNSTEADY, 5, 10, 90, 10, 90, 10, 95);
}
