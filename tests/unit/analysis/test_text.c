/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis/text.h"

static const char *bytes_text(uint64_t bytes)
{
	static char buffer[LG_NUMBER_TEXT_BYTES];

	return lg_bytes_text(bytes, buffer);
}

Test(text, bytes)
{
	cr_expect_str_eq(bytes_text(0), "0 B");
	cr_expect_str_eq(bytes_text(999), "999 B");
	cr_expect_str_eq(bytes_text(1000), "1.0 kB");
	cr_expect_str_eq(bytes_text(999949), "999.9 kB");
	cr_expect_str_eq(bytes_text(999950), "1.0 MB");
	cr_expect_str_eq(bytes_text(20971520), "21.0 MB");
	cr_expect_str_eq(bytes_text(5368709153), "5.4 GB");
	cr_expect_str_eq(bytes_text(UINT64_MAX), "18.4 EB");
}

static const char *count_text(uint64_t count)
{
	static char buffer[LG_NUMBER_TEXT_BYTES];

	return lg_count_text(count, buffer);
}

Test(text, counts)
{
	cr_expect_str_eq(count_text(0), "0");
	cr_expect_str_eq(count_text(999), "999");
	cr_expect_str_eq(count_text(1000), "1,000");
	cr_expect_str_eq(count_text(120000), "120,000");
	cr_expect_str_eq(count_text(UINT64_MAX), "18,446,744,073,709,551,615");
}

static const char *share_text(double share)
{
	static char buffer[LG_NUMBER_TEXT_BYTES];

	return lg_share_text(share, buffer);
}

Test(text, shares_claim_neither_all_nor_nothing_by_rounding)
{
	cr_expect_str_eq(share_text(0), "0.0 %");
	cr_expect_str_eq(share_text(0.0001), "<0.1 %");
	cr_expect_str_eq(share_text(0.758), "75.8 %");
	cr_expect_str_eq(share_text(0.99999), ">99.9 %");
	cr_expect_str_eq(share_text(1), "100.0 %");
}

static const char *safe(const char *bytes, size_t length, char quote, size_t columns)
{
	static char text[512];
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, (struct lg_text){bytes, length}, quote, columns);
	snprintf(text, sizeof text, "%s", buffer.bytes ? buffer.bytes : "");
	lg_buffer_free(&buffer);
	return text;
}

#define SAFE(literal, quote) safe(literal, sizeof literal - 1, quote, LG_NAME_COLUMNS)

Test(text, names_are_safe_to_print)
{
	cr_expect_str_eq(SAFE("plain", 0), "plain");
	cr_expect_str_eq(SAFE("größe 数", 0), "größe 数");
	cr_expect_str_eq(SAFE("a\n\t\r", 0), "a\\n\\t\\r");
	cr_expect_str_eq(SAFE("\x1b]0;x\x07\x7f", 0), "\\x1b]0;x\\x07\\x7f");
	cr_expect_str_eq(SAFE("a\0b", 0), "a\\x00b");
	cr_expect_str_eq(SAFE("\xc2\x9b", 0), "\\x9b");
	cr_expect_str_eq(SAFE("\xe2\x80\xae\xef\xbb\xbf", 0), "\\u202e\\ufeff");
	cr_expect_str_eq(SAFE("\xf3\xa0\x81\x81", 0), "\\U000e0041");
	cr_expect_str_eq(SAFE("it's a \\", '\''), "it\\'s a \\\\");
	cr_expect_str_eq(SAFE("it's a \\", 0), "it's a \\");
}

Test(text, what_is_no_utf8_is_told_by_byte)
{
	cr_expect_str_eq(SAFE("\xff\xfe", 0), "\\xff\\xfe");
	cr_expect_str_eq(SAFE("\xc3", 0), "\\xc3");                   /* cut off */
	cr_expect_str_eq(SAFE("\xc0\xaf", 0), "\\xc0\\xaf");          /* overlong */
	cr_expect_str_eq(SAFE("\xed\xa0\x80", 0), "\\xed\\xa0\\x80"); /* a surrogate */
	cr_expect_str_eq(SAFE("\xf4\x90\x80\x80", 0), "\\xf4\\x90\\x80\\x80");
}

Test(text, long_names_are_cut)
{
	cr_expect_str_eq(safe("abcdefgh", 8, 0, 8), "abcdefgh");
	cr_expect_str_eq(safe("abcdefghi", 9, 0, 8), "abcdefg…");
	cr_expect_str_eq(safe("数数数数数", 15, 0, 8), "数数数…");
}

Test(text, marks_that_take_no_column_do_not_pile_up)
{
	char name[4001] = "a";

	for (int i = 0; i < 2000; i++)
		memcpy(name + 1 + 2 * i - (i == 1999), "\xcc\x81", 2);
	cr_expect_lt(strlen(safe(name, 3999, 0, 20)), 200);
}

Test(text, columns)
{
	cr_expect_eq(lg_text_columns(""), 0);
	cr_expect_eq(lg_text_columns("a → b"), 5);
	cr_expect_eq(lg_text_columns("数"), 2);
	cr_expect_eq(lg_text_columns("e\xcc\x81"), 1);
}

