/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "cpython/object.h"
#include "cpython/probe.h"
#include "tests/unit/cpython/fake_python.h"

static struct lg_error err;

/* Words of the fake's runtime, which no table uses. */
enum { SAYS_THREAD = 128, SAYS_INTERPRETER = 136 };

static void probe(struct fake *fake, const struct lg_layout *table)
{
	cr_assert_eq(lg_python_probe(&fake->python, table, &err), LG_OK, "%s", err.text);
}

static void expect_refusal(struct fake *fake, const struct lg_layout *table, const char *part)
{
	cr_expect_eq(lg_python_probe(&fake->python, table, &err), LG_E_ATTACH);
	cr_expect(strstr(err.text, part), "'%s' not in: %s", part, err.text);
}

Test(probe, a_version_without_differences_keeps_its_table)
{
	struct fake *fake = fake_new();
	const struct lg_layout *table = fake->python.layout;

	probe(fake, table);
	cr_expect_eq(fake->python.layout, &fake->python.fitted);
	cr_expect_eq(memcmp(&fake->python.fitted, table, sizeof *table), 0);
	fake_free(fake);
}

Test(probe, a_thread_that_grew_at_its_end)
{
	struct fake *fake = fake_new();
	struct lg_layout table = *fake->python.layout;
	const struct lg_layout *fitted = &fake->python.fitted;

	table.thread.public_bytes = table.thread.held[11].offset;
	table.thread.grows[0] =
		(struct lg_layout_growth){ table.thread.public_bytes, SAYS_THREAD };
	fake_put64(fake, fake->python.runtime + SAYS_THREAD, table.thread.public_bytes + 16);
	probe(fake, &table);
	cr_expect_eq(fitted->thread.held[11].offset, table.thread.held[11].offset + 16);
	cr_expect_eq(fitted->thread.held[10].offset, table.thread.held[10].offset);
	cr_expect_eq(fitted->thread.public_bytes, table.thread.public_bytes + 16);
	cr_expect_eq(fitted->thread.bytes, table.thread.bytes + 16);
	cr_expect_eq(fitted->thread.next, table.thread.next);
	fake_free(fake);
}

Test(probe, what_can_not_be_said)
{
	struct fake *fake = fake_new();
	struct lg_layout table = *fake->python.layout;
	uint64_t at = fake->python.runtime + SAYS_THREAD;

	table.thread.grows[0] = (struct lg_layout_growth){ 304, SAYS_THREAD };
	fake_put64(fake, at, 296);
	expect_refusal(fake, &table, "field of the thread at 0x7");
	expect_refusal(fake, &table, "is 296, expected 304 to 4400");
	fake_put64(fake, at, 308);
	expect_refusal(fake, &table, "is 308, expected 304 to 4400");
	fake_put64(fake, at, 4408);
	expect_refusal(fake, &table, "is 4408, expected 304 to 4400");
	fake_put64(fake, at, UINT64_MAX);
	expect_refusal(fake, &table, "is 18446744073709551615");
	fake_free(fake);
}

/* Said first, then seen, each on top of the one before. */
Test(probe, an_interpreter_that_grew_twice)
{
	struct fake *fake = fake_new();
	struct lg_layout table = *fake->python.layout;
	const struct lg_layout *fitted = &fake->python.fitted;

	table.static_type.states = 4096;
	table.static_type.more = 8192;
	table.static_type.capacity = 10;
	table.static_type.bytes = 40;
	table.static_type.type = 8;
	table.interpreter.grows[0] =
		(struct lg_layout_growth){ table.interpreter.modules, SAYS_INTERPRETER };
	table.interpreter.grows[1] = (struct lg_layout_growth){ 4000, LG_NO_FIELD };
	fake_put64(fake, fake->python.runtime + SAYS_INTERPRETER, table.interpreter.modules + 24);
	fake->python.layout = &table;
	fake_static_types(fake, fake->python.interpreter + 4096 + 24 + 8);
	probe(fake, &table);
	cr_expect_eq(fitted->interpreter.threads_head, table.interpreter.threads_head);
	cr_expect_eq(fitted->interpreter.gc, table.interpreter.gc);
	cr_expect_eq(fitted->interpreter.modules, table.interpreter.modules + 24);
	cr_expect_eq(fitted->interpreter.atexit_count, table.interpreter.atexit_count + 24);
	cr_expect_eq(fitted->static_type.states, 4096 + 24 + 8);
	cr_expect_eq(fitted->static_type.more, 8192 + 24 + 8);
	cr_expect_eq(fitted->interpreter.interned, LG_NO_FIELD);
	/* roots[2] is sys.modules, the one before the collector's. */
	cr_expect_eq(fitted->interpreter.roots[1].offset, table.interpreter.roots[1].offset);
	cr_expect_eq(fitted->interpreter.roots[2].offset, table.interpreter.roots[2].offset + 24);
	fake_free(fake);
}

Test(probe, static_types_too_far_away_stay_where_the_table_has_them)
{
	struct fake *fake = fake_new();
	struct lg_layout table = *fake->python.layout;

	table.static_type.states = 4096;
	table.static_type.capacity = 10;
	table.static_type.bytes = 40;
	table.interpreter.grows[0] = (struct lg_layout_growth){ 4000, LG_NO_FIELD };
	fake->python.layout = &table;
	fake_static_types(fake, fake->python.interpreter + 4096 + 520);
	probe(fake, &table);
	cr_expect_eq(fake->python.fitted.static_type.states, 4096);
	/* One of those asked for alone is no proof. */
	fake->python.layout = &table;
	fake_put64(fake, fake->python.interpreter + 4096 + 64 + table.static_type.bytes,
		   fake->python.base_type[LG_FAMILY_TYPE]);
	probe(fake, &table);
	cr_expect_eq(fake->python.fitted.static_type.states, 4096);
	fake_free(fake);
}

static void put_lists(struct fake *fake, uint64_t first)
{
	const struct lg_layout *l = fake->python.layout;

	for (uint32_t i = 0; i < l->gc.generation_count; i++) {
		uint64_t head = first + i * l->gc.generation_bytes;

		/* Flags in the low bits, as the collector has them. */
		fake_put64(fake, head, head | 1);
		fake_put64(fake, head + 8, head | 2);
	}
}

Test(probe, lists_that_begin_a_little_earlier)
{
	struct fake *fake = fake_new();
	struct lg_layout table = *fake->python.layout;
	uint64_t gc = fake->python.interpreter + table.interpreter.gc;

	table.gc.generation0_slack = 4;
	probe(fake, &table);
	cr_expect_eq(fake->python.fitted.gc.generation0, table.gc.generation0);
	put_lists(fake, gc + table.gc.generation0 - 4);
	probe(fake, &table);
	cr_expect_eq(fake->python.fitted.gc.generation0, table.gc.generation0 - 4);
	table.gc.generation0_slack = 0;
	probe(fake, &table);
	cr_expect_eq(fake->python.fitted.gc.generation0, table.gc.generation0,
		     "what fits nowhere is left for validation");
	fake_free(fake);
}
