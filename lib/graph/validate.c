/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/validate.h"

#include <stdatomic.h>

#include "base/bounds.h"
#include "base/parallel.h"

#define NODES_A_TASK 65536u

static enum lg_status out_of_range(struct lg_error *err, const char *column, uint64_t position,
				   uint64_t value)
{
	return lg_fail(err, LG_E_UNREADABLE, "%s[%lu] is %lu, which is not valid there", column,
		       position, value);
}

static enum lg_status check_rows(const char *column, const uint32_t *first, uint32_t rows,
				 struct lg_error *err)
{
	uint64_t i = lg_first_descent(first, rows);

	if (first[0] != 0)
		return out_of_range(err, column, 0, first[0]);
	return i == rows ? LG_OK : out_of_range(err, column, i + 1, first[i + 1]);
}

enum lg_status lg_graph_validate(const struct lg_graph *graph, struct lg_error *err)
{
	uint32_t inner = graph->inner_count, nodes = graph->node_count;
	enum lg_status status = check_rows("graph.inner_first", graph->inner_first, inner, err);
	uint64_t i, count = graph->inner_first[inner];

	if (status == LG_OK)
		status = check_rows("graph.leaf_first", graph->leaf_first, inner, err);
	if (status != LG_OK)
		return status;
	i = lg_first_no_object(graph->inner_target, count, inner);
	if (i != count)
		return out_of_range(err, "graph.inner_target", i, graph->inner_target[i]);
	count = graph->leaf_first[inner];
	for (i = 0; i < count && graph->leaf_target[i] >= inner; i++)
		;
	if (i == count)
		i = lg_first_at_least_u32(graph->leaf_target, count, nodes);
	if (i != count)
		return out_of_range(err, "graph.leaf_target", i, graph->leaf_target[i]);
	return LG_OK;
}

enum lg_status lg_folded_validate(const struct lg_graph *graph, struct lg_error *err)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < graph->folded_count; i++) {
		if (graph->folded[i] <= before || graph->folded[i] >= graph->node_count)
			return out_of_range(err, "graph.folded", i, graph->folded[i]);
		if (graph->representative[i] == 0 || graph->representative[i] >= graph->inner_count)
			return out_of_range(err, "graph.representative", i, graph->representative[i]);
		before = graph->folded[i];
	}
	return LG_OK;
}

/* ---- trees, a range of nodes at a time ---- */

/* Is v fit? Asked of all, so that it is found fast that all are, and again to find the one that is not. */
struct dominators_check {
	const struct lg_dominators *d;
	uint32_t inner_count;
	_Atomic uint32_t reached;
};

/* What is said side by side, in loops that the compiler turns into vector code. */
static bool columns_fit(const struct dominators_check *check, uint32_t first, uint32_t end)
{
	const struct lg_dominators *d = check->d;
	const uint32_t *immediate = d->immediate, *position = d->position, *subtree = d->subtree;
	uint32_t reached = d->reached_count, inner = check->inner_count, bad = 0;
	uint64_t most = d->retained_bytes[0], signs = 0;

	for (uint32_t v = first; v < end; v++) {
		uint32_t p = position[v];
		bool here = (p < reached) & (subtree[v] - 1 < reached - p) & (immediate[v] < inner);
		bool nowhere = ((p & immediate[v]) == LG_NONE) & (subtree[v] == 0);

		bad |= !(here | nowhere);
	}
	for (uint32_t v = first; v < end; v++)
		signs |= d->retained_bytes[v] | (most - d->retained_bytes[v]);
	return !bad && signs >> 63 == 0;
}

/*
 * Of nodes whose columns fit: each stands in the order at its own place, and
 * its interval is a part of its dominator's, behind the dominator itself. Adds
 * how many are reached: where those are as many as there are places, no place is
 * anybody else's.
 */
