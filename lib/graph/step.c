/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "leakgraph/graph.h"

/* The higher, the better a reference tells how the holder keeps the target. */
static int rank(const struct lg_snapshot *s, uint32_t reference)
{
	uint8_t kind = s->ref_kind[reference];

	if (!lg_ref_is_strong(kind))
		return 1;
	if (kind == LG_REF_TYPE)
		return 2;
	if (kind == LG_REF_DICT_KEY || kind == LG_REF_OTHER)
		return s->ref_name[reference] ? 4 : 3;
	if (kind == LG_REF_KEY_STR && s->ref_name[reference] == 0)
		return 5;
	return 6;
}

#define BEST_RANK 6

/*
 * Looks through one object's references for a better one than best, to the
 * target or the dict folded into it; returns the best rank so far.
 */
static int look(const struct lg_snapshot *s, uint32_t object, uint32_t target, uint32_t dict,
		int best, struct lg_step *out)
{
	if (object >= s->inner_count)
		return best;
	for (uint32_t r = s->first_reference[object];
	     r < s->first_reference[object + 1] && best < BEST_RANK; r++) {
		uint32_t to = s->ref_target[r];

		if ((to != target && to != dict) || rank(s, r) <= best)
			continue;
		best = rank(s, r);
		*out = (struct lg_step){object, to, s->ref_kind[r], s->ref_name[r]};
	}
	return best;
}

bool lg_graph_step(const struct lg_graph *graph, uint32_t holder, uint32_t target,
		   struct lg_step *out)
{
	uint32_t dict;
	int best;

	if (holder == target || holder >= graph->node_count || target >= graph->node_count)
		return false;
	dict = lg_graph_folded_into(graph, target);
	best = look(graph->snapshot, holder, target, dict, 0, out);
	if (best < BEST_RANK)
		best = look(graph->snapshot, lg_graph_folded_into(graph, holder), target, dict, best, out);
	return best > 0;
}

/* The more a root's kind explains, the higher. */
static int root_rank(uint8_t kind)
{
	switch (kind) {
	case LG_ROOT_MODULE:
		return 7;
	case LG_ROOT_THREAD:
		return 6;
	case LG_ROOT_CLASS:
		return 5;
	case LG_ROOT_INTERPRETER:
		return 4;
	case LG_ROOT_OTHER:
		return 3;
	case LG_ROOT_INTERNED:
		return 2;
	default:
		return 1;
	}
}

const struct lg_root *lg_graph_root(const struct lg_graph *graph, uint32_t node)
{
	const struct lg_snapshot *s = graph->snapshot;
	const struct lg_root *best = NULL;
	uint32_t dict = lg_graph_folded_into(graph, node);

	for (uint32_t i = 0; i < s->root_count; i++) {
		const struct lg_root *root = &s->roots[i];

		if (root->object != node && root->object != dict)
			continue;
		if (!best || root_rank(root->kind) > root_rank(best->kind))
			best = root;
	}
	return best;
}
