/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * The preorder of the dominator tree. A dominator's number is below that of
 * what it dominates, so subtree counts are one descending pass, and places one
 * ascending pass that hands out the interval of each node to its children.
 */

static void count_subtrees(const struct lg_run *run, uint32_t *count)
{
	for (uint32_t w = run->reached; w > LG_ROOT_NUMBER; w--) {
		count[w]++;
		count[run->dominator[w]] += count[w];
	}
	count[LG_ROOT_NUMBER]++;
}

/* next[w]: the first free place in w's interval, behind what its children took. */
static void assign_places(const struct lg_run *run, const uint32_t *count, uint32_t *place,
			  uint32_t *next)
{
	place[LG_ROOT_NUMBER] = LG_ROOT_NUMBER;
	next[LG_ROOT_NUMBER] = LG_ROOT_NUMBER + 1;
	for (uint32_t w = LG_ROOT_NUMBER + 1; w <= run->reached; w++) {
		uint32_t *free_place = &next[run->dominator[w]];

		place[w] = *free_place;
		*free_place += count[w];
		next[w] = place[w] + 1;
	}
}

static void fill_places(struct lg_run *run, const uint32_t *count, const uint32_t *place)
{
	run->place[LG_ROOT_NUMBER] = (struct lg_place){0, count[LG_ROOT_NUMBER]};
	for (uint32_t w = LG_ROOT_NUMBER + 1; w <= run->reached; w++) {
		run->place[place[w]] = (struct lg_place){place[run->dominator[w]], count[w]};
		run->node_of_place[place[w]] = run->node_of_number[w];
	}
	for (uint32_t v = 0; v < run->graph->inner_count; v++)
		run->result->position[v] = place[run->slot[v].number];
}

static enum lg_status take_result(struct lg_run *run, struct lg_error *err)
{
	struct lg_dominators *d = lg_alloc_zero(1, sizeof *d);
	uint32_t nodes = run->graph->node_count;
	enum lg_status status;

	if (!d)
		return lg_fail(err, LG_E_MEMORY, "no memory for a tree: %zu bytes", sizeof *d);
	run->result = d;
	d->node_count = nodes;
	status = lg_pages_take(d->position, nodes, "positions in the dominator tree", err);
	return status;
}

enum lg_status lg_run_tree(struct lg_run *run, struct lg_error *err)
{
	size_t numbers = (size_t)run->reached + 1;
	lg_cleanup(lg_pages_drop) uint32_t *count = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *place = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *next = NULL;
	enum lg_status status = take_result(run, err);

	if (status == LG_OK)
		status = lg_pages_take(count, numbers, "subtree counts", err);
	if (status == LG_OK)
		status = lg_pages_take(place, numbers, "places in the dominator tree", err);
	if (status == LG_OK)
		status = lg_pages_take(next, numbers, "places in the dominator tree", err);
	if (status != LG_OK)
		return status;
	count_subtrees(run, count);
	assign_places(run, count, place, next);
	lg_pages_free(lg_take(next));
	status = lg_pages_take(run->place, numbers, "the dominator tree", err);
	if (status == LG_OK)
		status = lg_pages_take(run->node_of_place, numbers, "the dominator tree", err);
	if (status != LG_OK)
		return status;
	fill_places(run, count, place);
	lg_pages_free(lg_take(run->dominator));
	lg_pages_free(lg_take(run->node_of_number));
	lg_pages_free(lg_take(run->slot));
	return LG_OK;
}
