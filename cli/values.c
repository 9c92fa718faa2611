/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leakgraph/units.h"
#include "values.h"

#define NS_PER_SECOND ((uint64_t)1000000000)

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

bool parse_percent(const char *text, uint64_t least, uint64_t most, double *out)
{
	const char *end;

	if (!lg_decimal_parse(text, out, &end) || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) ||
	    *out < (double)least || *out > (double)most)
		return false;
	*out /= 100;
	return true;
}

/* A positive number of units, less than 2^63 in all. */
static bool count_units(double number, uint64_t unit, uint64_t *out)
{
	double value = number * (double)unit;

	*out = value < 9e18 ? (uint64_t)value : 0;
	return *out > 0;
}

bool parse_size(const char *text, uint64_t *out)
{
	const char *end;
	double number;

	if (!lg_decimal_parse(text, &number, &end))
		return false;
	return count_units(number, *end ? lg_unit_bytes(end) : 1, out);
}

bool parse_duration(const char *text, uint64_t *out)
{
	static const struct {
		char name;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const char *end;
	double number;

	if (!lg_decimal_parse(text, &number, &end))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (end[0] == units[i].name && !end[1])
			return count_units(number, units[i].seconds * NS_PER_SECOND, out);
	return false;
}

bool parse_seconds(const char *text, uint64_t *out)
{
	const char *end;
	double number;

	if (lg_decimal_parse(text, &number, &end) && !*end)
		return count_units(number, NS_PER_SECOND, out);
	return parse_duration(text, out);
}
