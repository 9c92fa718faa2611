/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/intern.h"

LG_DEFINE_CLEANUP(lg_intern_free, struct lg_intern *)

static uint32_t add(struct lg_intern *intern, const char *bytes, size_t length)
{
	struct lg_error err = {0};
	uint32_t number = UINT32_MAX;

	cr_assert_eq(lg_intern_add(intern, bytes, length, &number, &err), LG_OK, "%s", err.text);
	return number;
}

static void release(struct lg_strings *strings)
{
	free(strings->offset);
	free(strings->bytes);
}

Test(intern, numbers_are_in_the_order_of_first_use)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *intern = lg_intern_new();

	cr_assert_eq(add(intern, "", 0), 0);
	cr_assert_eq(add(intern, "a", 1), 1);
	cr_assert_eq(add(intern, "b", 1), 2);
	cr_assert_eq(add(intern, "a", 1), 1);
	cr_assert_eq(add(intern, "ab", 2), 3);
	cr_assert_eq(add(intern, "", 0), 0);
}

Test(intern, any_byte_is_part_of_a_string)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *intern = lg_intern_new();

	cr_assert_eq(add(intern, "a\0b", 3), 1);
	cr_assert_eq(add(intern, "a\0c", 3), 2);
	cr_assert_eq(add(intern, "a", 1), 3);
	cr_assert_eq(add(intern, "\xff\xfe", 2), 4);
	cr_assert_eq(add(intern, "\0", 1), 5);
}

Test(intern, many_strings_keep_their_numbers)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *intern = lg_intern_new();
	lg_cleanup(release) struct lg_strings strings = {0};
	struct lg_error err = {0};
	char text[32];

	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 1; i <= 100000; i++)
			cr_assert_eq(add(intern, text, (size_t)sprintf(text, "name_%u", i)), i);
	cr_assert_eq(lg_intern_finish(intern, &strings, &err), LG_OK);
	cr_assert_eq(strings.count, 100001);
	cr_assert_eq(strings.offset[0], 0);
	cr_assert_eq(strings.offset[1], 0);
	for (uint32_t i = 1; i <= 100000; i++) {
		size_t length = (size_t)sprintf(text, "name_%u", i);

		cr_assert_eq(strings.offset[i + 1] - strings.offset[i], length);
		cr_assert_eq(memcmp(strings.bytes + strings.offset[i], text, length), 0);
	}
}

Test(intern, nothing_added_is_the_empty_string_alone)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *intern = lg_intern_new();
	lg_cleanup(release) struct lg_strings strings = {0};
	struct lg_error err = {0};

	cr_assert_eq(lg_intern_finish(intern, &strings, &err), LG_OK);
	cr_assert_eq(strings.count, 1);
	cr_assert_eq(strings.offset[1], 0);
	cr_assert_not_null(strings.bytes);
}

Test(intern, free_takes_null)
{
	lg_intern_free(NULL);
}
