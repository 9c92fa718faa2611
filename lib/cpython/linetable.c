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
#define UNIT_BYTES 2

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

static int64_t find_location(const uint8_t *table, uint32_t bytes, int64_t line, int64_t unit)
{
	int64_t end = 0;
	uint32_t at = 0;

	while (at < bytes) {
		unsigned code = table[at] >> 3 & 15;

		line += line_delta(table, bytes, at, code);
		end += (table[at] & 7) + 1;
		if (unit < end)
			return code == NO_LOCATION ? 0 : line;
		do
			at++;
		while (at < bytes && !(table[at] & START_BIT));
	}
	return 0;
}

/*
 * 3.10 (CPython's Objects/lnotab_notes.txt of its time): pairs of how many bytes
 * a range has, and by how much its line is beyond that of the one before.
 */
#define NO_LINE INT8_MIN

static int64_t find_range(const uint8_t *table, uint32_t bytes, int64_t line, int64_t unit)
{
	int64_t end = 0;

	for (uint32_t at = 0; at + 1 < bytes; at += 2) {
		int8_t delta = (int8_t)table[at + 1];

		if (delta != NO_LINE)
			line += delta;
		end += table[at];
		if (unit * UNIT_BYTES < end)
			return delta == NO_LINE ? 0 : line;
	}
	return 0;
}

/* Before 3.10: pairs of how many bytes farther the line changes, and by how much. */
static int64_t find_step(const uint8_t *table, uint32_t bytes, int64_t line, int64_t unit)
{
	int64_t start = 0;

	for (uint32_t at = 0; at + 1 < bytes; at += 2) {
		start += table[at];
		if (start > unit * UNIT_BYTES)
			break;
		line += (int8_t)table[at + 1];
	}
	return line;
}

uint32_t lg_linetable_find(enum lg_line_form form, const uint8_t *table, uint32_t bytes,
			   uint32_t first_line, int64_t unit)
{
	int64_t line = first_line;

	if (unit < 0)
		return first_line;
	switch (form) {
	case LG_LINE_LOCATIONS:
		line = find_location(table, bytes, line, unit);
		break;
	case LG_LINE_RANGES:
		line = find_range(table, bytes, line, unit);
		break;
	case LG_LINE_STEPS:
		line = find_step(table, bytes, line, unit);
		break;
	}
	return line < 0 || line > INT32_MAX ? 0 : (uint32_t)line;
}
