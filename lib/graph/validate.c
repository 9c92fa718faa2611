/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/validate.h"

#include "base/bounds.h"
#include "base/parallel.h"

#define NODES_A_TASK 65536u
#define AHEAD 16

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

struct dominators_check {
	const struct lg_graph *graph;
	const struct lg_dominators *d;
};

static bool is_unreached(const struct lg_dominators *d, uint32_t v)
{
	return (d->immediate[v] == LG_NONE) & (d->position[v] == LG_NONE) & (d->subtree[v] == 0);
}

/* Is the interval of v a part of its dominator's, behind the dominator itself? */
static bool is_nested(const struct dominators_check *check, uint32_t v)
{
	const struct lg_dominators *d = check->d;
	uint32_t above = d->immediate[v], position = d->position[v], subtree = d->subtree[v];

	if (above >= check->graph->inner_count || position >= d->reached_count || subtree == 0 ||
	    d->order[position] != v || d->retained_bytes[v] > d->retained_bytes[0])
		return false;
	if (v == 0)
		return above == 0 && position == 0 && subtree == d->reached_count;
	return d->position[above] < position &&
	       (uint64_t)position + subtree <= (uint64_t)d->position[above] + d->subtree[above];
}

static enum lg_status check_dominators_of(void *context, unsigned worker, uint64_t index,
					  struct lg_error *err)
{
	const struct dominators_check *check = context;
	const struct lg_dominators *d = check->d;
	uint32_t first = (uint32_t)index * NODES_A_TASK, nodes = d->node_count;
	uint32_t end = nodes - first < NODES_A_TASK ? nodes : first + NODES_A_TASK;

	(void)worker;
	for (uint32_t v = first; v < end; v++) {
		uint32_t next = v + AHEAD < end ? v + AHEAD : v;

		if (d->position[next] < d->reached_count && d->immediate[next] < nodes) {
			__builtin_prefetch(&d->order[d->position[next]]);
			__builtin_prefetch(&d->position[d->immediate[next]]);
			__builtin_prefetch(&d->subtree[d->immediate[next]]);
		}
		if (!is_nested(check, v) && (v == 0 || !is_unreached(d, v)))
			return out_of_range(err, "dominators.immediate", v, d->immediate[v]);
	}
	return LG_OK;
}

static uint64_t tasks(uint32_t nodes)
{
	return ((uint64_t)nodes + NODES_A_TASK - 1) / NODES_A_TASK;
}

enum lg_status lg_dominators_validate(const struct lg_graph *graph,
				      const struct lg_dominators *dominators, struct lg_error *err)
{
	struct dominators_check check = {graph, dominators};
	uint64_t i;

	if (dominators->reached_count == 0 || dominators->reached_count > dominators->node_count)
		return out_of_range(err, "dominators.reached", 0, dominators->reached_count);
	if (dominators->retained_bytes[0] > INT64_MAX)
		return out_of_range(err, "dominators.retained_bytes", 0, dominators->retained_bytes[0]);
	i = lg_first_at_least_u32(dominators->order, dominators->reached_count,
				  dominators->node_count);
	if (i != dominators->reached_count)
		return out_of_range(err, "dominators.order", i, dominators->order[i]);
	return lg_parallel_for(tasks(dominators->node_count), check_dominators_of, &check, err);
}

struct shortest_check {
	const struct lg_graph *graph;
	const struct lg_shortest *shortest;
};

static bool is_nearer(const struct shortest_check *check, uint32_t v)
{
	const struct lg_shortest *s = check->shortest;
	uint32_t parent = s->parent[v];

	if (parent == LG_NONE)
		return v == 0 || s->distance[v] == LG_NONE;
	return parent < check->graph->inner_count && s->distance[v] != LG_NONE &&
	       s->distance[parent] == s->distance[v] - 1;
}

static enum lg_status check_shortest_of(void *context, unsigned worker, uint64_t index,
					struct lg_error *err)
{
	const struct shortest_check *check = context;
	const struct lg_shortest *s = check->shortest;
	uint32_t first = (uint32_t)index * NODES_A_TASK, nodes = s->node_count;
	uint32_t end = nodes - first < NODES_A_TASK ? nodes : first + NODES_A_TASK;

	(void)worker;
	for (uint32_t v = first; v < end; v++) {
		uint32_t next = v + AHEAD < end ? s->parent[v + AHEAD] : 0;

		if (next < nodes)
			__builtin_prefetch(&s->distance[next]);
		if (!is_nearer(check, v))
			return out_of_range(err, "shortest.parent", v, s->parent[v]);
	}
	return LG_OK;
}

enum lg_status lg_shortest_validate(const struct lg_graph *graph,
				    const struct lg_shortest *shortest, struct lg_error *err)
{
	struct shortest_check check = {graph, shortest};

	if (shortest->distance[0] != 0)
		return out_of_range(err, "shortest.distance", 0, shortest->distance[0]);
	return lg_parallel_for(tasks(shortest->node_count), check_shortest_of, &check, err);
}
