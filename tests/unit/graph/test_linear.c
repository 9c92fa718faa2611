/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "check.h"
#include "graphs.h"

/*
 * Steps are counted, not timed: the same on each machine. On twins the
 * textbook's semi-NCA takes length^2 / 4 of them.
 */

static struct lg_dominators_work work_on(struct lg_snapshot *snapshot,
					 const struct lg_tuning *tuning)
{
	struct checked c = check_open(snapshot, tuning);
	struct lg_dominators_work work = c.work;

	cr_assert(c.graph != NULL, "%s", c.error.text);
	check_close(&c);
	return work;
}

static uint64_t steps(const struct lg_dominators_work *work)
{
	return work->inner_steps + work->leaf_steps + work->ancestor_steps + work->late_references;
}

static void compare(uint32_t length, const struct lg_tuning *tuning)
{
	struct lg_dominators_work once = work_on(twin_snapshot(length), tuning);
	struct lg_dominators_work twice = work_on(twin_snapshot(2 * length), tuning);

	cr_assert(once.inner_jumps && twice.inner_jumps, "twins need the fallback");
	cr_assert(steps(&once) < 100 * (uint64_t)length, "%lu steps for twins of %u",
		  (unsigned long)steps(&once), length);
	cr_assert(steps(&twice) * 10 <= steps(&once) * 26,
		  "%lu steps for twins, %lu for twice as long", (unsigned long)steps(&once),
		  (unsigned long)steps(&twice));
}

Test(linear, twins, .timeout = 120)
{
	compare(50000, &(struct lg_tuning){4, 4});
}

Test(linear, twins_by_jumps_alone, .timeout = 120)
{
	compare(50000, &(struct lg_tuning){0, 0});
}

Test(linear, twins_without_the_fallback_are_quadratic)
{
	static const struct lg_tuning endless = {UINT32_MAX, UINT32_MAX};
	struct lg_dominators_work work = work_on(twin_snapshot(2000), &endless);

	cr_assert(!work.inner_jumps && steps(&work) > 500000,
		  "only %lu steps: the case no longer shows what it should",
		  (unsigned long)steps(&work));
}

/* Both ends of a deep list refer to each leaf: their common ancestor is far from both. */
static struct lg_snapshot *far_leaves(uint32_t length)
{
	uint32_t first = 1, a = 2, b = a + length, leaf = b + length;
	struct sketch *s = sketch_new(leaf + length, leaf);

	sketch_root(s, first, LG_ROOT_OTHER);
	sketch_refer(s, first, a, LG_REF_ATTR);
	sketch_refer(s, first, b, LG_REF_ATTR);
	for (uint32_t i = 0; i < length; i++) {
		if (i + 1 < length) {
			sketch_refer(s, a + i, a + i + 1, LG_REF_ATTR);
			sketch_refer(s, b + i, b + i + 1, LG_REF_ATTR);
		}
		sketch_refer(s, a + i, leaf + i, LG_REF_ATTR);
		sketch_refer(s, b + i, leaf + i, LG_REF_ATTR);
	}
	return sketch_finish(s);
}

Test(linear, far_leaves, .timeout = 120)
{
	static const struct lg_tuning tuning = {4, 4};
	struct lg_dominators_work once = work_on(far_leaves(50000), &tuning);
	struct lg_dominators_work twice = work_on(far_leaves(100000), &tuning);

	cr_assert(once.leaf_jumps && twice.leaf_jumps, "far leaves need the fallback");
	cr_assert(steps(&twice) * 10 <= steps(&once) * 26,
		  "%lu steps for far leaves, %lu for twice as many", (unsigned long)steps(&once),
		  (unsigned long)steps(&twice));
}

Test(linear, both_ways_agree_with_igraph, .timeout = 120)
{
	for (uint64_t i = 0; i < 4; i++) {
		struct lg_tuning tuning = {i & 1 ? 4 : 0, i & 2 ? 4 : 0};
		struct checked twins = check_open(twin_snapshot(5000), &tuning);
		struct checked far = check_open(far_leaves(5000), &tuning);

		cr_assert(twins.graph && far.graph);
		check_against_igraph(&twins, i);
		check_tree(&twins, i);
		check_against_igraph(&far, i);
		check_tree(&far, i);
		check_close(&twins);
		check_close(&far);
	}
}