static bool places_fit(struct dominators_check *check, uint32_t first, uint32_t end)
{
	const struct lg_dominators *d = check->d;
	const uint32_t *position = d->position;
	uint32_t bad = 0, reached = 0;

	for (uint32_t v = first; v < end; v++) {
		uint32_t p = position[v], above = d->immediate[v];

		if (p == LG_NONE)
			continue;
		reached++;
		bad |= d->order[p] != v;
		bad |= position[above] >= p && v != 0;
		bad |= p + (uint64_t)d->subtree[v] > position[above] + (uint64_t)d->subtree[above];
	}
	atomic_fetch_add(&check->reached, reached);
	return !bad;
}

static enum lg_status check_dominators_of(void *context, unsigned worker, uint64_t index,
					  struct lg_error *err)
{
	struct dominators_check *check = context;
	uint32_t first = (uint32_t)index * NODES_A_TASK, nodes = check->d->node_count;
	uint32_t end = nodes - first < NODES_A_TASK ? nodes : first + NODES_A_TASK;

	(void)worker;
	if (columns_fit(check, first, end) && places_fit(check, first, end))
		return LG_OK;
	while (columns_fit(check, first, first + 1) && places_fit(check, first, first + 1))
		first++;
	return out_of_range(err, "dominators.immediate", first, check->d->immediate[first]);
}

static uint64_t tasks(uint32_t nodes)
{
	return ((uint64_t)nodes + NODES_A_TASK - 1) / NODES_A_TASK;
}

enum lg_status lg_dominators_validate(const struct lg_graph *graph,
				      const struct lg_dominators *dominators, struct lg_error *err)
{
	const struct lg_dominators *d = dominators;
	struct dominators_check check = {.d = d, .inner_count = graph->inner_count};
	enum lg_status status;

	if (d->reached_count == 0 || d->reached_count > d->node_count)
		return out_of_range(err, "dominators.reached", 0, d->reached_count);
	if (d->retained_bytes[0] > INT64_MAX)
		return out_of_range(err, "dominators.retained_bytes", 0, d->retained_bytes[0]);
	if (d->immediate[0] != 0 || d->position[0] != 0 || d->subtree[0] != d->reached_count)
		return out_of_range(err, "dominators.immediate", 0, d->immediate[0]);
	status = lg_parallel_for(tasks(d->node_count), check_dominators_of, &check, err);
	if (status == LG_OK && check.reached != d->reached_count)
		return out_of_range(err, "dominators.reached", 0, check.reached);
	return status;
}

struct shortest_check {
	const struct lg_shortest *shortest;
	uint32_t inner_count;
};

/*
 * Is each one's parent a step nearer? Then whoever climbs comes to an end, also
 * where it is no root.
 */
static bool parents_fit(const struct shortest_check *check, uint32_t first, uint32_t end)
{
	const uint32_t *parent = check->shortest->parent, *distance = check->shortest->distance;
	uint32_t inner = check->inner_count, bad = 0;

	for (uint32_t v = first; v < end; v++)
		if (parent[v] == LG_NONE)
			bad |= distance[v] != LG_NONE && v != 0;
		else
			bad |= parent[v] >= inner || distance[parent[v]] != distance[v] - 1;
	return !bad;
}

static enum lg_status check_shortest_of(void *context, unsigned worker, uint64_t index,
					struct lg_error *err)
{
	const struct shortest_check *check = context;
	uint32_t first = (uint32_t)index * NODES_A_TASK, nodes = check->shortest->node_count;
	uint32_t end = nodes - first < NODES_A_TASK ? nodes : first + NODES_A_TASK;

	(void)worker;
	if (parents_fit(check, first, end))
		return LG_OK;
	while (parents_fit(check, first, first + 1))
		first++;
	return out_of_range(err, "shortest.parent", first, check->shortest->parent[first]);
}

enum lg_status lg_shortest_validate(const struct lg_graph *graph,
				    const struct lg_shortest *shortest, struct lg_error *err)
{
	struct shortest_check check = {shortest, graph->inner_count};

	if (shortest->distance[0] != 0 || shortest->parent[0] != LG_NONE)
		return out_of_range(err, "shortest.distance", 0, shortest->distance[0]);
	return lg_parallel_for(tasks(shortest->node_count), check_shortest_of, &check, err);
}
