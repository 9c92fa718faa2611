/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "check.h"
#include "graphs.h"

#define MEGABYTE UINT64_C(1000000)

static struct checked open_sketch(struct sketch *sketch)
{
	struct checked c = check_open(sketch_finish(sketch), NULL);

	cr_assert(c.graph != NULL, "%s", c.error.text);
	return c;
}

/* igraph and the invariants beside what a test asserts itself. */
static struct checked open_and_compare(struct sketch *sketch)
{
	struct checked c = open_sketch(sketch);

	check_against_igraph(&c, 0);
	check_tree(&c, 0);
	return c;
}

#define cr_is(value, expected)                                                                     \
	cr_assert((value) == (expected), "%s is %lu, not %lu", #value, (unsigned long)(value),     \
		  (unsigned long)(expected))

Test(shapes, only_a_root)
{
	struct checked c = open_and_compare(sketch_new(1, 1));

	cr_is(c.dominators->reached_count, 1);
	cr_is(c.dominators->immediate[0], 0);
	cr_is(c.dominators->retained_bytes[0], 0);
	check_close(&c);
}

/* 1 -> 2, 3 -> 4: nobody but 1 keeps 4. */
Test(shapes, diamond)
{
	struct sketch *s = sketch_new(5, 4);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 2, LG_REF_ATTR);
	sketch_refer(s, 1, 3, LG_REF_ATTR);
	sketch_refer(s, 2, 4, LG_REF_ATTR);
	sketch_refer(s, 3, 4, LG_REF_ATTR);
	sketch_size(s, 4, 5000);
	c = open_and_compare(s);
	cr_is(c.dominators->immediate[4], 1);
	cr_is(c.dominators->retained_bytes[1], 48 + 5000);
	cr_is(c.dominators->retained_bytes[2], 16);
	cr_is(c.dominators->subtree[1], 4);
	cr_is(c.shortest->distance[4], 3);
	check_close(&c);
}

Test(shapes, references_to_itself_count_nothing)
{
	struct sketch *s = sketch_new(3, 3);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 1, LG_REF_ATTR);
	sketch_refer(s, 1, 2, LG_REF_ATTR);
	sketch_refer(s, 2, 2, LG_REF_ATTR);
	c = open_and_compare(s);
	cr_is(c.graph->inner_first[3], 2);
	cr_is(c.dominators->immediate[2], 1);
	cr_is(c.referrers->first[3] - c.referrers->first[2], 1);
	check_close(&c);
}

/* No valid snapshot has them; here they do no harm. */
Test(shapes, references_to_the_virtual_root_are_left_out)
{
	struct sketch *s = sketch_new(2, 2);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_root(s, 0, LG_ROOT_OTHER);
	sketch_refer(s, 1, 0, LG_REF_ATTR);
	c = open_and_compare(s);
	cr_is(c.referrers->first[1], 0);
	cr_is(c.graph->inner_first[2], 1);
	check_close(&c);
}

/* What a weak reference elsewhere sees, its holder keeps all the same: 10 MB. */
Test(shapes, a_weak_reference_keeps_nothing)
{
	enum { HOLDER = 1, REGISTRY, GONE, BUFFER, OBJECTS };
	struct sketch *s = sketch_new(OBJECTS, BUFFER);
	struct checked c;

	sketch_root(s, HOLDER, LG_ROOT_MODULE);
	sketch_root(s, REGISTRY, LG_ROOT_MODULE);
	sketch_refer(s, HOLDER, BUFFER, LG_REF_ATTR);
	sketch_refer(s, REGISTRY, BUFFER, LG_REF_WEAK);
	sketch_refer(s, REGISTRY, GONE, LG_REF_WEAK);
	sketch_size(s, BUFFER, 10 * MEGABYTE);
	c = open_and_compare(s);
	cr_is(c.dominators->immediate[BUFFER], HOLDER);
	cr_is(c.dominators->retained_bytes[HOLDER], 10 * MEGABYTE + 16);
	cr_is(c.dominators->retained_bytes[REGISTRY], 16);
	cr_is(c.dominators->immediate[GONE], LG_NONE);
	cr_is(c.shortest->parent[GONE], LG_NONE);
	check_close(&c);
}

