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
		cr_expect_eq(lg_linetable_find(table, sizeof table, 100, i), expected[i],
			     "unit %d: line %u, expected %u", i,
			     lg_linetable_find(table, sizeof table, 100, i), expected[i]);
}

Test(linetable, ends)
{
	const uint8_t table[] = { 0x80 | 11 << 3 | 0, 0, 0 };

	cr_expect_eq(lg_linetable_find(table, sizeof table, 7, -1), 7, "before the first");
	cr_expect_eq(lg_linetable_find(table, sizeof table, 7, 1), 0, "behind the last");
	cr_expect_eq(lg_linetable_find(NULL, 0, 7, 0), 0, "no table");
}

Test(linetable, hostile)
{
	uint8_t varint[64], endless[256], negative[] = { 0x80 | 13 << 3, 0x7f, 0x7f, 0x3f };

	memset(varint, 0x7f, sizeof varint);
	varint[0] = 0x80 | 13 << 3;
	/* Whatever the line, nothing is read behind the end (the sanitizers see to it). */
	(void)lg_linetable_find(varint, sizeof varint, 1, 0);
	(void)lg_linetable_find(varint, 1, 1, 0);
	memset(endless, 0x80 | 13 << 3, sizeof endless);
	cr_expect_eq(lg_linetable_find(endless, sizeof endless, 1, 100000), 0);
	cr_expect_eq(lg_linetable_find(negative, sizeof negative, 1, 0), 0,
		     "a line below zero is no line");
}
