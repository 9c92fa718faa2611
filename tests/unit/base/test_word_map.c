/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "base/word_map.h"

Test(word_map, an_empty_one_has_nothing)
{
	struct lg_word_map map = {0};

	cr_expect_null(lg_word_map_find(&map, 1));
	cr_expect_null(lg_word_map_find(&map, 0));
	cr_expect_not(lg_word_map_set(&map, 0, 1));
	lg_word_map_free(&map);
}

Test(word_map, keeps_what_was_set_last_while_it_grows)
{
	struct lg_word_map map = {0};

	for (uint32_t i = 1; i <= 100000; i++)
		cr_assert(lg_word_map_set(&map, (uint64_t)i << 20, i));
	for (uint32_t i = 1; i <= 100000; i += 2)
		cr_assert(lg_word_map_set(&map, (uint64_t)i << 20, i + 1));
	cr_expect_eq(map.count, 100000);
	for (uint32_t i = 1; i <= 100000; i++) {
		const uint32_t *found = lg_word_map_find(&map, (uint64_t)i << 20);

		cr_assert_not_null(found);
		cr_assert_eq(*found, i % 2 ? i + 1 : i);
		cr_assert_null(lg_word_map_find(&map, ((uint64_t)i << 20) + 1));
	}
	lg_word_map_free(&map);
}
