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
 * Partition Refinement Algorithms", 1987), found in rounds: each splits classes
 * by the classes of what holds their members. The largest part keeps the
 * number, so that only what a smaller one holds need be looked at in the next.
 * Any coarser partition still gives cuts that free the group, so the rounds may
 * end early.
 */
struct way {
	uint64_t place;
	uint32_t from; /* a local number; of a chain, its head */
};

/* Members of a class that are looked at and are held in the same ways. */
struct part {
	uint32_t class, count;
	uint32_t number; /* the class that they become */
};

struct refinement {
	const struct lg_cut_region *region;
	uint32_t *head;  /* of the chain that a local number is in: itself where in none */
	uint32_t *class; /* by local number; of a chain only that of its head counts */
	uint32_t class_count;
	uint32_t *size;    /* by class: members, heads only */
	uint32_t *looked;  /* by class: how many of them are looked at in this round */
	uint32_t *largest; /* by class: the part that keeps its number, LG_NONE: none */
	uint32_t *first;   /* ways to a local number are in[first[v]] .. in[first[v+1]-1] */
	struct way *in;
	uint32_t *first_held; /* heads that one holds: held[first_held[v]] .. */
	uint32_t *held;
	uint64_t *colours; /* of the ways to one node */
	uint32_t *look;    /* heads to look at in this round ... */
	uint32_t *part_of; /* ... and the part that each is in */
	uint32_t look_count;
	uint32_t *due; /* heads to look at in the next round */
	uint32_t due_count;
	uint64_t due_work; /* their references, and they themselves */
	uint8_t *is_due;
	struct part *part;
	size_t part_count, part_capacity;
};

static void release(struct refinement *f)
{
	free(f->head);
	free(f->class);
	free(f->size);
	free(f->looked);
	free(f->largest);
	free(f->first);
	free(f->in);
	free(f->first_held);
	free(f->held);
	free(f->colours);
	free(f->look);
	free(f->part_of);
	free(f->due);
	free(f->is_due);
	free(f->part);
}

/* Counts in start[1 ..] become where each begins; the widest is returned. */
static uint32_t sum(uint32_t *start, size_t count)
{
	uint32_t widest = 0;

	for (size_t v = 0; v < count; v++) {
		widest = start[v + 1] > widest ? start[v + 1] : widest;
		start[v + 1] += start[v];
	}
	return widest;
}

/* What was filled by start[v]++ moves back to where it began. */
static void back(uint32_t *start, size_t count)
{
	memmove(start + 1, start, count * sizeof *start);
	start[0] = 0;
}

/* By counting sort. Arcs to the group are left out: of it nothing is asked. */
static bool sort_ways(struct refinement *f)
{
	const struct lg_cut_region *r = f->region;
	uint32_t widest;

	f->first = lg_alloc_zero(r->count + 1, sizeof *f->first);
	f->in = lg_alloc(r->arc_count, sizeof *f->in);
	if (!f->first || !f->in)
		return false;
	for (size_t a = 0; a < r->arc_count; a++)
		f->first[r->arc[a].to + 1] += r->arc[a].to != 0;
	widest = sum(f->first, r->count);
	for (size_t a = 0; a < r->arc_count; a++)
		if (r->arc[a].to)
			f->in[f->first[r->arc[a].to]++] =
				(struct way){r->arc[a].place, r->arc[a].from};
	back(f->first, r->count);
	f->colours = lg_alloc(widest, sizeof *f->colours);
	return f->colours != NULL;
}

/* The only holder of a local number that is not fixed, by one place; 0: there are several. */
static uint32_t only_holder(const struct refinement *f, uint32_t v)
{
	const struct way *way = &f->in[f->first[v]];

	for (uint32_t i = f->first[v] + 1; i < f->first[v + 1]; i++)
		if (f->in[i].from != way->from || f->in[i].place != way->place)
			return 0;
	return way->from > f->region->fixed_count ? way->from : 0;
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
		if (before && only_holder(f, before) && f->class[v] == f->class[before])
			f->head[v] = f->head[before];
	}
	for (uint32_t i = 0; i < f->first[r->count]; i++)
		f->in[i].from = f->head[f->in[i].from];
}

