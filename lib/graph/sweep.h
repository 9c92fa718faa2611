/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_SWEEP_H
#define LG_GRAPH_SWEEP_H

#include "graph/fold.h"
#include "graph/pages.h"
#include "leakgraph/graph.h"

/*
 * What is lost when something goes: a first search from the root that leaves
 * out what goes, its answer kept in `before`, then a second one from where the
 * first could have gone on. What only the second meets is lost: each of it was
 * reached before, and in no other way.
 */
struct lg_sweep {
	const struct lg_graph *graph;
	uint64_t *seen;   /* a bit for each node */
	uint64_t *before; /* the same, as the first search left it */
	uint32_t *stack;  /* inner nodes still to be looked into */
	uint32_t depth;
};

/* *out is zeroed by the caller, and released by it whatever is returned. */
enum lg_status lg_sweep_make(const struct lg_graph *graph, struct lg_sweep *out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_sweep_release(struct lg_sweep *sweep);

static inline void lg_sweep_reach(struct lg_sweep *s, uint32_t node)
{
	if (lg_bit_get(s->seen, node))
		return;
	lg_bit_set(s->seen, node);
	if (node < s->graph->inner_count)
		s->stack[s->depth++] = node;
}

/* All that an inner node refers to. */
void lg_sweep_row(struct lg_sweep *sweep, uint32_t node);

/* Go on until the stack is empty. */
void lg_sweep_drain(struct lg_sweep *sweep);

/* The first search ends here. */
void lg_sweep_turn(struct lg_sweep *sweep);

static inline bool lg_sweep_is_lost(const struct lg_sweep *s, uint32_t node)
{
	return lg_bit_get(s->seen, node) && !lg_bit_get(s->before, node);
}

/* What only the second one met, with the dicts folded into it. */
struct lg_freed lg_sweep_lost(const struct lg_sweep *sweep);
/* The same as a list, of as many objects. */
void lg_sweep_list(const struct lg_sweep *sweep, uint32_t *out);

#endif
