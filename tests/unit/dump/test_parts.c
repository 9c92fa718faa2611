/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdatomic.h>

#include "formats/dump/id_table.h"
#include "formats/dump/label.h"
#include "base/parallel.h"
#include "formats/dump/token.h"
#include "formats/dump/utf8.h"
#include "support.h"

/* ---- tokens ---- */

static struct lg_token token_of(const char *bytes, size_t count)
{
	struct lg_token token;

	cr_assert_eq(lg_token_read((const uint8_t *)bytes, count, &token), LG_TOKEN_OK);
	cr_assert_eq(token.bytes, count);
	/* Cut off by any number of bytes it asks for more, never for more than there is. */
	for (size_t have = 0; have < count; have++) {
		struct lg_token cut;

		cr_assert_eq(lg_token_read((const uint8_t *)bytes, have, &cut), LG_TOKEN_MORE);
		cr_assert(cut.bytes > have && cut.bytes <= count);
	}
	return token;
}
#define TOKEN(text) token_of(text, sizeof text - 1)
#define ASSERT_TOKEN(text, kind_, value_)                      \
	do {                                                   \
		struct lg_token t_ = TOKEN(text);              \
		cr_assert_eq(t_.kind, kind_);                  \
		cr_assert_eq(t_.value, (uint64_t)(value_));    \
	} while (0)

Test(token, every_kind_and_width)
{
	ASSERT_TOKEN("\x00", LG_TOKEN_UNSIGNED, 0);
	ASSERT_TOKEN("\x7f", LG_TOKEN_UNSIGNED, 127);
	ASSERT_TOKEN("\xe0", LG_TOKEN_NEGATIVE, -32);
	ASSERT_TOKEN("\xff", LG_TOKEN_NEGATIVE, -1);
	ASSERT_TOKEN("\xcc\xff", LG_TOKEN_UNSIGNED, 255);
	ASSERT_TOKEN("\xcd\x01\x02", LG_TOKEN_UNSIGNED, 258);
	ASSERT_TOKEN("\xce\xff\x00\x00\x01", LG_TOKEN_UNSIGNED, 0xff000001);
	ASSERT_TOKEN("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", LG_TOKEN_UNSIGNED, UINT64_MAX);
	ASSERT_TOKEN("\xd0\x80", LG_TOKEN_NEGATIVE, -128);
	ASSERT_TOKEN("\xd0\x05", LG_TOKEN_UNSIGNED, 5);
	ASSERT_TOKEN("\xd1\xff\xfe", LG_TOKEN_NEGATIVE, -2);
	ASSERT_TOKEN("\xd2\x80\x00\x00\x00", LG_TOKEN_NEGATIVE, INT32_MIN);
	ASSERT_TOKEN("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", LG_TOKEN_NEGATIVE, INT64_MIN);
	ASSERT_TOKEN("\xd3\x00\x00\x00\x00\x00\x00\x00\x07", LG_TOKEN_UNSIGNED, 7);
	ASSERT_TOKEN("\xc0", LG_TOKEN_NIL, 0);
	ASSERT_TOKEN("\xc2", LG_TOKEN_BOOL, 0);
	ASSERT_TOKEN("\xc3", LG_TOKEN_BOOL, 1);
	ASSERT_TOKEN("\x93", LG_TOKEN_ARRAY, 3);
	ASSERT_TOKEN("\xdc\x01\x00", LG_TOKEN_ARRAY, 256);
	ASSERT_TOKEN("\xdd\xff\xff\xff\xff", LG_TOKEN_ARRAY, UINT32_MAX);
	ASSERT_TOKEN("\x8f", LG_TOKEN_MAP, 15);
	ASSERT_TOKEN("\xde\x01\x00", LG_TOKEN_MAP, 256);
	ASSERT_TOKEN("\xdf\x00\x01\x00\x00", LG_TOKEN_MAP, 65536);
	cr_assert_eq(TOKEN("\xca\x3f\x80\x00\x00").kind, LG_TOKEN_FLOAT);
	cr_assert_eq(TOKEN("\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00").kind, LG_TOKEN_FLOAT);
}

Test(token, bodies)
{
	ASSERT_TOKEN("\xa3" "abc", LG_TOKEN_STR, 3);
	ASSERT_TOKEN("\xd9\x03" "abc", LG_TOKEN_STR, 3);
	ASSERT_TOKEN("\xda\x00\x03" "abc", LG_TOKEN_STR, 3);
	ASSERT_TOKEN("\xdb\x00\x00\x00\x03" "abc", LG_TOKEN_STR, 3);
	ASSERT_TOKEN("\xc4\x02" "ab", LG_TOKEN_BIN, 2);
	ASSERT_TOKEN("\xc5\x00\x02" "ab", LG_TOKEN_BIN, 2);
	ASSERT_TOKEN("\xc6\x00\x00\x00\x02" "ab", LG_TOKEN_BIN, 2);
	ASSERT_TOKEN("\xd4\x07" "a", LG_TOKEN_EXT, 1);
	ASSERT_TOKEN("\xd5\x07" "ab", LG_TOKEN_EXT, 2);
	ASSERT_TOKEN("\xd6\x07" "abcd", LG_TOKEN_EXT, 4);
	ASSERT_TOKEN("\xd7\x07" "abcdefgh", LG_TOKEN_EXT, 8);
	ASSERT_TOKEN("\xd8\x07" "abcdefghijklmnop", LG_TOKEN_EXT, 16);
	ASSERT_TOKEN("\xc7\x03\x07" "abc", LG_TOKEN_EXT, 3);
	ASSERT_TOKEN("\xc8\x00\x03\x07" "abc", LG_TOKEN_EXT, 3);
	ASSERT_TOKEN("\xc9\x00\x00\x00\x03\x07" "abc", LG_TOKEN_EXT, 3);
	cr_assert_eq(memcmp(TOKEN("\xc9\x00\x00\x00\x03\x07" "abc").body, "abc", 3), 0);
}