/* The ways the other way round: whom to look at when a holder changes its class. */
static bool sort_held(struct refinement *f)
{
	const struct lg_cut_region *r = f->region;

	f->first_held = lg_alloc_zero(r->count + 1, sizeof *f->first_held);
	f->held = lg_alloc(f->first[r->count], sizeof *f->held);
	if (!f->first_held || !f->held)
		return false;
	for (uint32_t i = 0; i < f->first[r->count]; i++)
		f->first_held[f->in[i].from + 1]++;
	sum(f->first_held, r->count);
	for (uint32_t v = 0; v < r->count; v++)
		for (uint32_t i = f->first[v]; i < f->first[v + 1]; i++)
			f->held[f->first_held[f->in[i].from]++] = v;
	back(f->first_held, r->count);
	return true;
}

/* Classes by likeness alone. False when memory is out. */
static bool paint(struct refinement *f)
{
	lg_cleanup(lg_word_map_free) struct lg_word_map known = {0};
	const struct lg_cut_region *r = f->region;

	f->class_count = 1;
	for (uint32_t v = 1; v < r->count; v++) {
		bool fixed = v <= r->fixed_count;
		uint64_t colour = lg_cut_mix(
			r->rule->likeness(r->rule->context, r->node[v], fixed), fixed);
		const uint32_t *found = lg_word_map_find(&known, colour);

		if (!found && !lg_word_map_set(&known, colour, f->class_count))
			return false;
		f->class[v] = found ? *found : f->class_count++;
	}
	return true;
}

static int compare_colours(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* How often a way leads to it is not asked: an item may lie in a list twice. */
static uint64_t colour_of(const struct refinement *f, uint32_t v)
{
	uint64_t colour = f->class[v];
	size_t count = 0;

	for (uint32_t i = f->first[v]; i < f->first[v + 1]; i++)
		f->colours[count++] = lg_cut_mix(f->class[f->in[i].from], f->in[i].place);
	if (count > 1)
		qsort(f->colours, count, sizeof *f->colours, compare_colours);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || f->colours[i] != f->colours[i - 1])
			colour = lg_cut_mix(colour, f->colours[i]);
	return colour;
}

/* Part whom is looked at by class and ways. False when memory is out. */
static bool find_parts(struct refinement *f)
{
	lg_cleanup(lg_word_map_free) struct lg_word_map known = {0};

	f->part_count = 0;
	for (uint32_t i = 0; i < f->look_count; i++) {
		uint32_t v = f->look[i];
		uint64_t colour = colour_of(f, v);
		const uint32_t *found = lg_word_map_find(&known, colour);

		f->part_of[i] = found ? *found : (uint32_t)f->part_count;
		f->looked[f->class[v]]++;
		if (!found) {
			if (!lg_reserve(f->part, f->part_capacity, f->part_count + 1) ||
			    !lg_word_map_set(&known, colour, (uint32_t)f->part_count))
				return false;
			f->part[f->part_count++] = (struct part){.class = f->class[v]};
		}
		f->part[f->part_of[i]].count++;
	}
	return true;
}

/*
 * Who was not looked at is held as before, by classes that keep their numbers,
 * so those stay together; of others the largest part stays. Returns how many
 * classes there would be.
 */
static uint32_t choose_largest(struct refinement *f)
{
	uint32_t count = f->class_count;

	for (size_t p = 0; p < f->part_count; p++) {
		uint32_t class = f->part[p].class, best = f->largest[class];

		count++;
		if (f->looked[class] < f->size[class])
			continue;
		count -= best == LG_NONE;
		if (best == LG_NONE || f->part[p].count > f->part[best].count)
			f->largest[class] = (uint32_t)p;
	}
	return count;
}

static void make_due(struct refinement *f, uint32_t v)
{
	if (f->is_due[v] || v <= f->region->fixed_count || f->head[v] != v)
		return;
	f->is_due[v] = 1;
	f->due[f->due_count++] = v;
	f->due_work += 1 + f->first[v + 1] - f->first[v];
}

