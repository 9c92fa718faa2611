/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "graph/fold.h"
#include "graph/pages.h"
#include "graph/parts.h"

static int by_module(const void *a, const void *b)
{
	const struct lg_part *x = a, *y = b;

	return x->module < y->module ? -1 : x->module > y->module;
}

enum lg_status lg_parts_make(const struct lg_graph *graph, struct lg_parts *out,
			     struct lg_error *err)
{
	size_t words = lg_bit_words(graph->node_count);
	enum lg_status status =
		lg_pages_take(out->part, graph->folded_count, "the dicts of modules", err);

	out->graph = graph;
	if (status == LG_OK)
		status = lg_pages_take(out->has_dict, words, "marks of modules", err);
	if (status == LG_OK)
		status = lg_pages_take(out->is_folded, words, "marks of modules", err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < graph->folded_count; i++) {
		out->part[i] = (struct lg_part){graph->representative[i], graph->folded[i]};
		lg_bit_set(out->has_dict, graph->representative[i]);
		lg_bit_set(out->is_folded, graph->folded[i]);
	}
	qsort(out->part, graph->folded_count, sizeof *out->part, by_module);
	return LG_OK;
}

void lg_parts_release(struct lg_parts *parts)
{
	lg_pages_free(parts->part);
	lg_pages_free(parts->has_dict);
	lg_pages_free(parts->is_folded);
}

uint32_t lg_parts_dict(const struct lg_parts *parts, uint32_t node)
{
	struct lg_part key = {.module = node};
	const struct lg_part *part;

	if (!lg_bit_get(parts->has_dict, node))
		return LG_NONE;
	part = bsearch(&key, parts->part, parts->graph->folded_count, sizeof *part, by_module);
	return part ? part->dict : LG_NONE;
}

static bool visit_object(const struct lg_parts *parts, uint32_t object, uint32_t node,
			 lg_visit_reference visit, void *context)
{
	const struct lg_snapshot *s = parts->graph->snapshot;

	if (object >= s->inner_count)
		return true;
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target = lg_parts_node(parts, s->ref_target[r]);

		if (lg_reference_counts(s->ref_kind[r], node, target) &&
		    !visit(context, node, r, target))
			return false;
	}
	return true;
}

bool lg_parts_visit(const struct lg_parts *parts, uint32_t node, lg_visit_reference visit,
		    void *context)
{
	uint32_t dict = lg_parts_dict(parts, node);

	return visit_object(parts, node, node, visit, context) &&
	       (dict == LG_NONE || visit_object(parts, dict, node, visit, context));
}
