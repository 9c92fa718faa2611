/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/word_map.h"
#include "cut/region.h"
#include "graph/igraph_bridge.h"

/*
 * Classes become a network: the source stands for all that is fixed, the sink
 * for the group, and each place is a node between its holders and what they
 * refer to. Only the arc into a place can be cut. It lets through one unit for
 * each place, and its burden below the point, so that one more place weighs
 * more than all burdens. Of several minimum cuts the flow shows the one
 * nearest to the sink: between what can still reach it and what can't.
 */
#define SOURCE      0u
#define SINK        1u
#define FIRST_CLASS 2u

struct place {
	uint32_t from; /* node of the network */
	uint32_t holder, reference, references, holders;
};

struct network {
	const struct lg_cut_region *region;
	const uint32_t *class_of;
	uint32_t fixed_classes, classes;
	struct place *place;
	size_t place_count, place_capacity;
	uint32_t *from, *to;
	double *capacity;
	size_t arc_count, from_capacity, to_capacity;
};

static void release(struct network *n)
{
	free(n->place);
	free(n->from);
	free(n->to);
	free(n->capacity);
}

void lg_cut_choice_release(struct lg_cut_choice *choice)
{
	free(choice->place_of_arc);
	free(choice->chosen);
}

static enum lg_status no_memory(const struct network *n, struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory to cut %zu references", n->region->arc_count);
}

static uint32_t node_of(const struct network *n, uint32_t local)
{
	uint32_t class = n->class_of[local];

	if (class == 0)
		return SINK;
	return class < n->fixed_classes ? SOURCE : FIRST_CLASS + class;
}

static uint32_t node_of_place(const struct network *n, size_t place)
{
	return FIRST_CLASS + n->classes + (uint32_t)place;
}

/* The place of an arc, a new one where it is the first of it; LG_NONE: no memory. */
static uint32_t place_of(struct network *n, struct lg_word_map *known, const struct lg_cut_arc *arc)
{
	uint64_t key = lg_cut_mix(n->class_of[arc->from], arc->place);
	const uint32_t *found = lg_word_map_find(known, key);

	if (found)
		return *found;
	if (!lg_reserve(n->place, n->place_capacity, n->place_count + 1) ||
	    !lg_word_map_set(known, key, (uint32_t)n->place_count))
		return LG_NONE;
	n->place[n->place_count] = (struct place){
		.from = node_of(n, arc->from),
		.reference = arc->reference,
	};
	return (uint32_t)n->place_count++;
}

/* Arcs stand in the order of their holders, so that many have the key of the one before. */
static bool find_places(struct network *n, uint32_t *place_of_arc)
{
	lg_cleanup(lg_word_map_free) struct lg_word_map known = {0};
	const struct lg_cut_region *r = n->region;

	for (size_t a = 0; a < r->arc_count; a++) {
		const struct lg_cut_arc *arc = &r->arc[a];
		struct place *place;

		place_of_arc[a] = LG_NONE;
		if (!arc->place)
			continue;
		if (a && arc[-1].from == arc->from && arc[-1].place == arc->place)
			place_of_arc[a] = place_of_arc[a - 1];
		else
			place_of_arc[a] = place_of(n, &known, arc);
		if (place_of_arc[a] == LG_NONE)
			return false;
		place = &n->place[place_of_arc[a]];
		place->holders += place->references == 0 || place->holder != r->node[arc->from];
		place->holder = r->node[arc->from];
		place->references++;
	}
	return true;
}

static bool add_arc(struct network *n, uint32_t from, uint32_t to)
{
	if (!lg_reserve(n->from, n->from_capacity, n->arc_count + 1) ||
	    !lg_reserve(n->to, n->to_capacity, n->arc_count + 1))
		return false;
	n->from[n->arc_count] = from;
	n->to[n->arc_count++] = to;
	return true;
}

/* Of an arc of the region: its place, or the class of its holder where it has none. */
static uint32_t tail_of(const struct network *n, const uint32_t *place_of_arc, size_t arc)
{
	return place_of_arc[arc] == LG_NONE ? node_of(n, n->region->arc[arc].from)
					    : node_of_place(n, place_of_arc[arc]);
}

/* The arcs of the region by their tails: by[first[v]] .. by[first[v+1]-1]. */
static void sort_tails(const struct network *n, const uint32_t *place_of_arc, uint32_t *first,
		       uint32_t *by)
{
	uint32_t nodes = node_of_place(n, n->place_count);

	for (size_t a = 0; a < n->region->arc_count; a++)
		first[tail_of(n, place_of_arc, a) + 1]++;
	for (uint32_t v = 0; v < nodes; v++)
		first[v + 1] += first[v];
	for (size_t a = 0; a < n->region->arc_count; a++)
		by[first[tail_of(n, place_of_arc, a)]++] = (uint32_t)a;
	memmove(first + 1, first, nodes * sizeof *first);
	first[0] = 0;
}

/* Arc i is that into place i; those behind, which can't be cut, are each there once. */
static bool make_arcs(struct network *n, const uint32_t *place_of_arc)
{
	uint32_t nodes = node_of_place(n, n->place_count);
	lg_cleanup(lg_free) uint32_t *first = lg_alloc_zero((size_t)nodes + 1, sizeof *first);
	lg_cleanup(lg_free) uint32_t *by = lg_alloc(n->region->arc_count, sizeof *by);
	/* By the head of an arc: the last tail that has one to it. */
	lg_cleanup(lg_free) uint32_t *last = lg_alloc(nodes, sizeof *last);

	if (!first || !by || !last)
		return false;
	for (size_t i = 0; i < n->place_count; i++)
		if (!add_arc(n, n->place[i].from, node_of_place(n, i)))
			return false;
	sort_tails(n, place_of_arc, first, by);
	memset(last, 0xff, nodes * sizeof *last);
	for (uint32_t from = 0; from < nodes; from++)
		for (uint32_t i = first[from]; i < first[from + 1]; i++) {
			uint32_t to = node_of(n, n->region->arc[by[i]].to);

			if (from == to || last[to] == from)
				continue;
			last[to] = from;
			if (!add_arc(n, from, to))
				return false;
		}
	return true;
}

