/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "leakgraph/units.h"

Test(units, decimals)
{
	const char *end;
	double value;

	cr_expect(lg_decimal_parse("8MiB", &value, &end));
	cr_expect_eq(value, 8);
	cr_expect_str_eq(end, "MiB");
	cr_expect(lg_decimal_parse("1.25", &value, &end));
	cr_expect_eq(value, 1.25);
	cr_expect_str_eq(end, "");
}

Test(units, what_is_no_decimal)
{
	static const char *const wrong[] = {
		"", "-1", "+1", " 1", ".5", "1.", "1.x", "0x10", "0X10B", "1e3", "1E3", "nan", "inf%",
		"1234567890123456789", "1.1234567890",
	};
	const char *end;
	double value;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect_not(lg_decimal_parse(wrong[i], &value, &end), "%s", wrong[i]);
}

Test(units, bytes)
{
	cr_expect_eq(lg_unit_bytes("B"), 1);
	cr_expect_eq(lg_unit_bytes("MB"), 1000000);
	cr_expect_eq(lg_unit_bytes("KiB"), 1024);
	cr_expect_eq(lg_unit_bytes("TiB"), (uint64_t)1 << 40);
	cr_expect_eq(lg_unit_bytes(""), 0);
	cr_expect_eq(lg_unit_bytes("mb"), 0);
	cr_expect_eq(lg_unit_bytes("MiBs"), 0);
}
