/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "check.h"
#include "graphs.h"

enum { HOLDER = 1, OTHER, TARGET, COUNT };

static struct lg_step step_of(const uint8_t *kinds, const uint32_t *names, unsigned count)
{
	struct sketch *s = sketch_new(COUNT, COUNT);
	struct lg_step step = {.kind = LG_REF_KIND_COUNT};
	struct checked c;

	sketch_root(s, HOLDER, LG_ROOT_OTHER);
	sketch_named(s, HOLDER, OTHER, LG_REF_ATTR, 7);
	for (unsigned i = 0; i < count; i++)
		sketch_named(s, HOLDER, TARGET, kinds[i], names[i]);
	c = check_open(sketch_finish(s), NULL);
	cr_assert(c.graph != NULL, "%s", c.error.text);
	cr_assert(lg_graph_step(c.graph, HOLDER, TARGET, &step) == (count > 0));
	check_close(&c);
	return step;
}

Test(step, none)
{
	(void)step_of(NULL, NULL, 0);
}

Test(step, strong_before_weak)
{
	struct lg_step step = step_of((uint8_t[]){LG_REF_WEAK, LG_REF_ITEM}, (uint32_t[]){3, 0}, 2);

	cr_assert(step.kind == LG_REF_ITEM && step.holder == HOLDER && step.target == TARGET);
}

Test(step, named_before_nameless)
{
	struct lg_step step =
		step_of((uint8_t[]){LG_REF_OTHER, LG_REF_DICT_KEY, LG_REF_KEY_STR, LG_REF_KEY_STR},
			(uint32_t[]){0, 0, 0, 9}, 4);

	cr_assert(step.kind == LG_REF_KEY_STR && step.name == 9);
}

Test(step, anything_before_the_type)
{
	struct lg_step step =
		step_of((uint8_t[]){LG_REF_TYPE, LG_REF_OTHER}, (uint32_t[]){0, 0}, 2);

	cr_assert(step.kind == LG_REF_OTHER);
}

Test(step, weak_where_there_is_nothing_else)
{
	struct lg_step step = step_of((uint8_t[]){LG_REF_WEAK}, (uint32_t[]){0}, 1);

	cr_assert(step.kind == LG_REF_WEAK);
}

Test(step, the_root_that_names_best)
{
	struct sketch *s = sketch_new(COUNT, COUNT);
	struct checked c;

	sketch_root(s, HOLDER, LG_ROOT_C_CODE);
	sketch_root(s, HOLDER, LG_ROOT_INTERPRETER);
	sketch_root(s, HOLDER, LG_ROOT_CLASS);
	sketch_root(s, HOLDER, LG_ROOT_CLASS);
	c = check_open(sketch_finish(s), NULL);
	cr_assert(c.graph != NULL, "%s", c.error.text);
	cr_assert(lg_graph_root(c.graph, HOLDER) == &c.snapshot->roots[2]);
	cr_assert(lg_graph_root(c.graph, OTHER) == NULL);
	check_close(&c);
}
