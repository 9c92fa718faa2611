/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/word_map.h"
#include "cut/region.h"

/*
 * Which holders are told as one: those that are alike and are held in the same
 * ways. That is the coarsest backward bisimulation (Paige and Tarjan, "Three
 * Partition Refinement Algorithms", 1987), found by the naive rounds: each
 * hashes the colours of the holders into that of what they hold. Any coarser
 * partition still gives cuts that free the group, so the rounds may end early.
 */
struct refinement {
	const struct lg_cut_region *region;
	uint64_t *colour; /* by local number */
	uint64_t *next;
	uint32_t *first; /* arcs to a local number are in[first[v]] .. in[first[v+1]-1] */
	uint32_t *in;
	uint64_t *ways; /* of one node */
	uint32_t *head; /* of the chain that a local number is in: itself where in none */
};

static void release(struct refinement *f)
{
	free(f->colour);
	free(f->next);
	free(f->first);
	free(f->in);
	free(f->ways);
	free(f->head);
}

/* By counting sort. Arcs to the group are left out: of it nothing is asked. */
static bool sort_arcs(struct refinement *f)
{
	const struct lg_cut_region *r = f->region;
	uint32_t start = 0, widest = 0;

	f->first = lg_alloc_zero(r->count + 1, sizeof *f->first);
	f->in = lg_alloc(r->arc_count, sizeof *f->in);
	if (!f->first || !f->in)
		return false;
	for (size_t a = 0; a < r->arc_count; a++)
		f->first[r->arc[a].to] += r->arc[a].to != 0;
	for (size_t v = 0; v < r->count; v++) {
		uint32_t own = f->first[v];

		widest = own > widest ? own : widest;
		f->first[v] = start;
		start += own;
	}
	for (size_t a = 0; a < r->arc_count; a++)
		if (r->arc[a].to)
			f->in[f->first[r->arc[a].to]++] = (uint32_t)a;
	for (size_t v = r->count; v > 0; v--)
		f->first[v] = f->first[v - 1];
	f->first[0] = 0;
	f->ways = lg_alloc(widest, sizeof *f->ways);
	return f->ways != NULL;
}

static int compare_ways(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* How often a way leads to it is not asked: an item may lie in a list twice. */
static uint64_t colour_of(const struct refinement *f, size_t v)
{
	uint64_t colour = f->colour[v];
	size_t count = 0;

	for (uint32_t i = f->first[v]; i < f->first[v + 1]; i++) {
		const struct lg_cut_arc *arc = &f->region->arc[f->in[i]];

		f->ways[count++] = lg_cut_mix(f->colour[arc->from], arc->place);
	}
	if (count > 1)
		qsort(f->ways, count, sizeof *f->ways, compare_ways);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || f->ways[i] != f->ways[i - 1])
			colour = lg_cut_mix(colour, f->ways[i]);
	return colour;
}

/* Numbers the colours from 1, those of fixed nodes first. False when memory is out. */
static bool number_classes(const struct lg_cut_region *r, const uint64_t *colour,
			   uint32_t *class_of, uint32_t *fixed_classes, uint32_t *classes)
{
	lg_cleanup(lg_word_map_free) struct lg_word_map known = {0};

	*classes = *fixed_classes = 1;
	class_of[0] = 0;
	for (size_t v = 1; v < r->count; v++) {
		const uint32_t *found = lg_word_map_find(&known, colour[v]);

		if (!found && !lg_word_map_set(&known, colour[v], *classes))
			return false;
		class_of[v] = found ? *found : (*classes)++;
		if (v == r->fixed_count)
			*fixed_classes = *classes;
	}
	return true;
}

/* The only holder of a local number that is not fixed, by one place; 0: there are several. */
static uint32_t only_holder(const struct refinement *f, uint32_t v)
{
	const struct lg_cut_arc *arc = f->region->arc;
	uint32_t first = f->first[v];

	for (uint32_t i = first + 1; i < f->first[v + 1]; i++)
		if (arc[f->in[i]].from != arc[f->in[first]].from ||
		    arc[f->in[i]].place != arc[f->in[first]].place)
			return 0;
	return arc[f->in[first]].from > f->region->fixed_count ? arc[f->in[first]].from : 0;
}

/*
 * Of a chain of alike ones, each held by the one before it alone (a linked
 * list), cutting the reference to the first is as good as any other: it is one
 * holder, or each round would tell but one link from the rest. A number is
 * above its holder's where that is the only one, as the region was found.
 */
static void find_chains(struct refinement *f)
{
	const struct lg_cut_region *r = f->region;

	for (uint32_t v = 0; v < r->count; v++) {
		uint32_t before;

		f->head[v] = v;
		if (v <= r->fixed_count)
			continue;
		before = only_holder(f, v);
		if (before && only_holder(f, before) && f->colour[v] == f->colour[before])
			f->head[v] = f->head[before];
	}
}

static void paint(struct refinement *f)
{
	const struct lg_cut_region *r = f->region;

	for (size_t v = 1; v < r->count; v++) {
		bool fixed = v <= r->fixed_count;

		f->colour[v] = lg_cut_mix(
			r->rule->likeness(r->rule->context, r->node[v], fixed), fixed);
		f->next[v] = f->colour[v];
	}
}

static enum lg_status refine(struct refinement *f, uint32_t *class_of, uint32_t *fixed_classes,
			     uint32_t *classes, bool *coarse, struct lg_error *err)
{
	const struct lg_cut_region *r = f->region;
	uint64_t left = LG_CUT_MAX_WORK;
	uint32_t finer;

	while (left > r->arc_count + r->count) {
		left -= r->arc_count + r->count;
		for (size_t v = r->fixed_count + (size_t)1; v < r->count; v++)
			f->next[v] = f->head[v] == v ? colour_of(f, v) : f->next[f->head[v]];
		if (!number_classes(r, f->next, class_of, fixed_classes, &finer))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", r->count);
		if (finer == *classes)
			return LG_OK;
		if (finer > LG_CUT_MAX_CLASSES)
			break;
		*classes = finer;
		memcpy(f->colour, f->next, r->count * sizeof *f->colour);
	}
	*coarse = true;
	if (!number_classes(r, f->colour, class_of, fixed_classes, classes))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", r->count);
	return LG_OK;
}

enum lg_status lg_cut_classes(const struct lg_cut_region *region, uint32_t *class_of,
			      uint32_t *fixed_classes, uint32_t *classes, bool *coarse,
			      struct lg_error *err)
{
	lg_cleanup(release) struct refinement f = {
		.region = region,
		.colour = lg_alloc_zero(region->count, sizeof *f.colour),
		.next = lg_alloc_zero(region->count, sizeof *f.next),
		.head = lg_alloc_zero(region->count, sizeof *f.head),
	};

	*coarse = false;
	if (!f.colour || !f.next || !f.head || !sort_arcs(&f))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", region->count);
	paint(&f);
	find_chains(&f);
	if (!number_classes(region, f.colour, class_of, fixed_classes, classes))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", region->count);
	if (*classes > LG_CUT_MAX_CLASSES)
		return lg_fail(err, LG_E_LIMIT,
			       "%u kinds of holders lie between the roots and this group, at most "
			       "%u can be compared: ask for a smaller group",
			       *classes, LG_CUT_MAX_CLASSES);
	return refine(&f, class_of, fixed_classes, classes, coarse, err);
}
