/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_VISIT_H
#define LG_GRAPH_VISIT_H

#include "leakgraph/graph.h"

/*
 * From the graph's nodes back to the snapshot's references, for whoever needs
 * to know which reference it is and of what kind: a node has those of its
 * object, and a module those of the dict folded into it, too.
 *
 * Calls visit for each reference of a node that counts, with the node it leads
 * to, in the snapshot's order. False, at once, when a visit says so.
 */
typedef bool (*lg_visit_reference)(void *context, uint32_t node, uint32_t reference,
				   uint32_t target);
bool lg_graph_visit(const struct lg_graph *graph, uint32_t node, lg_visit_reference visit,
		    void *context);

#endif
