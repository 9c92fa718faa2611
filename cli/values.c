/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	char *end;

	/* strtoull takes blanks, signs and hexadecimal: none of that here. */
	for (const char *c = text; *c; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	if (!*text)
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == 0 && *out >= least && *out <= most;
}

/* Digits, perhaps a point and more digits; *end is what stands behind them. */
static bool parse_decimal(const char *text, double *out, const char **end)
{
	size_t whole = strspn(text, "0123456789"), length = whole;

	if (whole == 0 || whole > 18)
		return false;
	if (text[length] == '.') {
		size_t part = strspn(text + length + 1, "0123456789");

		if (part == 0 || part > 9)
			return false;
		length += 1 + part;
	}
	*out = strtod(text, NULL);
	*end = text + length;
	return true;
}

bool parse_percent(const char *text, uint64_t least, uint64_t most, double *out)
{
	const char *end;

	if (!parse_decimal(text, out, &end) || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) ||
	    *out < (double)least || *out > (double)most)
		return false;
	*out /= 100;
	return true;
}

struct unit {
	const char *name;
	uint64_t value;
};

/* A positive decimal with one of the units, less than 2^63 in all. */
static bool parse_with_unit(const char *text, const struct unit *unit, uint64_t *out)
{
	const char *end;
	double number;

	if (!parse_decimal(text, &number, &end))
		return false;
	for (; unit->name; unit++) {
		double value = number * (double)unit->value;

		if (strcmp(end, unit->name) != 0)
			continue;
		*out = value < 9e18 ? (uint64_t)value : 0;
		return *out > 0;
	}
	return false;
}

bool parse_size(const char *text, uint64_t *out)
{
	static const struct unit units[] = {
		{"", 1},
		{"B", 1},
		{"kB", 1000},
		{"MB", 1000000},
		{"GB", 1000000000},
		{"TB", 1000000000000},
		{"KiB", (uint64_t)1 << 10},
		{"MiB", (uint64_t)1 << 20},
		{"GiB", (uint64_t)1 << 30},
		{"TiB", (uint64_t)1 << 40},
		{NULL, 0},
	};

	return parse_with_unit(text, units, out);
}

bool parse_duration(const char *text, uint64_t *out)
{
	static const struct unit units[] = {
		{"s", 1000000000},
		{"m", 60 * (uint64_t)1000000000},
		{"h", 3600 * (uint64_t)1000000000},
		{"d", 86400 * (uint64_t)1000000000},
		{NULL, 0},
	};

	return parse_with_unit(text, units, out);
}

bool parse_seconds(const char *text, uint64_t *out)
{
	static const struct unit units[] = {{"", 1000000000}, {NULL, 0}};

	return parse_with_unit(text, units, out) || parse_duration(text, out);
}
