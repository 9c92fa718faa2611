/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "take/equals.h"

#define LEAVES 200000u

static struct lg_snapshot *compare(const uint64_t *hash, uint32_t count)
{
	struct lg_snapshot *s = lg_snapshot_new();
	struct lg_contents contents = { .hash = (uint64_t *)hash, .count = count };
	struct lg_error err = {0};

	s->inner_count = 10;
	s->object_count = 10 + count;
	cr_assert_eq(lg_take_equals(&contents, s, &err), LG_OK, "%s", err.text);
	return s;
}

Test(equals, groups_are_numbered_as_they_come)
{
	const uint64_t hash[] = {7, 5, 0, 7, 9, 5, 0, 5};
	const struct lg_equal expected[] = {{10, 0}, {11, 1}, {13, 0}, {15, 1}, {17, 1}};
	struct lg_snapshot *s = compare(hash, 8);

	cr_assert_eq(s->equal_count, 5);
	for (int i = 0; i < 5; i++)
		cr_expect(s->equals[i].object == expected[i].object &&
			  s->equals[i].group == expected[i].group, "row %d", i);
	lg_snapshot_free(s);
}

Test(equals, none)
{
	const uint64_t hash[] = {1, 2, 3, 0, 0};
	struct lg_snapshot *s = compare(hash, 5);

	cr_expect_eq(s->equal_count, 0);
	lg_snapshot_free(s);
	lg_snapshot_free(compare(NULL, 0));
}

/* Hashes that differ in any one byte, thousands that are equal, and all in no order. */
Test(equals, many)
{
	uint64_t *hash = calloc(LEAVES, sizeof *hash), state = 88172645463325252;
	uint32_t *first_of = calloc(1u << 16, sizeof *first_of), *group_of;
	struct lg_snapshot *s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < LEAVES; i++) {
		uint64_t value;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		value = state % 5 ? state % 9000 : 1 + state % 3;
		/* Spread over the word: of some only the last byte tells. */
		hash[i] = value % 2 ? value << 48 | 1 : value;
	}
	s = compare(hash, LEAVES);
	group_of = calloc(LEAVES, sizeof *group_of);
	for (uint32_t i = 0; i < s->equal_count; i++)
		group_of[s->equals[i].object - 10] = s->equals[i].group + 1;
	for (uint32_t i = 0; i < LEAVES; i++) {
		uint32_t value = (uint32_t)(hash[i] >> 48 ? hash[i] >> 48 : hash[i]);

		if (!hash[i] || !group_of[i])
			continue;
		at++;
		if (!first_of[value])
			first_of[value] = group_of[i];
		cr_assert_eq(group_of[i], first_of[value], "leaf %u", i);
	}
	cr_expect_eq(at, s->equal_count);
	cr_expect_gt(at, LEAVES / 2);
	free(hash);
	free(first_of);
	free(group_of);
	lg_snapshot_free(s);
}
