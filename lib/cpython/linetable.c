/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/code.h"

/*
 * The location table of 3.11 and later (CPython's Objects/locations.md): an
 * entry begins with a byte that has the top bit set, a code in the next four
 * and the number of code units less one in the last three; what follows depends
 * on the code and never has the top bit set.
 */
enum {
	ONE_LINE_FIRST = 10, /* 10 .. 12: line delta 0 .. 2 */
	ONE_LINE_LAST = 12,
	NO_COLUMNS = 13,
	LONG_FORM = 14,
	NO_LOCATION = 15,
};

#define START_BIT 0x80
#define MORE_BIT 0x40
#define MAX_SHIFT 30 /* more bits than a line number has */

/* A varint of 6-bit groups, least first. Stops at the table's end. */
static uint32_t read_varint(const uint8_t *table, uint32_t bytes, uint32_t at)
{
	uint32_t value = 0;

	for (uint32_t shift = 0; at < bytes && shift <= MAX_SHIFT; shift += 6, at++) {
		value |= (uint32_t)(table[at] & (MORE_BIT - 1)) << shift;
		if (!(table[at] & MORE_BIT))
			break;
	}
	return value;
}

static int64_t line_delta(const uint8_t *table, uint32_t bytes, uint32_t at, unsigned code)
{
	uint32_t value;

	if (code >= ONE_LINE_FIRST && code <= ONE_LINE_LAST)
		return code - ONE_LINE_FIRST;
	if (code != NO_COLUMNS && code != LONG_FORM)
		return 0;
	value = read_varint(table, bytes, at + 1);
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

uint32_t lg_linetable_find(const uint8_t *table, uint32_t bytes, uint32_t first_line, int64_t unit)
{
	int64_t line = first_line, end = 0;
	uint32_t at = 0;

	if (unit < 0)
		return first_line;
	while (at < bytes) {
		unsigned code = table[at] >> 3 & 15;

		line += line_delta(table, bytes, at, code);
		end += (table[at] & 7) + 1;
		if (unit < end)
			return code == NO_LOCATION || line < 0 || line > INT32_MAX ? 0 : (uint32_t)line;
		do
			at++;
		while (at < bytes && !(table[at] & START_BIT));
	}
	return 0;
}
