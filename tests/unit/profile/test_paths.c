/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "profile/paths.h"

static struct lg_intern *strings;
static struct lg_paths paths;

static uint32_t string(const char *text)
{
	struct lg_error err;
	uint32_t number;

	cr_assert_eq(lg_intern_add(strings, text, strlen(text), &number, &err), LG_OK);
	return number;
}

static void begin(void)
{
	strings = lg_intern_new();
	paths = (struct lg_paths){.max_rows = 1000, .elsewhere = string(LG_PATH_ELSEWHERE)};
}

static void end(void)
{
	lg_paths_free(&paths);
	lg_intern_free(strings);
}

TestSuite(paths, .init = begin, .fini = end);

static uint32_t step(uint32_t from, const char *label, const char *type)
{
	return lg_paths_step(&paths, from, string(label), string(type), strcmp(label, "->") == 0);
}

Test(paths, equal_steps_lead_to_one_row)
{
	uint32_t app = step(LG_NONE, "module app", "module");

	cr_expect_eq(step(app, ".A", "dict"), step(app, ".A", "dict"));
	cr_expect_neq(step(app, ".A", "dict"), step(app, ".B", "dict"));
	cr_expect_neq(step(app, ".A", "dict"), step(app, ".A", "list"));
	cr_expect_eq(paths.count, 4);
}

Test(paths, a_list_of_any_length_is_two_rows)
{
	uint32_t at = step(step(LG_NONE, "module app", "module"), ".head", "app.Node");

	for (int i = 0; i < 100000; i++)
		at = step(at, ".next", "app.Node");
	cr_expect_eq(paths.count, 3);
}

Test(paths, a_tree_has_a_row_for_each_way_around)
{
	uint32_t state = 1, root = step(step(LG_NONE, "module app", "module"), ".root", "app.Node");

	for (int i = 0; i < 100000; i++) {
		uint32_t at = root;

		for (int deep = 0; deep < 20; deep++) {
			state = state * 1664525 + 1013904223;
			at = step(at, state >> 31 ? ".left" : ".right", "app.Node");
		}
	}
	cr_expect_leq(paths.count, 8);
}

Test(paths, rows_and_steps_have_bounds)
{
	uint32_t at = step(LG_NONE, "module app", "module"), app = at;
	char text[32];

	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "app.T%d", i);
		at = step(at, ".x", text);
		cr_assert_lt(paths.row[at].depth, LG_PROFILE_MAX_STEPS);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, ".a%d", i);
		at = step(app, text, "int");
		cr_assert_eq(paths.row[at].parent == app || at == app, true);
	}
	cr_expect_leq(paths.count, 1200);
	cr_expect(!paths.failed);
}

Test(paths, the_shorter_the_named_and_the_lesser_is_told)
{
	uint32_t app = step(LG_NONE, "module app", "module"), b = step(LG_NONE, "module b", "module");
	uint32_t nameless = step(app, "->", "dict"), named = step(b, ".z", "dict");

	cr_expect(lg_paths_prefer(&paths, strings, app, b));
	cr_expect(!lg_paths_prefer(&paths, strings, b, app));
	cr_expect(!lg_paths_prefer(&paths, strings, app, app));
	cr_expect(lg_paths_prefer(&paths, strings, b, nameless));
	/* They part at the root, where "module app" is the lesser. */
	cr_expect(lg_paths_prefer(&paths, strings, nameless, named));
	cr_expect(lg_paths_prefer(&paths, strings, step(app, ".z", "dict"), nameless));
}
