/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/cpython/fake_python.h"

static struct lg_error err;

static const char *text_of(struct fake *fake, uint64_t object)
{
	static char text[256];

	return lg_python_text(fake->python.memory ? &fake->python : NULL, object, text, sizeof text,
			      &err) == LG_OK ? text : err.text;
}

Test(object, text_of_each_width)
{
	struct fake *fake = fake_new();
	const uint32_t latin[] = { 'n', 0xe9 }, plane0[] = { 0x20ac, 'x' }, plane1[] = { 0x1f600 };

	cr_expect_str_eq(text_of(fake, fake_str(fake, "payload")), "payload");
	cr_expect_str_eq(text_of(fake, fake_wide_str(fake, latin, 2, 1)), "n\xc3\xa9");
	cr_expect_str_eq(text_of(fake, fake_wide_str(fake, plane0, 2, 2)), "\xe2\x82\xacx");
	cr_expect_str_eq(text_of(fake, fake_wide_str(fake, plane1, 1, 4)), "\xf0\x9f\x98\x80");
	fake_free(fake);
}

Test(object, lone_surrogate_and_nonsense_become_a_replacement)
{
	struct fake *fake = fake_new();
	const uint32_t wrong[] = { 0xd800, 0xffffffff };

	cr_expect_str_eq(text_of(fake, fake_wide_str(fake, wrong, 2, 4)),
			 "\xef\xbf\xbd\xef\xbf\xbd");
	fake_free(fake);
}

Test(object, text_is_cut_between_characters)
{
	struct fake *fake = fake_new();
	const uint32_t euros[] = { 0x20ac, 0x20ac };
	char text[6];

	cr_assert_eq(lg_python_text(&fake->python, fake_wide_str(fake, euros, 2, 2), text,
				    sizeof text, &err), LG_OK);
	cr_expect_str_eq(text, "\xe2\x82\xac");
	fake_free(fake);
}

Test(object, text_refuses_what_is_none)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t str = fake_str(fake, "x");
	char wanted[64];

	cr_expect_str_eq(text_of(fake, 0), "no str at 0x0");
	cr_expect_str_eq(text_of(fake, 0x41), "no str at 0x41");
	snprintf(wanted, sizeof wanted, "no str at 0x%llx",
		 (unsigned long long)fake->python.base_type[LG_FAMILY_DICT]);
	cr_expect_str_eq(text_of(fake, fake->python.base_type[LG_FAMILY_DICT]), wanted);
	fake_put32(fake, str + l->unicode.state, 0);
	snprintf(wanted, sizeof wanted, "no str at 0x%llx: characters of 0 bytes",
		 (unsigned long long)str);
	cr_expect_str_eq(text_of(fake, str), wanted);
	fake_free(fake);
}

Test(object, text_of_a_lying_length_stays_in_the_buffer)
{
	struct fake *fake = fake_new();
	uint64_t str = fake_str(fake, "abc");
	char text[8];

	fake_put64(fake, str + fake->python.layout->unicode.length, UINT64_MAX);
	cr_expect_eq(lg_python_text(&fake->python, str, text, sizeof text, &err), LG_OK);
	cr_expect_eq(memcmp(text, "abc", 4), 0);
	fake_free(fake);
}

Test(object, dict_get_in_each_kind_of_table)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t pairs[] = { fake_str(fake, "one"), fake_int(fake, 1), fake_str(fake, "two"),
			     fake_int(fake, 2) };
	uint64_t values = fake_space(fake, 16), unicode, general, split, value;

	unicode = fake_dict(fake, false, pairs, 2);
	general = fake_dict(fake, true, pairs, 2);
	split = fake_dict(fake, false, pairs, 2);
	fake_put64(fake, values + 8, fake->python.base_type[LG_FAMILY_SET]);
	fake_put64(fake, split + l->dict.values, values);
	cr_assert_eq(lg_python_dict_get(&fake->python, unicode, "two", &value, &err), LG_OK);
	cr_expect_eq(value, pairs[3]);
	cr_assert_eq(lg_python_dict_get(&fake->python, general, "one", &value, &err), LG_OK);
	cr_expect_eq(value, pairs[1]);
	cr_assert_eq(lg_python_dict_get(&fake->python, split, "two", &value, &err), LG_OK);
	cr_expect_eq(value, fake->python.base_type[LG_FAMILY_SET], "a split table's own values");
	cr_assert_eq(lg_python_dict_get(&fake->python, split, "one", &value, &err), LG_OK);
	cr_expect_eq(value, 0, "a key without a value is not there");
	cr_assert_eq(lg_python_dict_get(&fake->python, unicode, "three", &value, &err), LG_OK);
	cr_expect_eq(value, 0);
	fake_free(fake);
}

