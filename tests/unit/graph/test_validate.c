/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <criterion/criterion.h>

#include "check.h"
#include "graph/validate.h"
#include "graphs.h"

/*
 *	root → 1 → 2 → 4 (a leaf)
 *	       1 → 4
 *	3 → 2, and no root reaches 3
 */
static struct checked open_sample(void)
{
	struct sketch *sketch = sketch_new(5, 4);
	struct checked c;

	sketch_root(sketch, 1, LG_ROOT_OTHER);
	sketch_refer(sketch, 1, 2, LG_REF_ATTR);
	sketch_refer(sketch, 2, 4, LG_REF_ATTR);
	sketch_refer(sketch, 1, 4, LG_REF_ATTR);
	sketch_refer(sketch, 3, 2, LG_REF_ATTR);
	c = check_open(sketch_finish(sketch), NULL);
	cr_assert(c.shortest, "%s", c.error.text);
	return c;
}

static enum lg_status validate(const struct checked *c, struct lg_error *err)
{
	enum lg_status status = lg_graph_validate(c->graph, err);

	if (status == LG_OK)
		status = lg_dominators_validate(c->graph, c->dominators, err);
	return status == LG_OK ? lg_shortest_validate(c->graph, c->shortest, err) : status;
}

Test(graph_validate, takes_what_the_engine_makes)
{
	struct checked c = open_sample();
	struct lg_error err = {0};

	cr_assert(validate(&c, &err) == LG_OK, "%s", err.text);
	check_close(&c);
}

/* One value wrong at a time; and the sentence that must follow. */
static void expect(struct checked *c, uint32_t *place, uint32_t value, const char *text)
{
	struct lg_error err = {0};
	uint32_t right = *place;

	*place = value;
	cr_assert(validate(c, &err) == LG_E_UNREADABLE, "%u for %u passed: %s", value, right, text);
	cr_assert_str_eq(err.text, text);
	*place = right;
	cr_assert(validate(c, &err) == LG_OK, "%s", err.text);
}

Test(graph_validate, rows_and_targets)
{
	struct checked c = open_sample();

	expect(&c, &c.graph->inner_first[0], 1,
	       "graph.inner_first[0] is 1, which is not valid there");
	expect(&c, &c.graph->inner_first[2], 9,
	       "graph.inner_first[3] is 2, which is not valid there");
	expect(&c, &c.graph->leaf_first[1], 7,
	       "graph.leaf_first[2] is 1, which is not valid there");
	expect(&c, &c.graph->inner_target[1], 4,
	       "graph.inner_target[1] is 4, which is not valid there");
	expect(&c, &c.graph->inner_target[1], 0,
	       "graph.inner_target[1] is 0, which is not valid there");
	expect(&c, &c.graph->leaf_target[0], 3,
	       "graph.leaf_target[0] is 3, which is not valid there");
	expect(&c, &c.graph->leaf_target[0], 5,
	       "graph.leaf_target[0] is 5, which is not valid there");
	check_close(&c);
}

Test(graph_validate, dominator_tree)
{
	struct checked c = open_sample();
	struct lg_dominators *d = c.dominators;

	expect(&c, &d->order[1], 5, "dominators.immediate[1] is 0, which is not valid there");
	expect(&c, &d->order[1], 2, "dominators.immediate[1] is 0, which is not valid there");
	expect(&c, &d->reached_count, 9, "dominators.reached[0] is 9, which is not valid there");
	/* A loop: nobody who climbs would arrive. */
	expect(&c, &d->immediate[1], 2,
	       "dominators.immediate[1] is 2, which is not valid there");
	expect(&c, &d->immediate[2], 2,
	       "dominators.immediate[2] is 2, which is not valid there");
	expect(&c, &d->immediate[2], LG_NONE,
	       "dominators.immediate[2] is 4294967295, which is not valid there");
	expect(&c, &d->immediate[3], 1,
	       "dominators.immediate[3] is 1, which is not valid there");
	expect(&c, &d->subtree[2], 9, "dominators.immediate[2] is 1, which is not valid there");
	expect(&c, &d->subtree[2], 0, "dominators.immediate[2] is 1, which is not valid there");
	expect(&c, &d->position[0], 1,
	       "dominators.immediate[0] is 0, which is not valid there");
	expect(&c, &d->position[4], LG_NONE,
	       "dominators.immediate[4] is 1, which is not valid there");
	check_close(&c);
}

/* Only the order still names it: a walk would never get past a node without an interval. */
Test(graph_validate, a_place_of_a_node_that_is_not_reached)
{
	struct checked c = open_sample();
	struct lg_dominators *d = c.dominators;
	struct lg_error err = {0};

	d->immediate[4] = d->position[4] = LG_NONE;
	d->subtree[4] = 0;
	d->retained_bytes[4] = 0;
	cr_assert(validate(&c, &err) == LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "dominators.reached[0] is 3, which is not valid there");
	check_close(&c);
}

Test(graph_validate, folded_dicts)
{
	uint32_t folded[] = {2, 3}, representative[] = {1, 1};
	struct lg_graph graph = {.node_count = 5,
				 .inner_count = 3,
				 .folded_count = 2,
				 .folded = folded,
				 .representative = representative};
	struct lg_error err = {0};

	cr_assert(lg_folded_validate(&graph, &err) == LG_OK, "%s", err.text);
	folded[1] = 2;
	cr_assert(lg_folded_validate(&graph, &err) == LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "graph.folded[1] is 2, which is not valid there");
	folded[1] = 5;
	cr_assert(lg_folded_validate(&graph, &err) == LG_E_UNREADABLE);
	folded[1] = 4;
	representative[1] = 3;
	cr_assert(lg_folded_validate(&graph, &err) == LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "graph.representative[1] is 3, which is not valid there");
}

Test(graph_validate, retained_bytes)
{
	struct checked c = open_sample();
	struct lg_error err = {0};

	c.dominators->retained_bytes[2] = UINT64_MAX;
	cr_assert(validate(&c, &err) == LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "dominators.immediate[2] is 1, which is not valid there");
	c.dominators->retained_bytes[0] = UINT64_MAX;
	cr_assert(validate(&c, &err) == LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "dominators.retained_bytes[0] is 18446744073709551615, which is not valid there");
	check_close(&c);
}

Test(graph_validate, shortest_paths)
{
	struct checked c = open_sample();
	struct lg_shortest *s = c.shortest;

	expect(&c, &s->parent[2], 4, "shortest.parent[2] is 4, which is not valid there");
	expect(&c, &s->parent[2], 2, "shortest.parent[2] is 2, which is not valid there");
	expect(&c, &s->parent[1], LG_NONE,
	       "shortest.parent[1] is 4294967295, which is not valid there");
	expect(&c, &s->distance[0], 1, "shortest.distance[0] is 1, which is not valid there");
	expect(&c, &s->distance[2], LG_NONE,
	       "shortest.parent[2] is 1, which is not valid there");
	check_close(&c);
}