/* All that a holder of another class holds is due. */
static void renumber(struct refinement *f)
{
	for (size_t p = 0; p < f->part_count; p++) {
		struct part *part = &f->part[p];

		part->number = part->class;
		if (f->largest[part->class] == p)
			continue;
		part->number = f->class_count++;
		f->size[part->class] -= part->count;
		f->size[part->number] = part->count;
	}
	for (uint32_t i = 0; i < f->look_count; i++) {
		uint32_t v = f->look[i], number = f->part[f->part_of[i]].number;

		if (f->class[v] == number)
			continue;
		f->class[v] = number;
		for (uint32_t h = f->first_held[v]; h < f->first_held[v + 1]; h++)
			make_due(f, f->held[h]);
	}
}

/* Who is due is looked at next. */
static void turn(struct refinement *f)
{
	uint32_t *look = f->look;

	for (size_t p = 0; p < f->part_count; p++) {
		f->looked[f->part[p].class] = 0;
		f->largest[f->part[p].class] = LG_NONE;
	}
	f->look = f->due;
	f->look_count = f->due_count;
	f->due = look;
	f->due_count = 0;
	f->due_work = 0;
	for (uint32_t i = 0; i < f->look_count; i++)
		f->is_due[f->look[i]] = 0;
}

static bool refine(struct refinement *f, bool *coarse)
{
	uint64_t left = LG_CUT_MAX_WORK;

	for (uint32_t v = 1; v < f->region->count; v++)
		make_due(f, v);
	while (f->due_count && !*coarse) {
		*coarse = f->due_work > left;
		if (*coarse)
			break;
		left -= f->due_work;
		turn(f);
		if (!find_parts(f))
			return false;
		*coarse = choose_largest(f) > LG_CUT_MAX_CLASSES;
		if (!*coarse)
			renumber(f);
	}
	return true;
}

static bool take_arrays(struct refinement *f)
{
	size_t count = f->region->count, classes = LG_CUT_MAX_CLASSES;

	f->size = lg_alloc_zero(classes, sizeof *f->size);
	f->looked = lg_alloc_zero(classes, sizeof *f->looked);
	f->largest = lg_alloc(classes, sizeof *f->largest);
	f->look = lg_alloc(count, sizeof *f->look);
	f->part_of = lg_alloc(count, sizeof *f->part_of);
	f->due = lg_alloc(count, sizeof *f->due);
	f->is_due = lg_alloc_zero(count, sizeof *f->is_due);
	if (!f->size || !f->looked || !f->largest || !f->look || !f->part_of || !f->due ||
	    !f->is_due)
		return false;
	memset(f->largest, 0xff, classes * sizeof *f->largest);
	for (uint32_t v = 1; v < count; v++)
		f->size[f->class[v]] += f->head[v] == v;
	return true;
}

/* As they are met, so those of fixed nodes first. */
static bool tell_classes(const struct refinement *f, uint32_t *class_of, uint32_t *fixed_classes,
			 uint32_t *classes)
{
	lg_cleanup(lg_free) uint32_t *number = lg_alloc_zero(f->class_count, sizeof *number);

	if (!number)
		return false;
	*classes = *fixed_classes = 1;
	class_of[0] = 0;
	for (uint32_t v = 1; v < f->region->count; v++) {
		uint32_t *own = &number[f->class[f->head[v]]];

		if (!*own)
			*own = (*classes)++;
		class_of[v] = *own;
		if (v == f->region->fixed_count)
			*fixed_classes = *classes;
	}
	return true;
}

enum lg_status lg_cut_classes(const struct lg_cut_region *region, uint32_t *class_of,
			      uint32_t *fixed_classes, uint32_t *classes, bool *coarse,
			      struct lg_error *err)
{
	lg_cleanup(release) struct refinement f = {
		.region = region,
		.class = lg_alloc_zero(region->count, sizeof *f.class),
		.head = lg_alloc(region->count, sizeof *f.head),
	};
	bool there;

	*coarse = false;
	if (!f.class || !f.head || !paint(&f))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", region->count);
	if (f.class_count > LG_CUT_MAX_CLASSES)
		return lg_fail(err, LG_E_LIMIT,
			       "%u kinds of holders lie between the roots and this group, at most "
			       "%u can be compared: ask for a smaller group",
			       f.class_count, LG_CUT_MAX_CLASSES);
	there = sort_ways(&f);
	if (there) {
		find_chains(&f);
		there = sort_held(&f) && take_arrays(&f) && refine(&f, coarse) &&
			tell_classes(&f, class_of, fixed_classes, classes);
	}
	if (!there)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", region->count);
	return LG_OK;
}
