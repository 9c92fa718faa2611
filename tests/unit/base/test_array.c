/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "base/array.h"
#include "base/cleanup.h"

Test(array, alloc_refuses_what_overflows)
{
	cr_assert_null(lg_alloc(SIZE_MAX, 2));
	cr_assert_null(lg_alloc(SIZE_MAX / 4 + 1, 4));
	cr_assert_null(lg_alloc_zero(SIZE_MAX / 4 + 1, 4));
}

Test(array, nothing_is_still_a_pointer)
{
	lg_cleanup(lg_free) char *a = lg_alloc(0, 8);
	lg_cleanup(lg_free) char *b = lg_alloc_zero(0, 8);
	lg_cleanup(lg_free) char *c = lg_alloc_zero(8, 0);

	cr_assert(a && b && c);
}

Test(array, alloc_zero_is_zeroed)
{
	lg_cleanup(lg_free) uint64_t *a = lg_alloc_zero(1000, sizeof *a);

	for (int i = 0; i < 1000; i++)
		cr_assert_eq(a[i], 0);
}

Test(array, reserve_grows_and_keeps)
{
	lg_cleanup(lg_free) uint32_t *a = NULL;
	size_t capacity = 0, grown = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		size_t before = capacity;

		cr_assert(lg_reserve(a, capacity, (size_t)i + 1));
		cr_assert_geq(capacity, (size_t)i + 1);
		grown += capacity != before;
		a[i] = i;
	}
	for (uint32_t i = 0; i < 100000; i++)
		cr_assert_eq(a[i], i);
	/* By half again each time: about log(100000)/log(1.5). */
	cr_assert_leq(grown, 30);
}

Test(array, reserve_changes_nothing_when_it_fails)
{
	lg_cleanup(lg_free) uint64_t *a = NULL;
	size_t capacity = 0;

	cr_assert(lg_reserve(a, capacity, 4));
	uint64_t *before = a;
	size_t had = capacity;

	cr_assert_not(lg_reserve(a, capacity, SIZE_MAX));
	cr_assert_not(lg_reserve(a, capacity, SIZE_MAX / 8 + 1));
	cr_assert_eq(a, before);
	cr_assert_eq(capacity, had);
}

Test(array, reserve_of_what_is_there_does_nothing)
{
	lg_cleanup(lg_free) uint64_t *a = NULL;
	size_t capacity = 0;

	cr_assert(lg_reserve(a, capacity, 0));
	cr_assert_null(a);
	cr_assert(lg_reserve(a, capacity, 10));
	uint64_t *before = a;

	cr_assert(lg_reserve(a, capacity, 10));
	cr_assert_eq(a, before);
}

Test(cleanup, take_hands_the_value_out)
{
	char *out;

	{
		lg_cleanup(lg_free) char *text = malloc(4);

		text[0] = 'x';
		out = lg_take(text);
		cr_assert_null(text);
	}
	cr_assert_eq(out[0], 'x');
	free(out);
}
