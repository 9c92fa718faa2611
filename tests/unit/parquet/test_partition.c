/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <criterion/criterion.h>

#include "formats/fleet/partition.h"

static void expect_name(const char *value, const char *expected)
{
	char name[NAME_MAX + 1];
	struct lg_error err = {0};

	cr_assert(lg_partition_name("host", value, name, &err) == LG_OK, "%s", err.text);
	cr_expect_str_eq(name, expected);
}

static void expect_refusal(const char *value, const char *text)
{
	char name[NAME_MAX + 1];
	struct lg_error err = {0};

	cr_expect_eq(lg_partition_name("host", value, name, &err), LG_E_USAGE);
	cr_expect_str_eq(err.text, text);
}

Test(partition, names_are_escaped_as_hive_does)
{
	expect_name("web-1.example", "host=web-1.example");
	expect_name("a/b", "host=a%2Fb");
	expect_name("..", "host=..");
	expect_name("x=y%z", "host=x%3Dy%25z");
	expect_name("\x01\x1f\x7f", "host=%01%1F%7F");
	expect_name("\"#%'*/:=?\\{[]^", "host=%22%23%25%27%2A%2F%3A%3D%3F%5C%7B%5B%5D%5E");
	/* What Hive leaves as it is. */
	expect_name(" +,;<>|}~!$&()@`", "host= +,;<>|}~!$&()@`");
	expect_name("größe", "host=größe");
}

Test(partition, names_that_are_none)
{
	char longest[NAME_MAX + 1];

	expect_refusal("", "the host has no name");
	expect_refusal("__HIVE_DEFAULT_PARTITION__",
		       "the host is called __HIVE_DEFAULT_PARTITION__, which readers take for none");
	expect_refusal("Null", "the host is called Null, which readers take for none");
	expect_refusal("\xff", "the name of the host is not UTF-8");
	memset(longest, 'x', NAME_MAX);
	longest[NAME_MAX] = 0;
	expect_refusal(longest, "the name of the host is too long: a folder's has at most 255 bytes");
	longest[NAME_MAX - strlen("host=") - 2] = 0;
	expect_name(longest + 1, strcat((char[NAME_MAX + 1]){"host="}, longest + 1));
}

Test(partition, times)
{
	char taken[LG_TAKEN_BYTES];

	lg_partition_taken(1795360000123456789, taken);
	cr_expect_str_eq(taken, "20261122T150640.123Z");
	lg_partition_taken(0, taken);
	cr_expect_str_eq(taken, "__HIVE_DEFAULT_PARTITION__");
	lg_partition_taken(UINT64_MAX, taken);
	cr_expect_str_eq(taken, "25540721T233433.709Z");
}
