/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_COMPONENTS_H
#define LG_GRAPH_COMPONENTS_H

#include "leakgraph/graph.h"

/*
 * Strongly connected components of the inner nodes 1 .. inner_count-1, the
 * virtual root left out: Tarjan, "Depth-First Search and Linear Graph
 * Algorithms" (1972), with a stack of its own. component[v] (inner_count of
 * them, the caller's) is 1 .. *out_count, and 0 of nodes that are left out:
 * those whose bit is set in `without` (NULL: none). O(nodes + references).
 */
enum lg_status lg_components(const struct lg_graph *graph, const uint64_t *without,
			     uint32_t *component, uint32_t *out_count,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
