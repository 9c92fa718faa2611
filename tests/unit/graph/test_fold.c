/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "check.h"
#include "graphs.h"

static struct checked open_and_compare(struct sketch *sketch)
{
	struct checked c = check_open(sketch_finish(sketch), NULL);

	cr_assert(c.graph != NULL, "%s", c.error.text);
	check_against_igraph(&c, 0);
	check_tree(&c, 0);
	check_by_removal(&c, 0);
	return c;
}

#define cr_is(value, expected)                                                                     \
	cr_assert((value) == (expected), "%s is %lu, not %lu", #value, (unsigned long)(value),     \
		  (unsigned long)(expected))

enum { A = 1, A_DICT, B, B_DICT, FUNCTION, CACHE, LEAF, COUNT };

/* Modules a and b; a function of a refers to a's dict; b imported a's function. */
static struct sketch *two_modules(void)
{
	struct sketch *s = sketch_new(COUNT, LEAF);

	sketch_root(s, A, LG_ROOT_MODULE);
	sketch_root(s, B, LG_ROOT_MODULE);
	sketch_refer(s, A, A_DICT, LG_REF_DICT);
	sketch_refer(s, B, B_DICT, LG_REF_DICT);
	sketch_named(s, A_DICT, FUNCTION, LG_REF_KEY_STR, 0);
	sketch_refer(s, FUNCTION, A_DICT, LG_REF_OTHER);
	sketch_refer(s, A_DICT, CACHE, LG_REF_KEY_STR);
	sketch_refer(s, CACHE, LEAF, LG_REF_ITEM);
	sketch_refer(s, B_DICT, FUNCTION, LG_REF_KEY_STR);
	for (uint32_t v = 1; v < COUNT; v++)
		sketch_size(s, v, UINT64_C(1) << v);
	return s;
}

/* Unfolded, the import would lift a's dict out of a, and the cache with it. */
Test(fold, an_import_lifts_nothing)
{
	struct checked c = open_and_compare(two_modules());

	cr_is(c.graph->folded_count, 2);
	cr_is(lg_graph_node(c.graph, A_DICT), A);
	cr_is(lg_graph_node(c.graph, B_DICT), B);
	cr_is(lg_graph_node(c.graph, CACHE), CACHE);
	cr_is(c.dominators->immediate[CACHE], A);
	cr_is(c.dominators->immediate[FUNCTION], 0);
	cr_is(c.dominators->immediate[A_DICT], LG_NONE);
	cr_is(c.dominators->position[A_DICT], LG_NONE);
	cr_is(c.dominators->retained_bytes[A_DICT], 0);
	cr_is(c.dominators->retained_bytes[A], 1 << A | 1 << A_DICT | 1 << CACHE | 1 << LEAF);
	cr_is(c.dominators->retained_bytes[B], 1 << B | 1 << B_DICT);
	cr_is(c.dominators->retained_bytes[0], (1 << COUNT) - 2);
	cr_is(c.dominators->reached_count, COUNT - 2);
	check_close(&c);
}

Test(fold, a_set_may_name_the_dict)
{
	struct checked c = open_and_compare(two_modules());
	uint32_t dict = A_DICT;
	uint64_t bytes = 0;

	cr_assert(lg_set_retained(c.graph, &dict, 1, &bytes, &c.error) == LG_OK);
	cr_is(bytes, c.dominators->retained_bytes[A]);
	check_close(&c);
}

Test(fold, a_step_is_found_through_the_dict)
{
	struct sketch *s = two_modules();
	struct lg_step step;
	struct checked c;

	sketch_named(s, B_DICT, A, LG_REF_KEY_STR, 0);
	c = open_and_compare(s);
	cr_assert(lg_graph_step(c.graph, A, CACHE, &step));
	cr_is(step.holder, A_DICT);
	cr_is(step.target, CACHE);
	cr_is(step.kind, LG_REF_KEY_STR);
	cr_assert(lg_graph_step(c.graph, FUNCTION, A, &step));
	cr_is(step.holder, FUNCTION);
	cr_is(step.target, A_DICT);
	cr_assert(lg_graph_step(c.graph, B, A, &step));
	cr_is(step.holder, B_DICT);
	cr_assert(!lg_graph_step(c.graph, A, B, &step));
	cr_assert(!lg_graph_step(c.graph, A, A, &step), "within a module there is no step");
	cr_assert(!lg_graph_step(c.graph, LEAF, A, &step));
	cr_assert(!lg_graph_step(c.graph, COUNT, A, &step), "no such node");
	check_close(&c);
}

