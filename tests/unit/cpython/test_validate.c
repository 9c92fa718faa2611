/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "cpython/object.h"
#include "cpython/validate.h"
#include "tests/unit/cpython/fake_python.h"

static struct lg_error err;

static void expect_refusal(struct fake *fake, const char *part)
{
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_E_ATTACH);
	cr_expect(strstr(err.text, part), "'%s' not in: %s", part, err.text);
}

Test(validate, accepts_a_sound_one)
{
	struct fake *fake = fake_new();
	bool collecting = true;

	cr_assert_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	cr_expect_eq(fake->python.gc_list_count, 4);
	cr_expect_eq(fake->python.interpreter_count, 1);
	cr_assert_eq(lg_python_collecting(&fake->python, &collecting, &err), LG_OK);
	cr_expect_not(collecting);
	fake_free(fake);
}

Test(validate, sizes_of_types_tell_another_build)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;

	fake_put64(fake, fake->python.base_type[LG_FAMILY_FUNCTION] + l->type.basicsize, 152);
	expect_refusal(fake, "not as expected (a debug or patched build, or a release not known?): size of function at 0x7");
	expect_refusal(fake, "is 152, expected 136");
	fake_free(fake);
}

Test(validate, type_must_be_its_own_type)
{
	struct fake *fake = fake_new();

	fake_put64(fake, fake->python.base_type[LG_FAMILY_TYPE] + 8, 0);
	expect_refusal(fake, "type of type");
	fake_free(fake);
}

Test(validate, no_interpreter_yet)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;

	fake_put64(fake, fake->python.runtime + l->runtime.interpreters_main, 0);
	expect_refusal(fake, "has CPython loaded, but no interpreter is running in it");
	fake_free(fake);
}

Test(validate, no_threads_and_no_modules)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;

	fake_put64(fake, fake->python.interpreter + l->interpreter.threads_head, 0);
	expect_refusal(fake, "starting up or shutting down: it has no threads");
	fake_put64(fake, fake->python.interpreter + l->interpreter.threads_head, fake->thread);
	fake_put64(fake, fake->python.interpreter + l->interpreter.modules, 0);
	expect_refusal(fake, "starting up or shutting down: it has no modules");
	fake_put64(fake, fake->python.interpreter + l->interpreter.modules, fake_str(fake, "x"));
	expect_refusal(fake, "no sys.modules at 0x7");
	fake_free(fake);
}

Test(validate, wild_pointers)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;

	fake_put64(fake, fake->thread + l->thread.interp, 0x10);
	expect_refusal(fake, "interpreter of the first thread");
	fake_put64(fake, fake->python.runtime + l->runtime.interpreters_main, 0x1003);
	expect_refusal(fake, "no interpreter at 0x1003");
	fake_free(fake);
}

Test(validate, what_the_interpreter_says_of_itself)
{
	struct fake *fake = fake_new();
	struct lg_layout layout = *fake->python.layout;
	uint64_t at = fake->python.runtime + layout.runtime.main_thread;

	layout.says[0].at = layout.runtime.main_thread;
	layout.says[0].field = LG_SAID(frame.localsplus);
	strcpy(layout.says[0].name, "frame localsplus");
	fake->python.layout = &layout;
	fake_put64(fake, at, 80);
	expect_refusal(fake, "or a release not known?): frame localsplus at 0x7");
	expect_refusal(fake, "is 80, expected 72");
	fake_put64(fake, at, 72);
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	fake_free(fake);
}

Test(validate, an_interpreters_part_of_static_types)
{
	struct fake *fake = fake_new();
	struct lg_layout layout = *fake->python.layout;

	layout.static_type.states = layout.interpreter.atexit_count + LG_WORD_BYTES;
	layout.static_type.capacity = 5;
	layout.static_type.bytes = 5 * LG_WORD_BYTES;
	fake->python.layout = &layout;
	fake_static_types(fake, fake->python.interpreter + layout.static_type.states + 8);
	expect_refusal(fake, "no state of static types at 0x7");
	fake_static_types(fake, fake->python.interpreter + layout.static_type.states);
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	layout.static_type.capacity = 3;
	expect_refusal(fake, "no state of static types at 0x7");
	fake_free(fake);
}

Test(validate, interned_strings_stand_in_a_dict)
{
	struct fake *fake = fake_new();
	struct lg_layout layout = *fake->python.layout;
	uint64_t at = fake->python.interpreter + 60000;

	layout.interpreter.interned = 60000;
	fake->python.layout = &layout;
	expect_refusal(fake, "no dict of interned strings at 0x7");
	fake_put64(fake, at, fake_str(fake, "x"));
	expect_refusal(fake, "no dict of interned strings at 0x7");
	fake_put64(fake, at, fake_dict(fake, false, NULL, 0));
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	fake_free(fake);
}

static uint64_t list_head(struct fake *fake, uint32_t generation)
{
	const struct lg_layout *l = fake->python.layout;

	return fake->python.interpreter + l->interpreter.gc + l->gc.generation0 +
	       generation * l->gc.generation_bytes;
}

Test(validate, lists_must_be_circular)
{
	struct fake *fake = fake_new();
	uint64_t head = list_head(fake, 2), other = fake_space(fake, 16);
	char part[64];

	fake_put64(fake, head, other);
	fake_put64(fake, head + 8, other);
	snprintf(part, sizeof part, "no list of the collector at 0x%llx", (unsigned long long)head);
	expect_refusal(fake, part);
	/* One direction closed: an object that is just being linked in. */
	fake_put64(fake, other + 8, head | 1);
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	fake_put64(fake, head, 0);
	expect_refusal(fake, part);
	fake_free(fake);
}

Test(validate, lists_are_torn_while_collecting)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t head = list_head(fake, 1), other = fake_space(fake, 16);
	bool collecting = false;

	fake_put64(fake, other, other);
	fake_put64(fake, head, other);
	fake_put64(fake, head + 8, other);
	fake_put32(fake, fake->python.interpreter + l->interpreter.gc + l->gc.collecting, 1);
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_python_collecting(&fake->python, &collecting, &err), LG_OK);
	cr_expect(collecting);
	fake_free(fake);
}

Test(validate, chain_of_interpreters_is_bounded)
{
	struct fake *fake = fake_new();
	const struct lg_layout *l = fake->python.layout;
	uint64_t wild = fake_space(fake, 65536);

	fake_put64(fake, fake->python.interpreter + l->interpreter.next, wild);
	fake_put64(fake, wild + l->interpreter.next, wild);
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	cr_expect_eq(fake->python.interpreter_count, 1, "what is no interpreter is left out");
	fake_put64(fake, fake->python.interpreter + l->interpreter.next, fake->python.interpreter);
	cr_expect_eq(lg_python_validate(&fake->python, &err), LG_OK, "%s", err.text);
	cr_expect_eq(fake->python.interpreter_count, 1);
	fake_free(fake);
}