Test(object, dict_that_lies_is_refused)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t dict = fake_dict(fake, false, NULL, 0), value;
	uint64_t keys = fake_get64(fake, dict + l->dict.keys);
	uint64_t reads;

	cr_expect_eq(lg_python_dict_get(&fake->python, dict + 4, "x", &value, &err), LG_E_UNREADABLE);
	fake_put8(fake, keys + l->keys.log2_size, 200);
	cr_expect_eq(lg_python_dict_get(&fake->python, dict, "x", &value, &err), LG_E_UNREADABLE);
	cr_expect(strstr(err.text, "no keys of a dict at 0x7"), "%s", err.text);
	fake_put8(fake, keys + l->keys.log2_size, 40);
	fake_put64(fake, keys + l->keys.nentries, 1ULL << 40);
	reads = fake->reads;
	cr_expect_eq(lg_python_dict_get(&fake->python, dict, "x", &value, &err), LG_E_LIMIT);
	cr_expect_str_eq(err.text, "dict of 1099511627776 entries, at most 4194304 are read");
	cr_expect_lt(fake->reads - reads, 100, "refused before it is walked");
	fake_put64(fake, dict + l->dict.keys, 0xdead0000);
	cr_expect_eq(lg_python_dict_get(&fake->python, dict, "x", &value, &err), LG_E_IO);
	fake_free(fake);
}

static const char *type_name(struct fake *fake, uint64_t type)
{
	static char both[2048];
	struct lg_strings strings = { 0 };
	uint32_t module, name;

	if (lg_python_type_name(&fake->python, type, fake->strings, &module, &name, &err) != LG_OK)
		return err.text;
	snprintf(both, sizeof both, "%s|", fake_string(fake, &strings, module));
	strcat(both, fake_string(fake, &strings, name));
	free(strings.offset);
	free(strings.bytes);
	lg_intern_free(fake->strings);
	fake->strings = lg_intern_new();
	return both;
}

Test(object, names_of_types)
{
	struct fake *fake = fake_new();
	uint64_t with[] = { fake_str(fake, "__module__"), fake_str(fake, "app.models") };
	uint64_t odd[] = { fake_str(fake, "__module__"), fake_int(fake, 5) };
	uint64_t none = fake_dict(fake, false, NULL, 0);

	cr_expect_str_eq(type_name(fake, fake_static_type(fake, "dict")), "builtins|dict");
	cr_expect_str_eq(type_name(fake, fake_static_type(fake, "collections.deque")),
			 "collections|deque");
	cr_expect_str_eq(type_name(fake, fake_static_type(fake, "a.b.C")), "a.b|C");
	cr_expect_str_eq(type_name(fake, fake_heap_type(fake, "Outer.Session",
							fake_dict(fake, false, with, 1))),
			 "app.models|Outer.Session");
	cr_expect_str_eq(type_name(fake, fake_heap_type(fake, "T", fake_dict(fake, true, odd, 1))),
			 "builtins|T");
	cr_expect_str_eq(type_name(fake, fake_heap_type(fake, "T", none)), "builtins|T");
	cr_expect_str_eq(type_name(fake, fake_heap_type(fake, "T", 0x10)), "builtins|T");
	fake_free(fake);
}

Test(object, names_of_hostile_types)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t type = fake_static_type(fake, "x"), endless = fake_space(fake, 4096);

	cr_expect_str_eq(type_name(fake, 0x1234560), "no type at 0x1234560");
	fake_put64(fake, type + l->type.name, 0x30);
	cr_expect_str_eq(type_name(fake, type), "nothing is mapped at 0x30");
	for (int i = 0; i < 4096; i++)
		fake_put8(fake, endless + i, 'n');
	fake_put64(fake, type + l->type.name, endless);
	cr_expect_eq(strlen(type_name(fake, type)), strlen("builtins|") + 511);
	fake_free(fake);
}

Test(object, attribute_of_an_instance)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t pairs[] = { fake_str(fake, "_name"), fake_str(fake, "worker") };
	uint64_t dict = fake_dict(fake, false, pairs, 1);
	uint64_t type = fake_heap_type(fake, "Thread", dict);
	uint64_t object = fake_space(fake, 64) + 32, values = fake_space(fake, 16);

	fake_put64(fake, object + l->object.refcount, 1);
	fake_put64(fake, object + l->object.type, type);
	cr_expect_eq(lg_instance_attribute(&fake->python, object, "_name"), 0);
	fake_put64(fake, object - l->managed.dict_before, dict);
	cr_expect_eq(lg_instance_attribute(&fake->python, object, "_name"), pairs[1]);
	fake_put64(fake, object - l->managed.values_before, values);
	fake_put64(fake, type + l->type.heap_cached_keys, fake_get64(fake, dict + l->dict.keys));
	fake_put64(fake, values, 0x77777770);
	cr_expect_eq(lg_instance_attribute(&fake->python, object, "_name"), 0x77777770,
		     "inline values come first");
	cr_expect_eq(lg_instance_attribute(&fake->python, 0x8, "_name"), 0);
	fake_free(fake);
}

Test(object, families_follow_bases_to_an_end)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t type = fake_static_type(fake, "Loop");
	uint64_t object = fake_space(fake, 32);

	fake_put64(fake, object + l->object.refcount, 1);
	fake_put64(fake, object + l->object.type, type);
	fake_put64(fake, type + l->type.base, type);
	cr_expect_not(lg_python_is_family(&fake->python, object, LG_FAMILY_DICT));
	fake_put64(fake, type + l->type.base, fake->python.base_type[LG_FAMILY_DICT]);
	cr_expect(lg_python_is_family(&fake->python, object, LG_FAMILY_DICT));
	fake_free(fake);
}
