/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cpython/layout.h"
#include "cpython/library.h"
#include "cpython/version.h"
#include "tests/unit/cpython/fake_python.h"

static const char *formatted(uint32_t hex)
{
	static char text[LG_VERSION_TEXT_BYTES];

	lg_version_format(hex, text);
	return text;
}

Test(version, format)
{
	cr_expect_str_eq(formatted(0x030b02f0), "3.11.2");
	cr_expect_str_eq(formatted(0x030d00a4), "3.13.0a4");
	cr_expect_str_eq(formatted(0x030d00b2), "3.13.0b2");
	cr_expect_str_eq(formatted(0x030c00c1), "3.12.0rc1");
	cr_expect_lt(strlen(formatted(0xffffffff)), LG_VERSION_TEXT_BYTES);
}

Test(version, parse)
{
	cr_expect_eq(lg_version_parse("3.9.18"), 0x030912f0);
	cr_expect_eq(lg_version_parse("3.8.10+"), 0x03080af0);
	cr_expect_eq(lg_version_parse("3.10.0rc1+"), 0x030a00c1);
	cr_expect_eq(lg_version_parse("3.10.0b4"), 0x030a00b4);
	cr_expect_eq(lg_version_parse("3.10.0a7"), 0x030a00a7);
	for (const char *const *text = (const char *const[]){ "", "3", "3.9", "3.9.", "3.999.1",
							      "3.10.0rc", "3.10.0rc99",
							      "of an unknown version", NULL };
	     *text; text++)
		cr_expect_eq(lg_version_parse(*text), 0, "%s", *text);
}

Test(version, tables)
{
	cr_expect_not_null(lg_layout_find(0x030b02f0));
	cr_expect_eq(lg_layout_find(0x030b02f0), lg_layout_find(0x030b07f0));
	cr_expect_null(lg_layout_find(0x030710f0));
	for (uint32_t minor = 8; minor <= 15; minor++) {
		uint32_t hex = 3u << 24 | minor << 16 | 0x01f0;
		char text[16];

		cr_assert_not_null(lg_layout_find(hex));
		cr_assert_not_null(lg_library_find(hex));
		cr_expect_eq(lg_layout_find(hex)->version, hex >> 16);
		cr_expect_eq(lg_library_find(hex)->version, hex >> 16);
		snprintf(text, sizeof text, "3.%u", minor);
		cr_expect_not_null(strstr(lg_layout_supported(), text));
	}
	cr_expect_null(lg_layout_find(0x031000f0));
	cr_expect_null(lg_library_find(0x031000f0));
}

/* The image is the fake's whole memory, its data right behind it in anonymous pages. */
static const char *guessed(struct fake *fake, const char *name, const char *data)
{
	static char text[LG_VERSION_TEXT_BYTES];
	struct lg_map map[] = {
		{ .start = FAKE_BASE, .end = FAKE_BASE + 4096, .readable = true, .executable = true,
		  .path = (char *)name },
		{ .start = FAKE_BASE + 4096, .end = FAKE_BASE + FAKE_BYTES, .readable = true,
		  .writable = true, .path = "" },
	};
	struct lg_maps maps = { .map = map, .count = 2 };

	memset(fake->bytes, 0, FAKE_BYTES);
	/* Across the border of two reads. */
	memcpy(fake->bytes + 4096 + 256 * 1024 - 7, data, strlen(data));
	lg_version_guess(&fake->memory, &maps, &map[0], text);
	return text;
}

Test(version, guess)
{
	struct fake *fake = fake_new();

	cr_expect_str_eq(guessed(fake, "/opt/app", "3.9.18 (main, Aug 25 2023)"), "3.9.18");
	cr_expect_str_eq(guessed(fake, "/opt/app", "2.7.18rc1+ (default)"), "2.7.18rc1+");
	cr_expect_str_eq(guessed(fake, "/lib/libpython3.8.so.1.0", "3.9. 3.x.1 (no)"), "3.8");
	cr_expect_str_eq(guessed(fake, "/usr/bin/python3", "3.9.18"), "3");
	cr_expect_str_eq(guessed(fake, "/opt/app", "3.9999.1 (no)"), "of an unknown version");
	fake_free(fake);
}