Test(token, the_byte_that_begins_nothing)
{
	struct lg_token token;

	cr_assert_eq(lg_token_read((const uint8_t *)"\xc1", 1, &token), LG_TOKEN_BAD);
}

static enum lg_scan_status scan(const char *bytes, size_t count, struct lg_scan *out)
{
	return lg_token_scan((const uint8_t *)bytes, count, count, out);
}

Test(token, scan_measures_whole_values)
{
	static const char value[] = "\x82\xa1" "a\x93\x01\x02\x80\xa1" "b\xc4\x02xy" "next";
	struct lg_scan out;

	cr_assert_eq(scan(value, sizeof value - 1, &out), LG_SCAN_OK);
	cr_assert_eq(out.bytes, sizeof value - 1 - 4);
	cr_assert_eq(out.parts, 8);
	cr_assert_eq(scan("\x90", 1, &out), LG_SCAN_OK);
	cr_assert_eq(out.bytes, 1);
}

Test(token, scan_refuses_claims_beyond_the_file)
{
	struct lg_scan out;

	cr_assert_eq(scan("\xdd\xff\xff\xff\xff\x01", 6, &out), LG_SCAN_CLAIM);
	cr_assert_eq(out.claim, UINT32_MAX);
	cr_assert_eq(scan("\xdf\xff\xff\xff\xff\x01", 6, &out), LG_SCAN_CLAIM);
	cr_assert_eq(out.claim, 2ul * UINT32_MAX);
	cr_assert_eq(scan("\xc6\x00\x00\x01\x00x", 6, &out), LG_SCAN_CLAIM);
	cr_assert_eq(scan("\x92\x01", 2, &out), LG_SCAN_CLAIM);
	cr_assert_eq(scan("", 0, &out), LG_SCAN_CLAIM);
	cr_assert_eq(scan("\x92\x01\xc1", 3, &out), LG_SCAN_BAD);
	cr_assert_eq(out.bytes, 2);
	/* What is not read yet is no lie: the file has 10 bytes, 2 are here. */
	cr_assert_eq(lg_token_scan((const uint8_t *)"\x92\x01", 2, 10, &out), LG_SCAN_MORE);
	cr_assert_eq(out.bytes, 3);
}

Test(token, scan_bounds_nesting)
{
	char deep[64];
	struct lg_scan out;

	memset(deep, '\x91', sizeof deep);
	deep[LG_DUMP_MAX_DEPTH] = 0;
	cr_assert_eq(scan(deep, sizeof deep, &out), LG_SCAN_OK);
	cr_assert_eq(out.bytes, LG_DUMP_MAX_DEPTH + 1);
	deep[LG_DUMP_MAX_DEPTH] = '\x91';
	deep[LG_DUMP_MAX_DEPTH + 1] = 0;
	cr_assert_eq(scan(deep, sizeof deep, &out), LG_SCAN_DEEP);
}

/* ---- labels ---- */

static void assert_label(struct lg_label_parts label, uint8_t kind, const char *name)
{
	cr_assert_eq(label.kind, kind, "%s", name);
	cr_assert_eq(label.length, strlen(name), "%s", name);
	cr_assert_eq(memcmp(label.name, name, label.length), 0, "%s", name);
}
#define REFERENCE(text, kind, name) assert_label(lg_label_parse_reference(text, strlen(text)), kind, name)
#define ROOT(text, kind, name)      assert_label(lg_label_parse_root(text, strlen(text)), kind, name)

