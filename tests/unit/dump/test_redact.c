/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static struct lg_snapshot *redacted(const struct lg_snapshot *s)
{
	FOLDER;
	struct lg_dump_write_options options = {.redact = true, .compression = LG_DUMP_PLAIN};
	struct lg_error err = {0};

	cr_assert_eq(lg_dump_write(folder.file, s, &options, &err), LG_OK, "%s", err.text);
	return read_back(folder.file);
}

static bool text_is(const struct lg_snapshot *s, uint32_t string, const char *expected)
{
	struct lg_text text = lg_snapshot_string(s, string);

	return text.length == strlen(expected) && memcmp(text.bytes, expected, text.length) == 0;
}

static bool is_hash(const struct lg_snapshot *s, uint32_t string)
{
	struct lg_text text = lg_snapshot_string(s, string);

	if (text.length != 17 || text.bytes[0] != '~')
		return false;
	for (int i = 1; i < 17; i++)
		if (!strchr("0123456789abcdef", text.bytes[i]))
			return false;
	return true;
}

static bool has_bytes(const struct lg_snapshot *s, const char *text)
{
	return memmem(s->strings.bytes, s->strings.offset[s->strings.count], text, strlen(text));
}

Test(redact, names_of_data_go_and_names_of_code_stay)
{
	SNAPSHOT *s = fake_heap(3);
	SNAPSHOT *r = redacted(s);

	cr_expect_eq(r->equal_count, 0, "that a value is equal to a known one says what it is");
	cr_expect_eq(r->container_count, s->container_count);
	cr_expect_eq(r->bound_count, s->bound_count);

	cr_assert(has_bytes(s, "payload") && has_bytes(s, "token") && has_bytes(s, "sessions"));
	cr_assert_not(has_bytes(r, "payload"));
	cr_assert_not(has_bytes(r, "token"));
	cr_assert(text_is(r, r->types[FAKE_TYPE_SESSION].module, "shop.models"));
	cr_assert(text_is(r, r->types[FAKE_TYPE_SESSION].name, "Session"));
	cr_assert(text_is(r, r->roots[0].name, "shop.sessions"));
	cr_assert(text_is(r, r->threads[0].name, "MainThread"));
	cr_assert(text_is(r, r->frames[0].function, "Server.run"));
	cr_assert(text_is(r, r->frames[0].file, "/srv/shop/server.py"));
	cr_assert(text_is(r, r->info.command_line, "python3 -m shop --port 80"));
	/* Of mapped files programs are told by name, and data are not. */
	cr_assert(text_is(r, r->mappings[0].file, "/usr/bin/python3.11"));
	cr_assert_eq(r->mappings[1].file, 0);
	cr_assert(is_hash(r, r->mappings[2].file));
	cr_assert(text_is(r, r->frames[1].file, "/srv/shop/items.py"));
	/* The name of a frame is that of a function. */
	cr_assert_eq(r->ref_kind[0], LG_REF_FRAME);
	cr_assert(text_is(r, r->ref_name[0], "Server.run"));
	for (uint32_t i = 0; i < r->reference_count; i++)
		if (r->ref_name[i] && r->ref_kind[i] != LG_REF_FRAME)
			cr_assert(is_hash(r, r->ref_name[i]), "reference %u", i);
}

Test(redact, each_kind)
{
	static const bool hidden[LG_REF_KIND_COUNT] = {
		[LG_REF_ATTR] = true, [LG_REF_KEY_STR] = true, [LG_REF_LOCAL] = true,
		[LG_REF_CELL] = true, [LG_REF_DEFAULT] = true, [LG_REF_CONTEXT] = true,
	};

	for (uint8_t kind = 0; kind < LG_REF_KIND_COUNT; kind++) {
		SNAPSHOT *s = fake_heap(3);

		for (uint32_t i = 0; i < s->reference_count; i++) {
			s->ref_kind[i] = kind;
			s->ref_name[i] = 5;
		}
		SNAPSHOT *r = redacted(s);

		if (kind == LG_REF_KEY_TYPE)
			cr_assert_eq(r->ref_name[4], 5);
		else if (hidden[kind])
			cr_assert(is_hash(r, r->ref_name[4]), "kind %u", kind);
		else
			assert_same_text(s, 5, r, r->ref_name[4]);
	}
}

Test(redact, a_name_of_both_is_kept_for_the_type_and_hidden_for_the_key)
{
	SNAPSHOT *s = fake_heap(3);

	for (uint32_t i = 0; i < s->reference_count; i++)
		if (s->ref_kind[i] == LG_REF_KEY_STR)
			s->ref_name[i] = s->types[FAKE_TYPE_SESSION].name;
	SNAPSHOT *r = redacted(s);

	cr_assert(text_is(r, r->types[FAKE_TYPE_SESSION].name, "Session"));
	for (uint32_t i = 0; i < r->reference_count; i++)
		if (r->ref_kind[i] == LG_REF_KEY_STR)
			cr_assert(is_hash(r, r->ref_name[i]));
}

Test(redact, equal_names_stay_equal_in_other_dumps_too)
{
	SNAPSHOT *a = fake_heap(3);
	SNAPSHOT *b = fake_heap(4);
	SNAPSHOT *x = redacted(a);
	SNAPSHOT *y = redacted(b);

	/* The first key of the first dict of each; another key is another hash. */
	assert_same_text(x, x->ref_name[a->first_reference[5]], y, y->ref_name[b->first_reference[5]]);
	cr_assert_neq(x->ref_name[a->first_reference[5]], x->ref_name[a->first_reference[5] + 1]);
}

Test(redact, nothing_else_changes)
{
	SNAPSHOT *s = fake_heap(3);
	SNAPSHOT *r = redacted(s);

	for (uint32_t i = 0; i < s->reference_count; i++) {
		cr_assert_eq(s->ref_target[i], r->ref_target[i]);
		cr_assert_eq(s->ref_kind[i], r->ref_kind[i]);
		cr_assert_eq(s->ref_name[i] == 0, r->ref_name[i] == 0);
	}
	for (uint32_t i = 0; i < s->object_count; i++)
		cr_assert(s->address[i] == r->address[i] && s->type[i] == r->type[i] &&
			  s->shallow_bytes[i] == r->shallow_bytes[i]);
}

Test(redact, a_string_that_nothing_uses_does_not_leak)
{
	struct lg_intern *strings = lg_intern_new();
	SNAPSHOT *s = fake_allocate(1, 1, 0, 0, 1, 0, 0);

	fake_string(strings, "left over");
	fake_strings(s, strings);
	SNAPSHOT *r = redacted(s);

	cr_assert_eq(r->strings.count, 2);
	cr_assert(is_hash(r, 1));
}

Test(redact, the_empty_heap)
{
	SNAPSHOT *s = fake_empty();
	SNAPSHOT *r = redacted(s);

	assert_same(s, r);
}
