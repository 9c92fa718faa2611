/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "leakgraph/units.h"

#define MAX_WHOLE_DIGITS 18
#define MAX_PART_DIGITS  9

static const char digits[] = "0123456789";

bool lg_decimal_parse(const char *text, double *out, const char **end)
{
	size_t length = strspn(text, digits);

	if (length == 0 || length > MAX_WHOLE_DIGITS)
		return false;
	if (text[length] == '.') {
		size_t part = strspn(text + length + 1, digits);

		if (part == 0 || part > MAX_PART_DIGITS)
			return false;
		length += 1 + part;
	}
	/* What may follow a number's digits by strtod()'s rule: "1e3", "0x10". */
	if (text[length] && strchr("eExX", text[length]))
		return false;
	*out = strtod(text, NULL);
	*end = text + length;
	return true;
}

uint64_t lg_unit_bytes(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{"B", 1},
		{"kB", 1000},
		{"MB", 1000000},
		{"GB", 1000000000},
		{"TB", 1000000000000},
		{"KiB", (uint64_t)1 << 10},
		{"MiB", (uint64_t)1 << 20},
		{"GiB", (uint64_t)1 << 30},
		{"TiB", (uint64_t)1 << 40},
	};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].bytes;
	return 0;
}
