/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_PARTS_H
#define LG_GRAPH_PARTS_H

#include "base/bits.h"
#include "leakgraph/graph.h"

/*
 * From the graph's nodes back to the snapshot's references, for whoever needs
 * to know which reference it is and of what kind: a node has those of its
 * object, and a module those of the dict folded into it, too.
 */
struct lg_part {
	uint32_t module, dict;
};
struct lg_parts {
	const struct lg_graph *graph;
	struct lg_part *part; /* by module */
	uint64_t *has_dict;   /* a bit for each node ... */
	uint64_t *is_folded;  /* ... and object: most are asked for in vain */
};

/* *out is zeroed by the caller, and released by it whatever is returned. O(folded log folded). */
enum lg_status lg_parts_make(const struct lg_graph *graph, struct lg_parts *out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_parts_release(struct lg_parts *parts);

/* The dict folded into a node (a module has one __dict__), LG_NONE where there is none. */
uint32_t lg_parts_dict(const struct lg_parts *parts, uint32_t node);

/* lg_graph_node(), O(1) for what is not folded. */
static inline uint32_t lg_parts_node(const struct lg_parts *parts, uint32_t object)
{
	return lg_bit_get(parts->is_folded, object) ? lg_graph_node(parts->graph, object) : object;
}

/*
 * Call visit for each reference of a node that counts, with the node it leads
 * to, in the snapshot's order. False, at once, when a visit says so.
 */
typedef bool (*lg_visit_reference)(void *context, uint32_t node, uint32_t reference,
				   uint32_t target);
bool lg_parts_visit(const struct lg_parts *parts, uint32_t node, lg_visit_reference visit,
		    void *context);

#endif