/* A strong reference beside a weak one counts. */
Test(shapes, weak_and_strong)
{
	struct sketch *s = sketch_new(3, 2);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 2, LG_REF_WEAK);
	sketch_refer(s, 1, 2, LG_REF_ITEM);
	c = open_and_compare(s);
	cr_is(c.dominators->immediate[2], 1);
	cr_is(c.referrers->first[3] - c.referrers->first[2], 1);
	check_close(&c);
}

/*
 * Two lists of 20 MB, one of them held by a child that also refers back to its
 * parent. Both are told with 20 MB.
 */
Test(shapes, twenty_megabytes_in_a_parent_child_cycle)
{
	enum { MODULE = 1, PLAIN, PARENT, CHILD, LIST, FIRST_ITEM, ITEMS = 1000 };
	struct sketch *s = sketch_new(FIRST_ITEM + 2 * ITEMS, FIRST_ITEM);
	struct checked c;

	sketch_root(s, MODULE, LG_ROOT_MODULE);
	sketch_refer(s, MODULE, PLAIN, LG_REF_ATTR);
	sketch_refer(s, MODULE, PARENT, LG_REF_ATTR);
	sketch_refer(s, PARENT, CHILD, LG_REF_ATTR);
	sketch_refer(s, CHILD, PARENT, LG_REF_ATTR);
	sketch_refer(s, CHILD, LIST, LG_REF_ATTR);
	for (uint32_t i = 0; i < 2 * ITEMS; i++) {
		sketch_refer(s, i < ITEMS ? PLAIN : LIST, FIRST_ITEM + i, LG_REF_ITEM);
		sketch_size(s, FIRST_ITEM + i, 20000);
	}
	c = open_and_compare(s);
	cr_is(c.dominators->retained_bytes[PLAIN], 20 * MEGABYTE + 16);
	cr_is(c.dominators->retained_bytes[LIST], 20 * MEGABYTE + 16);
	cr_is(c.dominators->retained_bytes[CHILD], 20 * MEGABYTE + 32);
	cr_is(c.dominators->retained_bytes[PARENT], 20 * MEGABYTE + 48);
	check_close(&c);
}

Test(shapes, what_no_root_reaches)
{
	struct sketch *s = sketch_new(6, 5);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 2, 3, LG_REF_ATTR);
	sketch_refer(s, 3, 2, LG_REF_ATTR);
	sketch_refer(s, 3, 1, LG_REF_ATTR);
	sketch_refer(s, 4, 5, LG_REF_ATTR);
	c = open_and_compare(s);
	cr_is(c.dominators->reached_count, 2);
	for (uint32_t v = 2; v < 6; v++) {
		cr_is(c.dominators->immediate[v], LG_NONE);
		cr_is(c.dominators->position[v], LG_NONE);
		cr_is(c.dominators->retained_bytes[v], 0);
	}
	cr_is(c.dominators->retained_bytes[0], 16);
	check_close(&c);
}

/* One holder, many leaves and many empty lists. */
Test(shapes, star)
{
	enum { ARMS = 100000 };
	struct sketch *s = sketch_new(2 + ARMS, 2 + ARMS / 2);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	for (uint32_t i = 0; i < ARMS; i++)
		sketch_refer(s, 1, 2 + i, LG_REF_ITEM);
	c = open_sketch(s);
	for (uint32_t i = 0; i < ARMS; i++)
		cr_is(c.dominators->immediate[2 + i], 1);
	cr_is(c.dominators->retained_bytes[1], 16 * (ARMS + 1));
	check_against_igraph(&c, 0);
	check_close(&c);
}

/* A linked list of a million nodes, both ways, with a payload each: no recursion anywhere. */
Test(shapes, list_of_a_million, .timeout = 120)
{
	enum { LENGTH = 1000000 };
	struct sketch *s = sketch_new(1 + 2 * LENGTH, 1 + LENGTH);
	struct checked c;
	uint64_t bytes = 0;
	uint32_t middle = LENGTH / 2;

	sketch_root(s, 1, LG_ROOT_OTHER);
	for (uint32_t i = 1; i <= LENGTH; i++) {
		if (i < LENGTH)
			sketch_refer(s, i, i + 1, LG_REF_ATTR);
		if (i > 1)
			sketch_refer(s, i, i - 1, LG_REF_ATTR);
		sketch_refer(s, i, LENGTH + i, LG_REF_ATTR);
	}
	c = open_sketch(s);
	cr_is(c.dominators->reached_count, 1 + 2 * LENGTH);
	cr_is(c.dominators->immediate[LENGTH], LENGTH - 1);
	cr_is(c.dominators->immediate[2 * LENGTH], LENGTH);
	cr_is(c.dominators->retained_bytes[middle], UINT64_C(32) * (LENGTH - middle + 1));
	cr_is(c.shortest->distance[2 * LENGTH], LENGTH + 1);
	cr_assert(lg_set_retained(c.graph, &middle, 1, &bytes, &c.error) == LG_OK);
	cr_is(bytes, c.dominators->retained_bytes[middle]);
	check_against_igraph(&c, 0);
	check_close(&c);
}

