/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/visit.h"

#include "graph/fold.h"

static bool visit_object(const struct lg_graph *graph, uint32_t object, uint32_t node,
			 lg_visit_reference visit, void *context)
{
	const struct lg_snapshot *s = graph->snapshot;

	if (object >= s->inner_count)
		return true;
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target = lg_graph_node(graph, s->ref_target[r]);

		if (lg_reference_counts(s->ref_kind[r], node, target) &&
		    !visit(context, node, r, target))
			return false;
	}
	return true;
}

bool lg_graph_visit(const struct lg_graph *graph, uint32_t node, lg_visit_reference visit,
		    void *context)
{
	return visit_object(graph, node, node, visit, context) &&
	       visit_object(graph, lg_graph_folded_into(graph, node), node, visit, context);
}
