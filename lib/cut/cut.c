/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cut/region.h"
#include "graph/pages.h"

LG_DEFINE_CLEANUP(lg_cut_free, struct lg_cut *)

void lg_cut_free(struct lg_cut *cut)
{
	if (!cut)
		return;
	free(cut->place);
	free(cut->reference);
	lg_pages_free(cut->parent);
	free(cut->held);
	free(cut);
}

static bool is_cut(const struct lg_cut_choice *choice, size_t arc)
{
	return choice->place_of_arc[arc] != LG_NONE && choice->chosen[choice->place_of_arc[arc]];
}

/*
 * Ways around the cut, breadth-first: r->parent is set for all local nodes
 * that are still reached. Arcs stand in the order of their holders.
 */
static bool find_ways(struct lg_cut_region *r, const struct lg_cut_choice *choice)
{
	lg_cleanup(lg_free) uint32_t *queue = lg_alloc(r->count, sizeof *queue);
	lg_cleanup(lg_free) size_t *first = lg_alloc_zero(r->count + 1, sizeof *first);
	size_t head = 0, tail = 0;

	if (!queue || !first)
		return false;
	for (size_t a = 0; a < r->arc_count; a++)
		first[r->arc[a].from + 1] = a + 1;
	for (size_t v = 1; v <= r->count; v++)
		if (first[v] < first[v - 1])
			first[v] = first[v - 1];
	for (uint32_t v = 1; v <= r->fixed_count; v++)
		queue[tail++] = v;
	while (head < tail) {
		uint32_t v = queue[head++];

		for (size_t a = first[v]; a < first[v + 1]; a++) {
			uint32_t to = r->arc[a].to;

			if (to == 0 || is_cut(choice, a) || r->parent[r->node[to]] != LG_NONE)
				continue;
			r->parent[r->node[to]] = r->node[v];
			queue[tail++] = to;
		}
	}
	return true;
}

/* A reference whose holder is let go of need not be cut. */
static bool is_needed(const struct lg_cut_region *r, const struct lg_cut_choice *choice, size_t arc)
{
	return is_cut(choice, arc) && r->parent[r->node[r->arc[arc].from]] != LG_NONE;
}

static void add_reference(const struct lg_cut_region *r, const struct lg_cut_arc *arc,
			  struct lg_cut_place *place, uint32_t *reference, uint32_t *last)
{
	uint32_t holder = r->node[arc->from];

	if (place->count == 0) {
		place->holder = holder;
		place->target = lg_graph_node(
			r->graph, r->graph->snapshot->ref_target[arc->reference]);
	}
	place->holders += place->count == 0 || *last != holder;
	*last = holder;
	reference[place->count++] = arc->reference;
}

/* Places in the order of their first references, with these behind one another. */
static bool tell_places(const struct lg_cut_region *r, const struct lg_cut_choice *choice,
			struct lg_cut *cut)
{
	lg_cleanup(lg_free) uint32_t *size = lg_alloc_zero(choice->place_count, sizeof *size);
	lg_cleanup(lg_free) uint32_t *start = lg_alloc_zero(choice->place_count, sizeof *start);
	lg_cleanup(lg_free) uint32_t *last = lg_alloc_zero(choice->place_count, sizeof *last);
	lg_cleanup(lg_free) struct lg_cut_place *place =
		lg_alloc_zero(choice->place_count, sizeof *place);
	uint32_t total = 0;

	cut->place = lg_alloc(choice->place_count, sizeof *cut->place);
	if (!size || !start || !last || !place || !cut->place)
		return false;
	for (size_t a = 0; a < r->arc_count; a++)
		if (is_needed(r, choice, a))
			size[choice->place_of_arc[a]]++;
	for (uint32_t p = 0; p < choice->place_count; p++) {
		start[p] = total;
		total += size[p];
	}
	cut->reference = lg_alloc(total, sizeof *cut->reference);
	if (!cut->reference)
		return false;
	for (size_t a = 0; a < r->arc_count; a++) {
		uint32_t p = choice->place_of_arc[a];

		if (is_needed(r, choice, a))
			add_reference(r, &r->arc[a], &place[p], cut->reference + start[p],
				      &last[p]);
	}
	for (uint32_t p = 0; p < choice->place_count; p++) {
		if (place[p].count == 0)
			continue;
		place[p].reference = cut->reference + start[p];
		cut->place[cut->place_count++] = place[p];
	}
	return true;
}

static bool tell_held(const struct lg_cut_region *r, const uint32_t *node, uint32_t count,
		      struct lg_cut *cut)
{
	cut->held = lg_alloc(count, sizeof *cut->held);
	if (!cut->held)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t own = lg_graph_node(r->graph, node[i]);

		if (r->dominators->immediate[own] == LG_NONE)
			cut->unreached++;
		else if (lg_bit_get(r->fixed, own))
			cut->held[cut->held_count++] = own;
		else
			cut->freed++;
	}
	return true;
}

static enum lg_status find(struct lg_cut_region *r, const uint32_t *node, uint32_t count,
			   struct lg_cut *cut, struct lg_error *err)
{
	lg_cleanup(lg_cut_choice_release) struct lg_cut_choice choice = {0};
	lg_cleanup(lg_free) uint32_t *class_of = NULL;
	uint32_t fixed_classes;
	enum lg_status status = lg_cut_region_make(r, node, count, err);

	if (status != LG_OK)
		return status;
	class_of = lg_alloc(r->count, sizeof *class_of);
	if (!class_of || !tell_held(r, node, count, cut))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", r->count);
	status = lg_cut_classes(r, class_of, &fixed_classes, &cut->classes, &cut->coarse, err);
	if (status == LG_OK)
		status = lg_cut_choose(r, class_of, fixed_classes, cut->classes, &choice, err);
	if (status != LG_OK)
		return status;
	if (!find_ways(r, &choice) || !tell_places(r, &choice, cut))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", r->count);
	cut->region = (uint32_t)r->count - 1;
	cut->classes--;
	cut->parent = lg_take(r->parent);
	return LG_OK;
}

enum lg_status lg_cut_find(const struct lg_graph *graph, const struct lg_dominators *dominators,
			   const struct lg_referrers *referrers, const struct lg_cut_rule *rule,
			   const uint32_t *node, uint32_t count, struct lg_cut **out,
			   struct lg_error *err)
{
	lg_cleanup(lg_cut_free_slot) struct lg_cut *cut = lg_alloc_zero(1, sizeof *cut);
	lg_cleanup(lg_cut_region_release) struct lg_cut_region region = {
		.graph = graph,
		.dominators = dominators,
		.referrers = referrers,
		.rule = rule,
	};
	enum lg_status status;

	*out = NULL;
	if (!cut)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cut");
	status = find(&region, node, count, cut, err);
	if (status == LG_OK)
		*out = lg_take(cut);
	return status;
}