/* A step whose zeros are filled in by path_text(). */
#define HOP(text, ...)                                                                             \
	{                                                                                          \
		.label = text, __VA_ARGS__                                                         \
	}

static void complete(struct lg_hop *hop, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hop[i].type = hop[i].type ? hop[i].type : "";
		hop[i].count = hop[i].count ? hop[i].count : 1;
		hop[i].repeat = hop[i].repeat ? hop[i].repeat : 1;
		hop[i].period = hop[i].period ? hop[i].period : 1;
	}
}

static const char *path_text(struct lg_hop *hop, size_t count, size_t columns)
{
	static char text[1024];
	struct lg_path path = {hop, count, false};

	complete(hop, count);
	lg_path_text(&path, columns, NULL, text, sizeof text);
	return text;
}

Test(path_text, whole_and_without_its_middle)
{
	struct lg_hop hop[] = {
		HOP("module app"), HOP(".first"), HOP(".second"), HOP(".third"), HOP(".last"),
	};

	cr_expect_str_eq(path_text(hop, 5, 0), "module app → .first → .second → .third → .last");
	cr_expect_str_eq(path_text(hop, 5, 46), "module app → .first → .second → .third → .last");
	cr_expect_str_eq(path_text(hop, 5, 45), "module app → .first → … → .third → .last");
	cr_expect_str_eq(path_text(hop, 5, 24), "module app → … → .last");
	cr_expect_str_eq(path_text(hop, 5, 10), "module ap…");
}

Test(path_text, never_wider_than_asked_for)
{
	struct lg_hop hop[] = {
		HOP("module app"),
		HOP(".数数数数数数"),
		HOP("['key']"),
		HOP("[]", .count = 120000, .type = "app.Session", .named_type = true),
		HOP(".payload"),
	};

	for (size_t columns = 1; columns < 90; columns++)
		cr_expect_leq(lg_text_columns(path_text(hop, 5, columns)), columns, "%zu", columns);
}

Test(path_text, counts_types_and_repeats)
{
	struct lg_hop hop[] = {
		HOP("module app"),
		HOP(".head", .type = "app.Node", .named_type = true),
		HOP(".left", .repeat = 9, .period = 2),
		HOP(".right"),
		HOP("[]", .count = 5),
		HOP(".x", .count = 5),
		HOP(".y", .count = 10),
	};

	cr_expect_str_eq(path_text(hop, 7, 0),
			 "module app → .head → app.Node → (.left → .right) ×9 deep → [] ×5 → .x → "
			 ".y ×10");
}

Test(path_text, suspects_are_marked)
{
	struct lg_hop hop[] = {HOP("module app"), HOP(".cache", .suspect = true), HOP("[]")};
	struct lg_path path = {hop, 3, false};
	struct lg_path_style style = {"<", ">"};
	char text[128];

	complete(hop, 3);
	cr_expect_eq(lg_path_text(&path, 0, &style, text, sizeof text), 24);
	cr_expect_str_eq(text, "module app → <.cache> → []");
}

Test(path_text, a_buffer_too_small_is_not_overrun)
{
	struct lg_hop hop[] = {HOP("module app"), HOP(".cache"), HOP("[]")};
	struct lg_path path = {hop, 3, true};
	char text[64];

	complete(hop, 3);
	for (size_t capacity = 1; capacity < 40; capacity++) {
		memset(text, 'x', sizeof text);
		lg_path_text(&path, 0, NULL, text, capacity);
		cr_expect_lt(strnlen(text, capacity), capacity);
		cr_expect_eq(text[capacity], 'x');
	}
}

static void expect_path(const struct lg_path *path, const char *expected)
{
	char text[256];

	lg_path_text(path, 0, NULL, text, sizeof text);
	cr_expect_str_eq(text, expected, "%s", text);
}

/* Of what C types keep without a name only the last step is told; other steps all are. */
Test(text, nameless_steps_in_a_row_are_one)
{
	struct lg_hop hop[] = {
		{.label = "thread w", .type = "thread", .count = 1, .repeat = 1, .period = 1},
		{.label = "->", .type = "hamt", .count = 1, .repeat = 1, .period = 1},
		{.label = "->", .type = "hamt_bitmap_node", .count = 1, .repeat = 2, .period = 1},
		{.label = "->", .type = "list", .count = 1, .repeat = 1, .period = 1},
		{.label = "[]", .type = "bytes", .count = 9, .repeat = 1, .period = 1},
	};
	struct lg_path path = {.hop = hop, .count = 5};

	expect_path(&path, "thread w → -> → [] ×9");
	hop[1].named_type = true;
	expect_path(&path, "thread w → -> → hamt → -> → [] ×9");
	hop[1].named_type = false;
	hop[2].count = 3;
	expect_path(&path, "thread w → -> → -> ×3 ×2 deep → -> → [] ×9");
	hop[2] = hop[1];
	hop[1].repeat = 1000;
	expect_path(&path, "thread w → -> ×1,000 deep → -> → [] ×9");
	/* A block that repeats keeps all it is of. */
	hop[1].repeat = 50;
	hop[1].period = 2;
	expect_path(&path, "thread w → (-> → ->) ×50 deep → -> → [] ×9");
	hop[1].period = 1;
	hop[1].repeat = 1;
	path.count = 4;
	expect_path(&path, "thread w → ->");
}
