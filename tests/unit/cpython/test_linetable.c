/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "cpython/code.h"

/* Tables as CPython 3.11 writes them: `f.__code__.co_linetable` beside `list(f.__code__.co_lines())`. */

Test(linetable, every_form)
{
	const uint8_t table[] = {
		0x80 | 0 << 3 | 1, 0x11,                   /* short: 2 units, same line */
		0x80 | 11 << 3 | 0, 4, 9,                  /* one line: 1 unit, +1 */
		0x80 | 12 << 3 | 0, 4, 9,                  /* 1 unit, +2 */
		0x80 | 13 << 3 | 0, 0x05,                  /* no columns: 1 unit, -2 */
		0x80 | 14 << 3 | 0, 0x48, 0x02, 0, 1, 1,   /* long: 1 unit, +68 */
		0x80 | 15 << 3 | 0,                        /* no location: 1 unit */
		0x80 | 10 << 3 | 7, 0, 0,                  /* 8 units, same line */
	};
	const uint32_t expected[] = { 100, 100, 101, 103, 101, 169, 0, 169, 169 };

	for (int i = 0; i < 9; i++)
		cr_expect_eq(lg_linetable_find(LG_LINE_LOCATIONS, table, sizeof table, 100, i),
			     expected[i], "unit %d: line %u, expected %u", i,
			     lg_linetable_find(LG_LINE_LOCATIONS, table, sizeof table, 100, i),
			     expected[i]);
}

Test(linetable, ends)
{
	const uint8_t table[] = { 0x80 | 11 << 3 | 0, 0, 0 };

	cr_expect_eq(lg_linetable_find(LG_LINE_LOCATIONS, table, sizeof table, 7, -1), 7,
		     "before the first");
	cr_expect_eq(lg_linetable_find(LG_LINE_LOCATIONS, table, sizeof table, 7, 1), 0,
		     "behind the last");
	cr_expect_eq(lg_linetable_find(LG_LINE_LOCATIONS, NULL, 0, 7, 0), 0, "no table");
}

Test(linetable, hostile)
{
	uint8_t varint[64], endless[256], negative[] = { 0x80 | 13 << 3, 0x7f, 0x7f, 0x3f };

	memset(varint, 0x7f, sizeof varint);
	varint[0] = 0x80 | 13 << 3;
	/* Whatever the line, nothing is read behind the end (the sanitizers see to it). */
	(void)lg_linetable_find(LG_LINE_LOCATIONS, varint, sizeof varint, 1, 0);
	(void)lg_linetable_find(LG_LINE_LOCATIONS, varint, 1, 1, 0);
	memset(endless, 0x80 | 13 << 3, sizeof endless);
	cr_expect_eq(lg_linetable_find(LG_LINE_LOCATIONS, endless, sizeof endless, 1, 100000), 0);
	cr_expect_eq(lg_linetable_find(LG_LINE_LOCATIONS, negative, sizeof negative, 1, 0), 0,
		     "a line below zero is no line");
}

/* 3.10: what `f.__code__.co_lines()` reads: bytes of a range, by how much its line is beyond the last. */
Test(linetable, ranges)
{
	const uint8_t table[] = { 4, 1, 2, 0xff, 2, 0x80, 254, 127, 6, 0 };
	const uint32_t expected[] = { 101, 101, 100, 0, 227 };

	for (int i = 0; i < 5; i++)
		cr_expect_eq(lg_linetable_find(LG_LINE_RANGES, table, sizeof table, 100, i),
			     expected[i], "unit %d", i);
	cr_expect_eq(lg_linetable_find(LG_LINE_RANGES, table, sizeof table, 100, 132), 227);
	cr_expect_eq(lg_linetable_find(LG_LINE_RANGES, table, sizeof table, 100, 1000), 0,
		     "behind the last");
	cr_expect_eq(lg_linetable_find(LG_LINE_RANGES, table, 1, 100, 0), 0, "half a pair");
	cr_expect_eq(lg_linetable_find(LG_LINE_RANGES, table, sizeof table, 100, -1), 100);
}

/* Before 3.10: co_lnotab, as `dis.findlinestarts` reads it. */
Test(linetable, steps)
{
	const uint8_t table[] = { 0, 1, 4, 2, 2, 0xff, 255, 0, 3, 10 };
	const uint32_t expected[] = { 101, 101, 103, 102, 102 };

	for (int i = 0; i < 5; i++)
		cr_expect_eq(lg_linetable_find(LG_LINE_STEPS, table, sizeof table, 100, i),
			     expected[i], "unit %d", i);
	cr_expect_eq(lg_linetable_find(LG_LINE_STEPS, table, sizeof table, 100, 1000), 112,
		     "the last line goes on");
	cr_expect_eq(lg_linetable_find(LG_LINE_STEPS, NULL, 0, 100, 7), 100, "no table");
	cr_expect_eq(lg_linetable_find(LG_LINE_STEPS, table, sizeof table, 100, -1), 100);
}