/* The first root's module has it; the other one refers to that. */
Test(fold, a_dict_shared_by_two_modules)
{
	struct sketch *s = sketch_new(5, 4);
	struct checked c;

	sketch_root(s, 2, LG_ROOT_MODULE);
	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_refer(s, 1, 3, LG_REF_DICT);
	sketch_refer(s, 2, 3, LG_REF_DICT);
	sketch_refer(s, 3, 4, LG_REF_KEY_STR);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 1);
	cr_is(lg_graph_node(c.graph, 3), 2);
	cr_is(c.graph->inner_first[2] - c.graph->inner_first[1], 1);
	cr_is(c.graph->inner_target[c.graph->inner_first[1]], 2);
	cr_is(c.dominators->retained_bytes[2], 48);
	check_close(&c);
}

/* As __main__'s dict may also be in a table of the interpreter. */
Test(fold, a_dict_that_is_another_root_too)
{
	struct sketch *s = two_modules();
	struct checked c;

	sketch_root(s, A_DICT, LG_ROOT_INTERPRETER);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 2);
	cr_is(c.graph->inner_first[1], 2);
	cr_is(c.dominators->immediate[CACHE], A);
	cr_assert(lg_graph_root(c.graph, A)->kind == LG_ROOT_MODULE);
	check_close(&c);
}

/* A dict that poses as a module: it stays what it is, and nothing is folded twice. */
Test(fold, a_dict_that_is_a_module)
{
	struct sketch *s = sketch_new(4, 3);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_root(s, 2, LG_ROOT_MODULE);
	sketch_refer(s, 1, 2, LG_REF_DICT);
	sketch_refer(s, 2, 1, LG_REF_DICT);
	sketch_refer(s, 2, 3, LG_REF_KEY_STR);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 0);
	cr_is(c.dominators->immediate[3], 2);
	check_close(&c);
}

Test(fold, a_module_that_is_its_own_dict)
{
	struct sketch *s = sketch_new(3, 2);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_refer(s, 1, 1, LG_REF_DICT);
	sketch_refer(s, 1, 2, LG_REF_KEY_STR);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 0);
	cr_is(c.dominators->immediate[2], 1);
	check_close(&c);
}

/* An empty dict is a leaf; its bytes are the module's, and references to it go to the module. */
Test(fold, a_dict_that_is_a_leaf)
{
	struct sketch *s = sketch_new(5, 3);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_root(s, 2, LG_ROOT_OTHER);
	sketch_refer(s, 1, 3, LG_REF_DICT);
	sketch_refer(s, 2, 3, LG_REF_ATTR);
	sketch_refer(s, 2, 4, LG_REF_ATTR);
	sketch_size(s, 3, 1000);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 1);
	cr_is(c.dominators->retained_bytes[1], 1016);
	cr_is(c.dominators->immediate[3], LG_NONE);
	cr_is(c.referrers->first[2] - c.referrers->first[1], 2);
	check_close(&c);
}

Test(fold, a_module_that_is_a_leaf_or_twice_a_root)
{
	struct sketch *s = sketch_new(5, 3);
	struct checked c;

	sketch_root(s, 4, LG_ROOT_MODULE);
	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_refer(s, 1, 2, LG_REF_DICT);
	sketch_refer(s, 2, 3, LG_REF_KEY_STR);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 1);
	cr_is(c.dominators->immediate[3], 1);
	cr_is(c.dominators->immediate[4], 0);
	check_close(&c);
}

/* An object's __dict__ is no module's: it stays. */
Test(fold, only_modules)
{
	struct sketch *s = sketch_new(4, 3);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_CLASS);
	sketch_refer(s, 1, 2, LG_REF_DICT);
	sketch_refer(s, 2, 3, LG_REF_KEY_STR);
	c = open_and_compare(s);
	cr_is(c.graph->folded_count, 0);
	cr_is(c.dominators->immediate[3], 2);
	check_close(&c);
}

/* More dicts than the builder's filter tells apart, and indexes beyond its bits. */
Test(fold, many_modules)
{
	enum { MODULES = 40000 };
	struct sketch *s = sketch_new(1 + 4 * MODULES, 1 + 2 * MODULES);
	struct checked c;

	for (uint32_t i = 0; i < MODULES; i++) {
		uint32_t module = 1 + i, dict = 1 + MODULES + i, leaf = 1 + 2 * MODULES + 2 * i;

		sketch_root(s, module, LG_ROOT_MODULE);
		sketch_refer(s, module, dict, LG_REF_DICT);
		sketch_refer(s, dict, leaf, LG_REF_KEY_STR);
		sketch_refer(s, dict, leaf + 1, LG_REF_KEY_STR);
		sketch_refer(s, dict, 1 + MODULES + (i + 1) % MODULES, LG_REF_KEY_STR);
	}
	c = check_open(sketch_finish(s), NULL);
	cr_assert(c.graph != NULL, "%s", c.error.text);
	cr_is(c.graph->folded_count, MODULES);
	for (uint32_t i = 0; i < MODULES; i++)
		cr_is(c.dominators->retained_bytes[1 + i], 64);
	check_against_igraph(&c, 0);
	check_close(&c);
}
