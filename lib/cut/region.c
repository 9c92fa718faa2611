/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cut/region.h"
#include "graph/pages.h"

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory to look for a cut");
}

static void push(struct lg_cut_region *r, uint32_t node)
{
	if (!lg_reserve(r->queue, r->queue_capacity, r->tail + 1)) {
		r->failed = true;
		return;
	}
	r->queue[r->tail++] = node;
}

static void fix(struct lg_cut_region *r, uint32_t node, uint32_t parent)
{
	if (lg_bit_get(r->fixed, node))
		return;
	lg_bit_set(r->fixed, node);
	r->parent[node] = parent;
	push(r, node);
}

static bool fix_target(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct lg_cut_region *r = context;

	if (!lg_bit_get(r->fixed, target) &&
	    !r->rule->place(r->rule->context, node, reference, target,
			    lg_bit_get(r->member, target)))
		fix(r, target, node);
	return !r->failed;
}

/* Breadth-first, so that parents make short ways. */
static void find_fixed(struct lg_cut_region *r)
{
	const struct lg_snapshot *s = r->graph->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++)
		if (s->roots[i].object)
			fix(r, lg_graph_node(r->graph, s->roots[i].object), 0);
	while (r->head < r->tail && !r->failed)
		lg_graph_visit(r->graph, r->queue[r->head++], fix_target, r);
	r->head = r->tail = 0;
}

static void number(struct lg_cut_region *r, uint32_t node)
{
	if (!lg_reserve(r->node, r->node_capacity, r->count + 1)) {
		r->failed = true;
		return;
	}
	r->local[node] = (uint32_t)r->count;
	r->node[r->count++] = node;
}

/* Where a referrer of the region stands: fixed ones are where it begins. */
static void note_referrer(struct lg_cut_region *r, uint32_t node)
{
	if (r->dominators->immediate[node] == LG_NONE || node == 0)
		return;
	if (lg_bit_get(r->fixed, node)) {
		if (!r->local[node])
			number(r, node);
	} else if (!lg_bit_get(r->member, node) && !lg_bit_get(r->leads, node)) {
		lg_bit_set(r->leads, node);
		push(r, node);
	}
}

static void note_referrers(struct lg_cut_region *r, uint32_t node)
{
	for (uint32_t i = r->referrers->first[node]; i < r->referrers->first[node + 1]; i++)
		note_referrer(r, r->referrers->source[i]);
}

/* From the group backwards, to fixed nodes. */
static void find_leading(struct lg_cut_region *r, const uint32_t *node, uint32_t count)
{
	for (uint32_t i = 0; i < count && !r->failed; i++) {
		uint32_t own = lg_graph_node(r->graph, node[i]);

		if (!lg_bit_get(r->fixed, own) && r->dominators->immediate[own] != LG_NONE)
			note_referrers(r, own);
	}
	while (r->head < r->tail && !r->failed)
		note_referrers(r, r->queue[r->head++]);
	r->head = r->tail = 0;
	r->fixed_count = (uint32_t)r->count - 1;
}

static bool add_arc(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct lg_cut_region *r = context;
	bool member = lg_bit_get(r->member, target);

	if (lg_bit_get(r->fixed, target) || (!member && !lg_bit_get(r->leads, target)))
		return true;
	if (!member && !r->local[target])
		number(r, target);
	if (r->failed || !lg_reserve(r->arc, r->arc_capacity, r->arc_count + 1))
		return !(r->failed = true);
	r->arc[r->arc_count++] = (struct lg_cut_arc){
		.from = r->local[node],
		.to = member ? 0 : r->local[target],
		.reference = reference,
		.place = r->rule->place(r->rule->context, node, reference, target, member),
	};
	return true;
}

/* And forwards again: what is reached only through the group holds nothing of it. */
static enum lg_status take_arcs(struct lg_cut_region *r, struct lg_error *err)
{
	for (size_t i = 1; i < r->count && !r->failed; i++)
		lg_graph_visit(r->graph, r->node[i], add_arc, r);
	if (r->failed)
		return no_memory(err);
	if (r->arc_count > LG_MAX_REFERENCES)
		return lg_fail(err, LG_E_LIMIT, "a cut through %zu references, at most %u",
			       r->arc_count, LG_MAX_REFERENCES);
	return LG_OK;
}

static enum lg_status take_arrays(struct lg_cut_region *r, struct lg_error *err)
{
	size_t words = lg_bit_words(r->graph->node_count);
	enum lg_status status = lg_pages_take(r->member, words, "marks of a group", err);

	if (status == LG_OK)
		status = lg_pages_take(r->fixed, words, "marks of a search", err);
	if (status == LG_OK)
		status = lg_pages_take(r->leads, words, "marks of a search", err);
	if (status == LG_OK)
		status = lg_pages_take(r->local, r->graph->node_count, "numbers of a region", err);
	if (status == LG_OK)
		status = lg_pages_take(r->parent, r->graph->node_count, "ways to a cut", err);
	if (status != LG_OK)
		return status;
	memset(r->parent, 0xff, (size_t)r->graph->node_count * sizeof *r->parent);
	return LG_OK;
}

enum lg_status lg_cut_region_make(struct lg_cut_region *r, const uint32_t *node, uint32_t count,
				  struct lg_error *err)
{
	enum lg_status status = take_arrays(r, err);

	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < count; i++)
		lg_bit_set(r->member, lg_graph_node(r->graph, node[i]));
	number(r, 0);
	find_fixed(r);
	find_leading(r, node, count);
	return take_arcs(r, err);
}

void lg_cut_region_release(struct lg_cut_region *r)
{
	lg_pages_free(r->member);
	lg_pages_free(r->fixed);
	lg_pages_free(r->leads);
	lg_pages_free(r->parent);
	lg_pages_free(r->local);
	free(r->node);
	free(r->arc);
	free(r->queue);
}
