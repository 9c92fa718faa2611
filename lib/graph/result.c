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
	uint64_t bytes;    /* first what leaves add; then of all before */
	uint32_t position; /* first a count of leaves; then the position; then its last leaf's */
	uint32_t node;
};

static void add_leaves(const struct lg_run *run, struct share *share)
{
	const uint64_t *shallow = run->graph->snapshot->shallow_bytes;
	const uint32_t *dominator = run->result->immediate;
	uint32_t nodes = run->graph->node_count;

	for (uint32_t leaf = run->graph->inner_count; leaf < nodes; leaf++) {
		struct share *s = &share[dominator[leaf]];

		if (nodes - leaf > AHEAD)
			__builtin_prefetch(&share[dominator[leaf + AHEAD]], 1);
		s->bytes += shallow[leaf];
		s->position++;
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
	const uint32_t *node_of_place = run->node_of_place;
	uint32_t position = 0, reached = run->reached;
	uint64_t bytes = 0;

	for (uint32_t p = LG_ROOT_NUMBER; p <= reached; p++) {
		uint32_t node = node_of_place[p], leaves = share[p].position;
		uint64_t own = share[p].bytes + shallow[node];

		if (reached - p >= AHEAD)
			__builtin_prefetch(&shallow[node_of_place[p + AHEAD]]);
		share[p] = (struct share){bytes, position, node};
		bytes += own;
		position += 1 + leaves;
	}
	share[reached + 1] = (struct share){bytes, position, 0};
	run->result->reached_count = position;
}

static void put_unreached(struct lg_dominators *d, uint32_t node)
{
	d->immediate[node] = LG_NONE;
	d->position[node] = LG_NONE;
	d->subtree[node] = 0;
	d->retained_bytes[node] = 0;
}

/* position is a place and subtree a count of inner nodes until then. */
static void put_inner(const struct lg_run *run, const struct share *share)
{
	struct lg_dominators *d = run->result;
	uint32_t *position = d->position, *subtree = d->subtree, *order = d->order;
	uint64_t *retained_bytes = d->retained_bytes;
	uint32_t inner = run->graph->inner_count;

	for (uint32_t v = 0; v < inner; v++) {
		const struct share *own = &share[position[v]], *end = own + subtree[v];

		if (inner - v > AHEAD) {
			__builtin_prefetch(&share[position[v + AHEAD]]);
			__builtin_prefetch(&share[position[v + AHEAD] + subtree[v + AHEAD]]);
		}
		if (position[v] == 0) {
			put_unreached(d, v);
			continue;
		}
		position[v] = own->position;
		subtree[v] = end->position - own->position;
		retained_bytes[v] = end->bytes - own->bytes;
		order[own->position] = v;
	}
}

static void put_leaves(const struct lg_run *run, struct share *share)
{
	struct lg_dominators *d = run->result;
	const uint64_t *shallow = run->graph->snapshot->shallow_bytes;
	uint32_t *position = d->position, *immediate = d->immediate, *order = d->order;
	uint32_t *subtree = d->subtree;
	uint64_t *retained_bytes = d->retained_bytes;

	for (uint32_t leaf = run->graph->inner_count; leaf < d->node_count; leaf++) {
		struct share *s = &share[immediate[leaf]];

		if (d->node_count - leaf > AHEAD)
			__builtin_prefetch(&share[immediate[leaf + AHEAD]], 1);
		if (immediate[leaf] == 0) {
			put_unreached(d, leaf);
			continue;
		}
		immediate[leaf] = s->node;
		position[leaf] = ++s->position;
		subtree[leaf] = 1;
		retained_bytes[leaf] = shallow[leaf];
		order[s->position] = leaf;
	}
}

enum lg_status lg_run_result(struct lg_run *run, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) struct share *share = NULL;
	struct lg_dominators *d = run->result;
	enum lg_status status;

	lg_pages_free(lg_take(run->place));
	status =
		lg_pages_take(share, (size_t)run->reached + 2, "sums over the dominator tree", err);
	if (status != LG_OK)
		return status;
	add_leaves(run, share);
	add_folded(run, share);
	sum(run, share);
	lg_pages_free(lg_take(run->node_of_place));
	status = lg_pages_take_dirty(d->order, d->reached_count, "the order of the tree", err);
	if (status != LG_OK)
		return status;
	put_inner(run, share);
	put_leaves(run, share);
	return LG_OK;
}
