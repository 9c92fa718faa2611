/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * What is handed out, from places to nodes. In the order of the whole tree a
 * node's leaves stand right behind it, before the inner nodes it dominates; so
 * positions and retained sizes are running sums over places, and a subtree is
 * the difference of two of them.
 */

#define AHEAD 16

/* By place; one more at the end holds the totals. */
struct share {
	uint64_t bytes;    /* of all before */
	uint32_t position;
	uint32_t next;     /* first a count of leaves, then the position of the next leaf */
};

static void add_leaves(const struct lg_run *run, struct share *share)
{
	const uint64_t *shallow = run->graph->snapshot->shallow_bytes;
	const uint32_t *dominator = run->result->immediate;

	for (uint32_t leaf = run->graph->inner_count; leaf < run->graph->node_count; leaf++) {
		struct share *s = &share[dominator[leaf]];

		s->bytes += shallow[leaf];
		s->next++;
	}
}

static void add_folded(const struct lg_run *run, struct share *share)
{
	const struct lg_graph *graph = run->graph;

	for (uint32_t i = 0; i < graph->folded_count; i++) {
		uint32_t place = run->result->position[graph->representative[i]];

		share[place].bytes += graph->snapshot->shallow_bytes[graph->folded[i]];
	}
}

static void sum(const struct lg_run *run, struct share *share)
{
	const uint64_t *shallow = run->graph->snapshot->shallow_bytes;
	uint64_t bytes = 0;
	uint32_t position = 0;

	for (uint32_t p = LG_ROOT_NUMBER; p <= run->reached; p++) {
		uint64_t own = share[p].bytes + shallow[run->node_of_place[p]];
		uint32_t leaves = share[p].next;

		if (run->reached - p >= AHEAD)
			__builtin_prefetch(&shallow[run->node_of_place[p + AHEAD]]);
		share[p] = (struct share){bytes, position, position + 1};
		bytes += own;
		position += 1 + leaves;
	}
	share[run->reached + 1] = (struct share){bytes, position, 0};
	run->result->reached_count = position;
}

static void put_unreached(struct lg_dominators *d, uint32_t node)
{
	d->immediate[node] = LG_NONE;
	d->position[node] = LG_NONE;
	d->subtree[node] = 0;
	d->retained_bytes[node] = 0;
}

static void put_inner(const struct lg_run *run, const struct share *share)
{
	struct lg_dominators *d = run->result;

	for (uint32_t v = 0; v < run->graph->inner_count; v++)
		if (d->position[v] == 0)
			put_unreached(d, v);
	for (uint32_t p = LG_ROOT_NUMBER; p <= run->reached; p++) {
		uint32_t v = run->node_of_place[p];
		const struct share *own = &share[p], *end = &share[p + run->place[p].count];

		d->immediate[v] = run->node_of_place[run->place[p].dominator];
		d->position[v] = own->position;
		d->subtree[v] = end->position - own->position;
		d->retained_bytes[v] = end->bytes - own->bytes;
		d->order[own->position] = v;
	}
}

static void put_leaves(const struct lg_run *run, struct share *share)
{
	struct lg_dominators *d = run->result;
	const uint64_t *shallow = run->graph->snapshot->shallow_bytes;

	for (uint32_t leaf = run->graph->inner_count; leaf < d->node_count; leaf++) {
		uint32_t place = d->immediate[leaf], position;

		if (place == 0) {
			put_unreached(d, leaf);
			continue;
		}
		position = share[place].next++;
		d->immediate[leaf] = run->node_of_place[place];
		d->position[leaf] = position;
		d->subtree[leaf] = 1;
		d->retained_bytes[leaf] = shallow[leaf];
		d->order[position] = leaf;
	}
}

enum lg_status lg_run_result(struct lg_run *run, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) struct share *share = NULL;
	struct lg_dominators *d = run->result;
	enum lg_status status;

	status = lg_pages_take(share, (size_t)run->reached + 2, "sums over the dominator tree", err);
	if (status != LG_OK)
		return status;
	add_leaves(run, share);
	add_folded(run, share);
	sum(run, share);
	status = lg_pages_take(d->subtree, d->node_count, "subtree counts", err);
	if (status == LG_OK)
		status = lg_pages_take(d->order, d->reached_count, "the order of the tree", err);
	if (status != LG_OK)
		return status;
	put_inner(run, share);
	put_leaves(run, share);
	return LG_OK;
}