Test(label, references)
{
	REFERENCE("->", LG_REF_OTHER, "");
	REFERENCE("->data", LG_REF_OTHER, "data");
	REFERENCE(".x", LG_REF_ATTR, "x");
	REFERENCE(".__dict__", LG_REF_DICT, "");
	REFERENCE(".__dict__x", LG_REF_ATTR, "__dict__x");
	REFERENCE("['a']", LG_REF_KEY_STR, "a");
	REFERENCE("['']", LG_REF_KEY_STR, "");
	REFERENCE("['a']['b']", LG_REF_KEY_STR, "a']['b");
	REFERENCE("[str]", LG_REF_KEY_STR, "");
	REFERENCE("[strange]", LG_REF_KEY_TYPE, "strange");
	REFERENCE("[]", LG_REF_ITEM, "");
	REFERENCE("<key>", LG_REF_DICT_KEY, "");
	REFERENCE("local x", LG_REF_LOCAL, "x");
	REFERENCE("cell x y", LG_REF_CELL, "x y");
	REFERENCE("default x", LG_REF_DEFAULT, "x");
	REFERENCE("frame f()", LG_REF_FRAME, "f");
	REFERENCE("frame ()", LG_REF_FRAME, "");
	REFERENCE("frame f", LG_REF_OTHER, "frame f");
	REFERENCE("local", LG_REF_LOCAL, "");
	REFERENCE("cell", LG_REF_CELL, "");
	REFERENCE("default", LG_REF_DEFAULT, "");
	REFERENCE("local ", LG_REF_OTHER, "local ");
	REFERENCE("context var", LG_REF_CONTEXT, "");
	REFERENCE("context var request_id", LG_REF_CONTEXT, "request_id");
	REFERENCE("type", LG_REF_TYPE, "");
	REFERENCE("typed", LG_REF_OTHER, "typed");
	REFERENCE("weak", LG_REF_WEAK, "");
	REFERENCE("[", LG_REF_OTHER, "[");
	REFERENCE("['", LG_REF_OTHER, "['");
	REFERENCE("", LG_REF_OTHER, "");
}

Test(label, roots)
{
	ROOT("module app.cache", LG_ROOT_MODULE, "app.cache");
	ROOT("class dict", LG_ROOT_CLASS, "dict");
	ROOT("thread worker-3", LG_ROOT_THREAD, "worker-3");
	ROOT("interpreter atexit", LG_ROOT_INTERPRETER, "atexit");
	ROOT("C code", LG_ROOT_C_CODE, "");
	ROOT("C code (static data of x.so)", LG_ROOT_C_CODE, "static data of x.so");
	ROOT("interned strings", LG_ROOT_INTERNED, "");
	ROOT("module ", LG_ROOT_OTHER, "module ");
	ROOT("the registry", LG_ROOT_OTHER, "the registry");
}

/* ---- UTF-8 ---- */

Test(utf8, well_formed_and_not)
{
	static const char *const good[] = {"", "abc", "größer", "€", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
					   "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80"};
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
					  "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
					  "\xff", "a\xc3", "\xe2\x82", "\xe2\x28\xa1", "\xf0\x9f\x98"};

	for (unsigned i = 0; i < sizeof good / sizeof *good; i++)
		cr_assert(lg_utf8_valid(good[i], strlen(good[i])), "good %u", i);
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_not(lg_utf8_valid(bad[i], strlen(bad[i])), "bad %u", i);
	cr_assert(lg_utf8_valid("a\0b", 3));
}

/* ---- ids ---- */

Test(id_table, ids_keep_their_numbers)
{
	lg_cleanup(lg_id_table_release) struct lg_id_table table;
	uint64_t state = 99;
	uint32_t number;
	bool is_new;

	cr_assert(lg_id_table_init(&table, 0));
	for (uint32_t pass = 0; pass < 2; pass++) {
		state = 99;
		for (uint32_t i = 0; i < 200000; i++) {
			cr_assert(lg_id_table_add(&table, fake_random(&state), i, &number, &is_new));
			cr_assert_eq(number, i);
			cr_assert_eq(is_new, pass == 0);
		}
	}
	/* The values a free slot is filled with are ids like others. */
	cr_assert(lg_id_table_add(&table, UINT64_MAX, 300000, &number, &is_new));
	cr_assert(is_new);
	cr_assert(lg_id_table_add(&table, 0, 300001, &number, &is_new));
	cr_assert(is_new);
	cr_assert(lg_id_table_add(&table, UINT64_MAX, 1, &number, &is_new));
	cr_assert(!is_new && number == 300000);
}

/* ---- workers ---- */

struct tally {
	atomic_uint seen[1000];
	uint64_t fail_at;
};

static enum lg_status tally(void *context, unsigned worker, uint64_t index, struct lg_error *err)
{
	struct tally *t = context;

	cr_assert_lt(worker, lg_parallel_workers());
	atomic_fetch_add(&t->seen[index], 1);
	if (index >= t->fail_at)
		return lg_fail(err, LG_E_LIMIT, "index %lu", index);
	return LG_OK;
}

Test(parallel, each_index_once)
{
	for (uint64_t count = 0; count <= 1000; count += count < 10 ? 1 : 330) {
		struct tally t = {.fail_at = UINT64_MAX};
		struct lg_error err = {0};

		cr_assert_eq(lg_parallel_for(count, tally, &t, &err), LG_OK);
		for (uint64_t i = 0; i < 1000; i++)
			cr_assert_eq(t.seen[i], i < count);
	}
}

Test(parallel, the_first_failure_is_told)
{
	for (uint64_t at = 0; at < 1000; at += 111) {
		struct tally t = {.fail_at = at};
		struct lg_error err = {0};
		char text[32];

		cr_assert_eq(lg_parallel_for(1000, tally, &t, &err), LG_E_LIMIT);
		sprintf(text, "index %lu", at);
		cr_assert_str_eq(err.text, text);
	}
}
