/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_GARBAGE_PART_H
#define LG_GRAPH_GARBAGE_PART_H

#include "leakgraph/graph.h"

/* What no root reaches, as a graph of its own. */
struct lg_garbage_part {
	struct lg_graph graph;       /* node 0 refers to the heads */
	struct lg_snapshot snapshot; /* shallow_bytes only */
	uint32_t *original;  /* by node of this graph; ascending among inner, among leaves */
	uint64_t *is_head;   /* a bit for each node */
	uint32_t *component; /* by inner node, 1 .. component_count */
	uint32_t component_count;
	uint32_t *component_size; /* component_count + 1 */
};

/* *out is zeroed by the caller, and released by it whatever is returned. */
enum lg_status lg_garbage_part_make(const struct lg_graph *graph,
				    const struct lg_dominators *dominators,
				    struct lg_garbage_part *out,
				    struct lg_error *err) LG_MUST_CHECK;
void lg_garbage_part_release(struct lg_garbage_part *part);

/* How many nodes are in one strongly connected component with v. */
static inline uint32_t lg_garbage_part_cycle(const struct lg_garbage_part *part, uint32_t v)
{
	return v < part->graph.inner_count ? part->component_size[part->component[v]] : 1;
}

#endif
