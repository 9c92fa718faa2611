/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bits.h"
#include "base/cleanup.h"
#include "graph/components.h"
#include "graph/pages.h"

/* A node under search, and how far along its row. */
struct visit {
	uint32_t node;
	uint32_t next;
};

struct tarjan {
	const struct lg_graph *graph;
	const uint64_t *without;
	uint32_t *component; /* 0: not in one yet */
	uint32_t *index;     /* order of the search from 1, 0: not seen */
	uint32_t *low;
	struct visit *path;
	uint32_t depth;
	uint32_t *open; /* seen, not in a component yet */
	uint32_t open_count;
	uint32_t seen, components;
};

static void enter(struct tarjan *t, uint32_t node)
{
	t->index[node] = t->low[node] = ++t->seen;
	t->open[t->open_count++] = node;
	t->path[t->depth++] = (struct visit){node, t->graph->inner_first[node]};
}

static inline void lower(struct tarjan *t, uint32_t node, uint32_t to)
{
	if (to < t->low[node])
		t->low[node] = to;
}

static void leave(struct tarjan *t)
{
	uint32_t node = t->path[--t->depth].node, member;

	if (t->depth)
		lower(t, t->path[t->depth - 1].node, t->low[node]);
	if (t->low[node] != t->index[node])
		return;
	t->components++;
	do {
		member = t->open[--t->open_count];
		t->component[member] = t->components;
	} while (member != node);
}

static void search(struct tarjan *t, uint32_t start)
{
	enter(t, start);
	while (t->depth) {
		struct visit *top = &t->path[t->depth - 1];
		uint32_t target;

		if (top->next == t->graph->inner_first[top->node + 1]) {
			leave(t);
			continue;
		}
		target = t->graph->inner_target[top->next++];
		if (t->without && lg_bit_get(t->without, target))
			continue;
		if (!t->index[target])
			enter(t, target);
		else if (!t->component[target])
			lower(t, top->node, t->index[target]);
	}
}

enum lg_status lg_components(const struct lg_graph *graph, const uint64_t *without,
			     uint32_t *component, uint32_t *out_count, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) uint32_t *numbers = NULL;
	lg_cleanup(lg_pages_drop) struct visit *path = NULL;
	struct tarjan t = {.graph = graph, .without = without, .component = component};
	size_t inner = graph->inner_count;
	enum lg_status status;

	status = lg_pages_take(numbers, 3 * inner, "cycles", err);
	if (status == LG_OK)
		status = lg_pages_take(path, inner, "cycles", err);
	if (status != LG_OK)
		return status;
	t.index = numbers;
	t.low = numbers + inner;
	t.open = numbers + 2 * inner;
	t.path = path;
	memset(component, 0, inner * sizeof *component);
	for (uint32_t v = 1; v < graph->inner_count; v++)
		if (!t.index[v] && !(without && lg_bit_get(without, v)))
			search(&t, v);
	*out_count = t.components;
	return LG_OK;
}
