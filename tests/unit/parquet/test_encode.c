/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "analysis/text.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "formats/parquet/bound.h"
#include "formats/parquet/hybrid.h"
#include "formats/parquet/metadata.h"
#include "formats/parquet/thrift.h"

static struct lg_text text_of(const char *text)
{
	return (struct lg_text){text, strlen(text)};
}

/* Are they just these, given as hex digits? */
static void expect_bytes(const struct lg_bytes *bytes, const char *hex)
{
	char found[1024] = "";

	cr_assert(!bytes->failed && 2 * bytes->used < sizeof found);
	for (size_t i = 0; i < bytes->used; i++)
		snprintf(found + 2 * i, 3, "%02x", bytes->bytes[i]);
	cr_expect_str_eq(found, hex);
}

/* ---- numbers ---- */

Test(bytes, varints_have_seven_bits_a_byte)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};

	lg_bytes_varint(&bytes, 0);
	lg_bytes_varint(&bytes, 127);
	lg_bytes_varint(&bytes, 128);
	lg_bytes_varint(&bytes, 300);
	lg_bytes_varint(&bytes, UINT64_MAX);
	expect_bytes(&bytes, "00" "7f" "8001" "ac02" "ffffffffffffffffff01");
}

Test(bytes, numbers_are_little_endian)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};

	lg_bytes_number(&bytes, 0x0102030405060708, 8);
	lg_bytes_number(&bytes, 0x01020304, 4);
	lg_bytes_number(&bytes, 0x0102, 1);
	expect_bytes(&bytes, "0807060504030201" "04030201" "02");
}

/* ---- Thrift ---- */

Test(thrift, fields_are_told_by_their_distance)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};
	struct lg_thrift thrift = {.out = &bytes};

	lg_thrift_i32(&thrift, 1, 3);
	lg_thrift_i64(&thrift, 3, -1);
	lg_thrift_i8(&thrift, 4, -1);
	lg_thrift_i16(&thrift, 5, 64);
	lg_thrift_bool(&thrift, 6, true);
	lg_thrift_bool(&thrift, 7, false);
	lg_thrift_binary(&thrift, 22, text_of("ab"));
	lg_thrift_i32(&thrift, 38, INT32_MIN); /* too far for half a byte */
	lg_thrift_end(&thrift);
	expect_bytes(&bytes, "1506" "2601" "13ff" "148001" "11" "12" "f8026162" "054cffffffff0f" "00");
}

Test(thrift, structs_have_numbers_of_their_own)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};
	struct lg_thrift thrift = {.out = &bytes};

	lg_thrift_i32(&thrift, 1, 0);
	lg_thrift_begin(&thrift, 2);
	lg_thrift_i32(&thrift, 1, 0);
	lg_thrift_begin(&thrift, 5);
	lg_thrift_end(&thrift);
	lg_thrift_end(&thrift);
	lg_thrift_i32(&thrift, 3, 0);
	lg_thrift_end(&thrift);
	expect_bytes(&bytes, "1500" "1c" "1500" "4c" "00" "00" "1500" "00");
}

Test(thrift, long_lists_have_a_length_of_their_own)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};
	struct lg_thrift thrift = {.out = &bytes};

	lg_thrift_list(&thrift, 1, LG_THRIFT_I32, 2);
	lg_thrift_item_i32(&thrift, 1);
	lg_thrift_item_i32(&thrift, -2);
	lg_thrift_list(&thrift, 2, LG_THRIFT_BINARY, 14);
	lg_thrift_list(&thrift, 3, LG_THRIFT_STRUCT, 15);
	lg_thrift_list(&thrift, 4, LG_THRIFT_STRUCT, 200);
	expect_bytes(&bytes, "19250203" "19e8" "19fc0f" "19fcc801");
}

