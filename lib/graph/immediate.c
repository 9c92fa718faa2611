/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * Semi-NCA: the immediate dominator of a node is the nearest ancestor of its
 * parent, in the dominator tree built so far, whose number is not above its
 * semidominator (Georgiadis, Tarjan, Werneck, "Finding Dominators in
 * Practice", 2006).
 *
 * Climbing step by step is quadratic where two long lists share their items.
 * So the steps are counted, and once they exceed the budget the rest is done
 * with jump pointers, in O(log depth) a node.
 */

/* Returns the first node not done. */
static uint32_t climb(struct lg_run *run)
{
	const struct lg_tree_link *link = run->link;
	uint32_t *dominator = run->dominator;
	uint64_t steps = 0, budget = run->tuning.inner_steps * run->reached;
	uint32_t w = LG_ROOT_NUMBER + 1;

	for (; w <= run->reached; w++) {
		uint32_t up = link[w].parent, semi = link[w].semi;

		while (up > semi && steps < budget) {
			up = dominator[up];
			steps++;
		}
		if (up > semi)
			break;
		dominator[w] = up;
	}
	run->work.inner_steps = steps;
	return w;
}

static uint32_t jump_to(const struct lg_jump *jump, const uint32_t *dominator, uint32_t up,
			uint32_t semi, uint64_t *steps)
{
	while (up > semi) {
		up = jump[up].far > semi ? jump[up].far : dominator[up];
		++*steps;
	}
	return up;
}

static enum lg_status jump_from(struct lg_run *run, uint32_t start, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) struct lg_jump *jump = NULL;
	uint32_t *dominator = run->dominator;
	enum lg_status status;

	status = lg_pages_take_dirty(jump, (size_t)run->reached + 1, "jump pointers", err);
	if (status != LG_OK)
		return status;
	jump[LG_ROOT_NUMBER] = (struct lg_jump){0, LG_ROOT_NUMBER};
	for (uint32_t w = LG_ROOT_NUMBER + 1; w <= run->reached; w++) {
		if (w >= start)
			dominator[w] = jump_to(jump, dominator, run->link[w].parent,
					       run->link[w].semi, &run->work.inner_steps);
		lg_jump_add(jump, w, dominator[w]);
	}
	run->work.inner_jumps = true;
	return LG_OK;
}

enum lg_status lg_run_immediate(struct lg_run *run, struct lg_error *err)
{
	enum lg_status status;
	uint32_t start;

	status = lg_pages_take_dirty(run->dominator, (size_t)run->reached + 1,
				     "immediate dominators", err);
	if (status != LG_OK)
		return status;
	start = climb(run);
	if (start <= run->reached)
		status = jump_from(run, start, err);
	lg_pages_free(lg_take(run->link));
	return status;
}
