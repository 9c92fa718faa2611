/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_HEAPSNAPSHOT_MERGE_H
#define LG_HEAPSNAPSHOT_MERGE_H

#include "leakgraph/graph.h"

/*
 * Small objects as parts of what dominates them: an object that retains less
 * than so many bytes is a part of the nearest one above it in the dominator
 * tree that retains as much, or of `smaller` where there is none. In garbage
 * groups are so many objects, or parts of `garbage`. Whoever dominated a node
 * still does, so that what is left retains what it did.
 *
 * Nodes are numbered: those below `first_node` are not made here, those from
 * there on are objects, `head` their ones, in ascending order.
 */
struct lg_merge {
	uint32_t node_count;
	uint32_t *node;  /* object: the node that it is a part of */
	uint32_t *head;  /* node */
	uint32_t *first; /* node_count + 1: parts of a node are part[first[n] .. first[n+1]-1] */
	uint32_t *part;  /* objects */
};

struct lg_merge_nodes {
	uint32_t smaller, garbage, first_node;
};

/* *out is zeroed by the caller, and released by it whatever is returned. O(objects). */
enum lg_status lg_merge_make(const struct lg_graph *graph, const struct lg_dominators *dominators,
			     const struct lg_garbage *garbage, uint64_t least_bytes,
			     struct lg_merge_nodes nodes, struct lg_merge *out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_merge_release(struct lg_merge *merge);

#endif