Test(metadata, a_page_has_its_header)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes data = {0}, dictionary = {0};
	struct lg_page page = {
		.plain_bytes = 100,
		.stored_bytes = 60,
		.checksum = 0xffffffff,
		.values = 7,
		.encoding = LG_RLE_DICTIONARY,
	};

	lg_metadata_page(&data, &page);
	/* type, sizes, crc; then in field 5 values, encoding and those of the levels */
	expect_bytes(&data, "1500" "15c801" "1578" "1501" "1c" "150e" "1510" "1506" "1506" "00" "00");
	page.is_dictionary = true;
	page.encoding = LG_PLAIN;
	lg_metadata_page(&dictionary, &page);
	expect_bytes(&dictionary, "1504" "15c801" "1578" "1501" "3c" "150e" "1500" "00" "00");
}

/* ---- levels and indexes ---- */

static uint64_t read_varint(const struct lg_bytes *bytes, size_t *at)
{
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		cr_assert_lt(*at, bytes->used);
		value |= (uint64_t)(bytes->bytes[*at] & 0x7f) << shift;
		if (!(bytes->bytes[(*at)++] & 0x80))
			return value;
	}
}

static void read_packed(const struct lg_bytes *bytes, size_t *at, unsigned width, size_t count,
			uint32_t *out)
{
	cr_assert_leq(*at + count * width / 8, bytes->used);
	for (size_t i = 0; i < count; i++) {
		out[i] = 0;
		for (unsigned bit = 0; bit < width; bit++) {
			size_t place = i * width + bit;

			out[i] |= (uint32_t)(bytes->bytes[*at + place / 8] >> place % 8 & 1) << bit;
		}
	}
	*at += count * width / 8;
}

/* Reads them again as the format's specification has it; out has room for 7 more. */
static size_t read_hybrid(const struct lg_bytes *bytes, unsigned width, uint32_t *out)
{
	size_t at = 0, count = 0;

	while (at < bytes->used) {
		uint64_t head = read_varint(bytes, &at), value = 0;

		if (head & 1) {
			read_packed(bytes, &at, width, (head >> 1) * 8, out + count);
			count += (head >> 1) * 8;
			continue;
		}
		for (unsigned byte = 0; byte < (width + 7) / 8; byte++)
			value |= (uint64_t)bytes->bytes[at++] << 8 * byte;
		for (uint64_t i = 0; i < head >> 1; i++)
			out[count++] = (uint32_t)value;
	}
	return count;
}

static void expect_round_trip(const uint32_t *value, size_t count, unsigned width)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};
	lg_cleanup(lg_free) uint32_t *found = calloc(count + 8, sizeof *found);
	size_t got;

	lg_hybrid_add(&bytes, value, count, width);
	cr_assert(!bytes.failed && found);
	got = read_hybrid(&bytes, width, found);
	/* Only the last group may be filled up. */
	cr_expect(got >= count && got < count + 8, "%zu values of %zu, width %u", got, count, width);
	cr_expect(memcmp(found, value, count * sizeof *value) == 0, "%zu of width %u", count, width);
}

Test(hybrid, widths)
{
	cr_expect_eq(lg_hybrid_width(0), 1);
	cr_expect_eq(lg_hybrid_width(1), 1);
	cr_expect_eq(lg_hybrid_width(2), 2);
	cr_expect_eq(lg_hybrid_width(255), 8);
	cr_expect_eq(lg_hybrid_width(256), 9);
	cr_expect_eq(lg_hybrid_width(UINT32_MAX), 32);
}