/* [[[...]]], 100,000 deep, and a reference from the innermost to the outermost. */
Test(shapes, lists_nested_100000_deep)
{
	enum { DEPTH = 100000 };
	struct sketch *s = sketch_new(2 + DEPTH, 2 + DEPTH);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	for (uint32_t i = 1; i <= DEPTH; i++)
		sketch_refer(s, i, i + 1, LG_REF_ITEM);
	sketch_refer(s, DEPTH + 1, 1, LG_REF_ITEM);
	sketch_refer(s, DEPTH + 1, DEPTH / 2, LG_REF_ITEM);
	c = open_and_compare(s);
	cr_is(c.dominators->immediate[DEPTH + 1], DEPTH);
	cr_is(c.dominators->retained_bytes[2], UINT64_C(16) * DEPTH);
	check_close(&c);
}

/* Each refers to each. */
Test(shapes, dense_cycles)
{
	enum { NODES = 300 };
	struct sketch *s = sketch_new(2 + NODES, 2 + NODES);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 2, LG_REF_ATTR);
	for (uint32_t i = 0; i < NODES; i++)
		for (uint32_t k = 0; k < NODES; k++)
			sketch_refer(s, 2 + i, 2 + k, LG_REF_ATTR);
	c = open_and_compare(s);
	for (uint32_t i = 1; i < NODES; i++)
		cr_is(c.dominators->immediate[2 + i], 2);
	cr_is(c.dominators->retained_bytes[2], 16 * NODES);
	check_close(&c);
}

/* A ring with chords at random and two ways in: one strongly connected component of all. */
Test(shapes, giant_component, .timeout = 120)
{
	enum { NODES = 200000 };
	struct sketch *s = sketch_new(1 + NODES, 1 + NODES);
	struct dice dice = dice_new(7);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_root(s, NODES / 3, LG_ROOT_OTHER);
	for (uint32_t i = 0; i < NODES; i++) {
		sketch_refer(s, 1 + i, 1 + (i + 1) % NODES, LG_REF_ATTR);
		if (i % 3 == 0)
			sketch_refer(s, 1 + i, 1 + dice_below(&dice, NODES), LG_REF_ATTR);
	}
	c = open_sketch(s);
	check_against_igraph(&c, 0);
	check_tree(&c, 0);
	check_close(&c);
}

/* Multiple references count once for dominance, and each for referrers. */
Test(shapes, one_object_many_times)
{
	struct sketch *s = sketch_new(3, 2);
	struct checked c;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_root(s, 1, LG_ROOT_THREAD);
	for (int i = 0; i < 1000; i++)
		sketch_refer(s, 1, 2, LG_REF_ITEM);
	c = open_and_compare(s);
	cr_is(c.graph->inner_first[1], 1);
	cr_is(c.referrers->first[3] - c.referrers->first[2], 1000);
	cr_is(c.dominators->retained_bytes[1], 32);
	check_close(&c);
}

/* A leaf and a thread may be roots; a leaf that is a root and is held is the root's. */
Test(shapes, roots_of_all_kinds)
{
	enum { THREAD = 1, FRAME, LEAF, HELD };
	struct sketch *s = sketch_new(5, 3);
	struct checked c;

	sketch_root(s, THREAD, LG_ROOT_THREAD);
	sketch_root(s, LEAF, LG_ROOT_C_CODE);
	sketch_refer(s, THREAD, FRAME, LG_REF_FRAME);
	sketch_refer(s, FRAME, HELD, LG_REF_LOCAL);
	sketch_refer(s, FRAME, LEAF, LG_REF_LOCAL);
	c = open_and_compare(s);
	cr_is(c.dominators->immediate[LEAF], 0);
	cr_is(c.dominators->immediate[HELD], FRAME);
	cr_is(c.dominators->immediate[FRAME], THREAD);
	check_close(&c);
}
