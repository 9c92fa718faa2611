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

/* By number; together, since they are asked for together. */
struct entry {
	uint32_t place;
	uint32_t count;
	uint32_t dominator; /* as a node */
	uint32_t next;      /* the first free place in the interval, behind what children took */
};

static void count_subtrees(const struct lg_run *run, struct entry *entry)
{
	const uint32_t *dominator = run->dominator;

	for (uint32_t w = run->reached; w > LG_ROOT_NUMBER; w--) {
		entry[w].count++;
		entry[dominator[w]].count += entry[w].count;
	}
	entry[LG_ROOT_NUMBER].count++;
}

static void assign_places(const struct lg_run *run, struct entry *entry)
{
	struct lg_place *place = run->place;
	uint32_t *node_of_place = run->node_of_place;

	entry[LG_ROOT_NUMBER].place = LG_ROOT_NUMBER;
	entry[LG_ROOT_NUMBER].next = LG_ROOT_NUMBER + 1;
	node_of_place[LG_ROOT_NUMBER] = 0;
	place[LG_ROOT_NUMBER] = (struct lg_place){0, entry[LG_ROOT_NUMBER].count};
	for (uint32_t w = LG_ROOT_NUMBER + 1; w <= run->reached; w++) {
		uint32_t dominator = run->dominator[w];
		struct entry *own = &entry[w], *up = &entry[dominator];

		own->place = up->next;
		own->next = own->place + 1;
		up->next += own->count;
		own->dominator = run->node_of_number[dominator];
		place[own->place] = (struct lg_place){up->place, own->count};
		node_of_place[own->place] = run->node_of_number[w];
	}
}

/* Node by node, so that what is written is written in order. */
static void put_nodes(const struct lg_run *run, const struct entry *entry)
{
	struct lg_dominators *d = run->result;
	const struct lg_slot *slot = run->slot;
	uint32_t *position = d->position, *immediate = d->immediate, *subtree = d->subtree;

	for (uint32_t v = 0; v < run->graph->inner_count; v++) {
		const struct entry *own = &entry[slot[v].number & ~LG_SLOT_PINNED];

		position[v] = own->place;
		immediate[v] = own->dominator;
		subtree[v] = own->count;
	}
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
	status = lg_pages_take_dirty(d->position, nodes, "positions in the dominator tree", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(d->immediate, nodes, "immediate dominators", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(d->subtree, nodes, "subtree counts", err);
	return status;
}

enum lg_status lg_run_tree(struct lg_run *run, struct lg_error *err)
{
	size_t numbers = (size_t)run->reached + 1;
	lg_cleanup(lg_pages_drop) struct entry *entry = NULL;
	enum lg_status status;

	status = lg_pages_take(entry, numbers, "subtree counts", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(run->place, numbers, "the dominator tree", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(run->node_of_place, numbers, "the dominator tree",
					     err);
	if (status != LG_OK)
		return status;
	count_subtrees(run, entry);
	assign_places(run, entry);
	lg_pages_free(lg_take(run->dominator));
	lg_pages_free(lg_take(run->node_of_number));
	status = take_result(run, err);
	if (status != LG_OK)
		return status;
	put_nodes(run, entry);
	lg_pages_free(lg_take(run->slot));
	return LG_OK;
}