Test(hybrid, runs_and_groups_as_specified)
{
	static const uint32_t same[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, counting[] = {0, 1, 2, 3, 4, 5, 6, 7};
	lg_cleanup(lg_bytes_free) struct lg_bytes run = {0}, packed = {0}, none = {0};

	lg_hybrid_add(&run, same, 10, 1);
	expect_bytes(&run, "1401");
	/* The example of the format's specification. */
	lg_hybrid_add(&packed, counting, 8, 3);
	expect_bytes(&packed, "03" "88c6fa");
	lg_hybrid_add(&none, same, 0, 1);
	expect_bytes(&none, "");
}

Test(hybrid, a_run_fills_up_the_group_before_it)
{
	/* 3 values, then 15 equal ones: 5 of them fill the group, 10 are a run; then 2 more. */
	static const uint32_t value[] = {1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 6};
	lg_cleanup(lg_bytes_free) struct lg_bytes bytes = {0};

	lg_hybrid_add(&bytes, value, sizeof value / sizeof *value, 3);
	expect_bytes(&bytes, "03" "d14892" "14" "04" "03" "350000");
}

Test(hybrid, whatever_comes_is_read_again)
{
	uint32_t value[1000];

	srand(1);
	for (int round = 0; round < 2000; round++) {
		unsigned width = 1 + (unsigned)rand() % 32;
		uint32_t most = width == 32 ? UINT32_MAX : (1u << width) - 1;
		size_t count = (size_t)rand() % 1000, longest = 1 + (size_t)rand() % 40;

		for (size_t i = 0; i < count;) {
			size_t run = 1 + (size_t)rand() % longest;
			uint32_t next = (uint32_t)rand() * 2654435761u & most;

			for (; run && i < count; run--)
				value[i++] = next;
		}
		expect_round_trip(value, count, width);
	}
}

/* ---- bounds ---- */

static struct lg_text bound_text(const struct lg_text_bound *bound)
{
	return (struct lg_text){bound->bytes, bound->length};
}

static void expect_utf8(const struct lg_text_bound *bound)
{
	uint32_t codepoint;

	for (size_t i = 0; i < bound->length;) {
		size_t length = lg_utf8_next(bound->bytes + i, bound->length - i, &codepoint);

		cr_assert(length, "at byte %zu", i);
		i += length;
	}
}

static void expect_bounds(const char *text)
{
	struct lg_text_bound below, above;

	lg_bound_below(text_of(text), &below);
	cr_expect(lg_text_compare(bound_text(&below), text_of(text)) <= 0, "%s", text);
	cr_expect_leq(below.length, LG_BOUND_BYTES);
	cr_expect_eq(below.exact, strlen(text) <= LG_BOUND_BYTES);
	expect_utf8(&below);
	if (!lg_bound_above(text_of(text), &above))
		return;
	cr_expect(lg_text_compare(bound_text(&above), text_of(text)) >= 0, "%s", text);
	cr_expect_leq(above.length, LG_BOUND_BYTES);
	cr_expect_eq(above.exact, strlen(text) <= LG_BOUND_BYTES);
	expect_utf8(&above);
}

Test(bound, short_texts_are_their_own)
{
	struct lg_text_bound bound;

	expect_bounds("");
	expect_bounds("module app");
	cr_assert(lg_bound_above(text_of("grün"), &bound));
	cr_expect(lg_text_is(bound_text(&bound), "grün"));
}

/* A text of one character again and again. */
static void repeat(const char *character, size_t times, char *out)
{
	*out = 0;
	for (size_t i = 0; i < times; i++)
		strcat(out, character);
}

Test(bound, long_texts_are_cut_between_characters)
{
	/* One, two, three and four bytes; before the surrogates; the last of each length. */
	static const char *const character[] = {"a", "\x7f", "é", "\xdf\xbf", "→", "\xed\x9f\xbf",
						"\xef\xbf\xbf", "🐍"};
	char text[512];
	struct lg_text_bound above;

	for (size_t i = 0; i < sizeof character / sizeof *character; i++)
		for (size_t ahead = 0; ahead < 4; ahead++) {
			memset(text, 'x', ahead);
			repeat(character[i], 100, text + ahead);
			expect_bounds(text);
			cr_expect(lg_bound_above(text_of(text), &above));
			cr_expect_not(above.exact);
		}
}

Test(bound, the_last_character_of_all_has_none_above)
{
	char text[512];
	struct lg_text_bound above;

	repeat("\xf4\x8f\xbf\xbf", 100, text);
	expect_bounds(text);
	cr_expect_not(lg_bound_above(text_of(text), &above));
	text[0] = 'a';
	repeat("\xf4\x8f\xbf\xbf", 100, text + 1);
	cr_assert(lg_bound_above(text_of(text), &above));
	cr_expect(lg_text_is(bound_text(&above), "b"));
}