static bool weigh(struct network *n)
{
	const struct lg_cut_rule *rule = n->region->rule;
	double unit = (double)n->place_count * LG_CUT_MAX_BURDEN + 1;
	double more = (unit + LG_CUT_MAX_BURDEN) * (double)n->place_count + 1;

	n->capacity = lg_alloc(n->arc_count, sizeof *n->capacity);
	if (!n->capacity)
		return false;
	for (size_t i = 0; i < n->arc_count; i++) {
		const struct place *place = &n->place[i];

		n->capacity[i] = more;
		if (i < n->place_count)
			n->capacity[i] = unit + rule->burden(rule->context, place->holder,
							     place->reference, place->holders,
							     place->references);
	}
	return true;
}

/* Arcs at each node, whichever way they lead: at[first[v]] .. at[first[v+1]-1]. */
struct ends {
	uint32_t *first, *at;
};

static void free_ends(struct ends *ends)
{
	free(ends->first);
	free(ends->at);
}

static bool sort_ends(const struct network *n, uint32_t nodes, struct ends *out)
{
	uint32_t start = 0;

	out->first = lg_alloc_zero((size_t)nodes + 1, sizeof *out->first);
	out->at = lg_alloc(2 * n->arc_count, sizeof *out->at);
	if (!out->first || !out->at)
		return false;
	for (size_t i = 0; i < n->arc_count; i++) {
		out->first[n->from[i]]++;
		out->first[n->to[i]]++;
	}
	for (uint32_t v = 0; v < nodes; v++) {
		start += out->first[v];
		out->first[v] = start;
	}
	out->first[nodes] = start;
	for (size_t i = 0; i < n->arc_count; i++) {
		out->at[--out->first[n->from[i]]] = (uint32_t)i;
		out->at[--out->first[n->to[i]]] = (uint32_t)i;
	}
	return true;
}

/* Marks what can send more to the sink. False when memory is out. */
static bool find_sink_side(const struct network *n, uint32_t nodes, const double *flow,
			   uint8_t *side)
{
	lg_cleanup(free_ends) struct ends ends = {0};
	lg_cleanup(lg_free) uint32_t *stack = lg_alloc(nodes, sizeof *stack);
	uint32_t depth = 0;

	if (!stack || !sort_ends(n, nodes, &ends))
		return false;
	side[SINK] = 1;
	stack[depth++] = SINK;
	while (depth) {
		uint32_t v = stack[--depth];

		for (uint32_t e = ends.first[v]; e < ends.first[v + 1]; e++) {
			uint32_t i = ends.at[e];
			bool into = n->to[i] == v;
			uint32_t other = into ? n->from[i] : n->to[i];

			/* Along the arc where it has room left, against it where it flows. */
			if (side[other] || (into ? flow[i] >= n->capacity[i] : flow[i] <= 0))
				continue;
			side[other] = 1;
			stack[depth++] = other;
		}
	}
	return true;
}

static enum lg_status cut(const struct network *n, struct lg_cut_choice *out, struct lg_error *err)
{
	uint32_t nodes = node_of_place(n, n->place_count);
	lg_cleanup(lg_free) double *flow = lg_alloc(n->arc_count, sizeof *flow);
	lg_cleanup(lg_free) uint8_t *side = lg_alloc_zero(nodes, 1);
	struct lg_network network = {nodes, (uint32_t)n->arc_count, n->from, n->to, n->capacity};
	enum lg_status status;
	double value = 0;

	if (!flow || !side)
		return no_memory(n, err);
	status = lg_igraph_maximum_flow(&network, SOURCE, SINK, flow, &value, err);
	if (status != LG_OK)
		return status;
	if (!find_sink_side(n, nodes, flow, side))
		return no_memory(n, err);
	if (side[SOURCE])
		return lg_fail(err, LG_E_INTERNAL, "a group is held by what can't be cut");
	for (size_t i = 0; i < n->place_count; i++)
		out->chosen[i] = side[n->to[i]] && !side[n->from[i]];
	return LG_OK;
}

enum lg_status lg_cut_choose(const struct lg_cut_region *region, const uint32_t *class_of,
			     uint32_t fixed_classes, uint32_t classes, struct lg_cut_choice *out,
			     struct lg_error *err)
{
	lg_cleanup(release) struct network n = {
		.region = region,
		.class_of = class_of,
		.fixed_classes = fixed_classes,
		.classes = classes,
	};

	out->place_of_arc = lg_alloc(region->arc_count, sizeof *out->place_of_arc);
	if (!out->place_of_arc || !find_places(&n, out->place_of_arc))
		return no_memory(&n, err);
	out->place_count = (uint32_t)n.place_count;
	out->chosen = lg_alloc_zero(n.place_count, 1);
	if (!out->chosen || !make_arcs(&n, out->place_of_arc) || !weigh(&n))
		return no_memory(&n, err);
	/* igraph's edges are counted in its integers; ours in 32 bits. */
	if (n.arc_count > LG_MAX_REFERENCES / 2)
		return lg_fail(err, LG_E_LIMIT, "a cut through %zu references", n.arc_count);
	return n.place_count ? cut(&n, out, err) : LG_OK;
}
