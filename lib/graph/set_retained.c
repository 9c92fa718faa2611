/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/fold.h"
#include "graph/pages.h"

/*
 * One search from the root that stops at members of the set but marks those it
 * meets; then a second one from these, into what the first did not reach. What
 * the second finds is what the set keeps: each node of it is reached through a
 * member and in no other way.
 */

struct sweep {
	const struct lg_graph *graph;
	uint64_t *seen; /* reached so far; a member when it is met */
	uint64_t *member;
	uint32_t *stack; /* inner nodes */
	uint32_t depth;
	uint32_t *met; /* members met by the first search */
	uint32_t met_count;
	uint64_t bytes;
};

static inline void visit(struct sweep *s, uint32_t node, bool first)
{
	if (lg_bit_get(s->seen, node))
		return;
	lg_bit_set(s->seen, node);
	if (first && lg_bit_get(s->member, node)) {
		s->met[s->met_count++] = node;
		return;
	}
	if (!first)
		s->bytes += s->graph->snapshot->shallow_bytes[node];
	if (node < s->graph->inner_count)
		s->stack[s->depth++] = node;
}

static void drain(struct sweep *s, bool first)
{
	const struct lg_graph *graph = s->graph;

	while (s->depth) {
		uint32_t v = s->stack[--s->depth];

		for (uint32_t e = graph->inner_first[v]; e < graph->inner_first[v + 1]; e++)
			visit(s, graph->inner_target[e], first);
		for (uint32_t e = graph->leaf_first[v]; e < graph->leaf_first[v + 1]; e++)
			visit(s, graph->leaf_target[e], first);
	}
}

/* Folded dicts among what the second search found: their bytes are their modules'. */
static void add_folded(struct sweep *s, const uint64_t *before)
{
	const struct lg_graph *graph = s->graph;

	for (uint32_t i = 0; i < graph->folded_count; i++) {
		uint32_t module = graph->representative[i];

		if (lg_bit_get(s->seen, module) && !lg_bit_get(before, module))
			s->bytes += graph->snapshot->shallow_bytes[graph->folded[i]];
	}
}

static void search(struct sweep *s, uint64_t *before)
{
	visit(s, 0, true);
	drain(s, true);
	for (uint32_t i = 0; i < s->met_count; i++)
		s->seen[s->met[i] >> 6] &= ~((uint64_t)1 << (s->met[i] & 63));
	memcpy(before, s->seen, lg_bit_words(s->graph->node_count) * sizeof *before);
	for (uint32_t i = 0; i < s->met_count; i++)
		visit(s, s->met[i], false);
	drain(s, false);
	add_folded(s, before);
}

static enum lg_status mark_members(struct sweep *s, const uint32_t *nodes, uint32_t count,
				   struct lg_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		if (nodes[i] >= s->graph->node_count)
			return lg_fail(err, LG_E_USAGE, "node %u of a set: the graph has %u nodes",
				       nodes[i], s->graph->node_count);
		lg_bit_set(s->member, lg_graph_node(s->graph, nodes[i]));
	}
	return LG_OK;
}

enum lg_status lg_set_retained(const struct lg_graph *graph, const uint32_t *nodes, uint32_t count,
			       uint64_t *out_bytes, struct lg_error *err)
{
	size_t words = lg_bit_words(graph->node_count);
	lg_cleanup(lg_pages_drop) uint64_t *bits = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *stack = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *met = NULL;
	struct sweep s = {.graph = graph};
	enum lg_status status;

	*out_bytes = 0;
	status = lg_pages_take(bits, 3 * words, "marks of a set", err);
	if (status == LG_OK)
		status = lg_pages_take(stack, graph->inner_count, "the search's stack", err);
	if (status == LG_OK)
		status = lg_pages_take(met, count, "members of a set", err);
	if (status != LG_OK)
		return status;
	s.seen = bits;
	s.member = bits + words;
	s.stack = stack;
	s.met = met;
	status = mark_members(&s, nodes, count, err);
	if (status != LG_OK)
		return status;
	search(&s, bits + 2 * words);
	*out_bytes = s.bytes;
	return LG_OK;
}
