/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/sweep.h"

struct members {
	uint64_t *is; /* a bit for each node */
	uint32_t *met; /* by the first search */
	uint32_t met_count;
};

static enum lg_status mark_members(const struct lg_graph *graph, uint64_t *is,
				   const uint32_t *nodes, uint32_t count, struct lg_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		if (nodes[i] >= graph->node_count)
			return lg_fail(err, LG_E_USAGE, "node %u of a set: the graph has %u nodes",
				       nodes[i], graph->node_count);
		lg_bit_set(is, lg_graph_node(graph, nodes[i]));
	}
	return LG_OK;
}

/* A member is noted once, and not looked into. */
static inline void meet(struct lg_sweep *s, struct members *m, uint32_t node)
{
	if (!lg_bit_get(m->is, node)) {
		lg_sweep_reach(s, node);
	} else if (!lg_bit_get(s->seen, node)) {
		lg_bit_set(s->seen, node);
		m->met[m->met_count++] = node;
	}
}

static void search_around(struct lg_sweep *s, struct members *m)
{
	const struct lg_graph *graph = s->graph;

	meet(s, m, 0);
	while (s->depth) {
		uint32_t v = s->stack[--s->depth];

		for (uint32_t e = graph->inner_first[v]; e < graph->inner_first[v + 1]; e++)
			meet(s, m, graph->inner_target[e]);
		for (uint32_t e = graph->leaf_first[v]; e < graph->leaf_first[v + 1]; e++)
			meet(s, m, graph->leaf_target[e]);
	}
	for (uint32_t i = 0; i < m->met_count; i++)
		lg_bit_clear(s->seen, m->met[i]);
}

/* What goes with the set is what the sweep has lost. */
static enum lg_status lose(const struct lg_graph *graph, const uint32_t *nodes, uint32_t count,
			   struct lg_sweep *sweep, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) uint64_t *is = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *met = NULL;
	struct members members;
	enum lg_status status = lg_sweep_make(graph, sweep, err);

	if (status == LG_OK)
		status = lg_pages_take(is, lg_bit_words(graph->node_count), "marks of a set", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(met, count, "members of a set", err);
	if (status == LG_OK)
		status = mark_members(graph, is, nodes, count, err);
	if (status != LG_OK)
		return status;
	members = (struct members){is, met, 0};
	search_around(sweep, &members);
	lg_sweep_turn(sweep);
	for (uint32_t i = 0; i < members.met_count; i++)
		lg_sweep_reach(sweep, met[i]);
	lg_sweep_drain(sweep);
	return LG_OK;
}

enum lg_status lg_set_retained(const struct lg_graph *graph, const uint32_t *nodes, uint32_t count,
			       uint64_t *out_bytes, struct lg_error *err)
{
	lg_cleanup(lg_sweep_release) struct lg_sweep sweep = {0};
	enum lg_status status = lose(graph, nodes, count, &sweep, err);

	*out_bytes = status == LG_OK ? lg_sweep_lost(&sweep).bytes : 0;
	return status;
}

enum lg_status lg_set_retained_nodes(const struct lg_graph *graph, const uint32_t *nodes,
				     uint32_t count, uint32_t **out, uint32_t *out_count,
				     struct lg_error *err)
{
	lg_cleanup(lg_sweep_release) struct lg_sweep sweep = {0};
	enum lg_status status = lose(graph, nodes, count, &sweep, err);

	*out = NULL;
	*out_count = 0;
	if (status != LG_OK)
		return status;
	*out_count = lg_sweep_lost(&sweep).objects;
	*out = lg_alloc(*out_count, sizeof **out);
	if (!*out)
		return lg_fail(err, LG_E_MEMORY, "no memory for a set of %u objects", *out_count);
	lg_sweep_list(&sweep, *out);
	return LG_OK;
}
