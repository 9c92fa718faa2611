/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/word_map.h"
#include "waste/survey.h"

/*
 * Equal tuples and frozensets. Each object is known by one that is equal to it: a
 * string or number by the first of its group, a tuple by the first with the same
 * items, known so, in the same order; a frozenset by their set; all else by itself.
 * What is equal by an __eq__ alone is not: nobody knows that from outside.
 *
 * Items come before what they are in: a search in depth, with a stack of its own,
 * as tuples may be nested as deep as there are objects. A cycle, which they can't
 * make by themselves, ends at the one that is under way.
 */
struct step {
	uint32_t object, next; /* the reference to look at */
};

struct composed {
	const struct lg_snapshot *s;
	uint32_t tuple, frozenset; /* types */
	uint32_t *known_by;        /* of each object; 0: not yet */
	struct lg_word_map by_items; /* hash of items: object */
	struct step *stack;
	size_t depth, stack_capacity;
	uint32_t *items, *others; /* of the object at hand, and of one that may be equal */
	size_t item_capacity, other_capacity;
};

static void composed_release(struct composed *c)
{
	lg_word_map_free(&c->by_items);
	free(c->known_by);
	free(c->stack);
	free(c->items);
	free(c->others);
}

/* Is it one that is made of items, and wholly read? Without items there is one for all. */
static bool is_composed(const struct composed *c, uint32_t object)
{
	return object < c->s->inner_count &&
	       (c->s->type[object] == c->tuple || c->s->type[object] == c->frozenset) &&
	       !(c->s->flags[object] & LG_OBJECT_PARTIAL);
}

static int compare_numbers(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static uint32_t count_of(const struct composed *c, uint32_t object)
{
	return c->s->first_reference[object + 1] - c->s->first_reference[object];
}

/* What its items are known by; of a set in the order of their numbers. False: no memory. */
static bool read_items(const struct composed *c, uint32_t object, uint32_t **out, size_t *capacity)
{
	const uint32_t *target = c->s->ref_target + c->s->first_reference[object];
	uint32_t count = count_of(c, object);

	if (!lg_reserve(*out, *capacity, count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		(*out)[i] = c->known_by[target[i]] ? c->known_by[target[i]] : target[i];
	if (c->s->type[object] == c->frozenset)
		qsort(*out, count, sizeof **out, compare_numbers);
	return true;
}

/* The first object with these items, `object` where there is none before; 0: no memory. */
static uint32_t first_like(struct composed *c, uint32_t object)
{
	uint32_t count = count_of(c, object);
	uint64_t hash;

	if (!read_items(c, object, &c->items, &c->item_capacity))
		return 0;
	hash = XXH3_64bits_withSeed(c->items, count * sizeof *c->items, c->s->type[object]);
	for (;; hash++) {
		const uint32_t *other = lg_word_map_find(&c->by_items, hash += hash == 0);

		if (!other)
			return lg_word_map_set(&c->by_items, hash, object) ? object : 0;
		if (c->s->type[*other] != c->s->type[object] || count_of(c, *other) != count)
			continue;
		if (!read_items(c, *other, &c->others, &c->other_capacity))
			return 0;
		if (memcmp(c->items, c->others, count * sizeof *c->items) == 0)
			return *other;
	}
}

static bool push(struct composed *c, uint32_t object)
{
	if (!lg_reserve(c->stack, c->stack_capacity, c->depth + 1))
		return false;
	c->stack[c->depth++] = (struct step){object, c->s->first_reference[object]};
	c->known_by[object] = object; /* for who meets it again below itself */
	return true;
}

/* An item of the object on top that is to be known first; 0: none is left. */
static uint32_t next_item(struct composed *c, struct step *top)
{
	while (top->next < c->s->first_reference[top->object + 1]) {
		uint32_t target = c->s->ref_target[top->next++];

		if (c->known_by[target] == 0 && is_composed(c, target))
			return target;
	}
	return 0;
}

static bool know(struct composed *c, uint32_t object)
{
	if (!push(c, object))
		return false;
	while (c->depth) {
		struct step *top = &c->stack[c->depth - 1];
		uint32_t item = next_item(c, top), first;

		if (item) {
			if (!push(c, item))
				return false;
			continue;
		}
		c->depth--;
		first = first_like(c, top->object);
		if (!first)
			return false;
		c->known_by[top->object] = first;
	}
	return true;
}

/* Strings, bytes and numbers: by the first of each group. */
static bool know_leaves(struct composed *c)
{
	lg_cleanup(lg_free) uint32_t *first = lg_alloc_zero(c->s->equal_count, sizeof *first);

	for (uint32_t i = 0; first && i < c->s->equal_count; i++) {
		const struct lg_equal *row = &c->s->equals[i];

		if (!first[row->group])
			first[row->group] = row->object;
		c->known_by[row->object] = first[row->group];
	}
	return first != NULL;
}

/* The language makes those of classes and functions: bases, defaults, variables closed over. */
static bool is_made_by_language(const struct lg_waste_survey *survey, uint32_t function,
				uint32_t object)
{
	uint32_t holder = survey->analysis->dominators->immediate[object];

	return holder != LG_NONE && (survey->analysis->snapshot->type[holder] == function ||
				     lg_bit_get(survey->analysis->is_class, holder));
}

/* Rows as the dump has them of what is equal, ascending; groups of one are no harm. */
static enum lg_status list(const struct lg_waste_survey *survey, struct composed *c,
			   struct lg_equals *out, struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *group = lg_alloc_zero(c->s->inner_count, sizeof *group);
	uint32_t function = lg_waste_type(survey->analysis, "function"), groups = 0;
	size_t capacity = 0;

	for (uint32_t i = 1; group && i < c->s->inner_count; i++) {
		uint32_t *of;

		if (!is_composed(c, i) || is_made_by_language(survey, function, i))
			continue;
		of = &group[c->known_by[i]];
		if (!lg_reserve(out->row, capacity, out->count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for equal tuples");
		if (*of == 0)
			*of = ++groups;
		out->row[out->count++] = (struct lg_equal){i, *of - 1};
	}
	return group ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory for equal tuples");
}

enum lg_status lg_waste_compose(const struct lg_waste_survey *survey, struct lg_equals *out,
				struct lg_error *err)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	lg_cleanup(composed_release) struct composed c = {
		.s = s,
		.tuple = lg_waste_type(survey->analysis, "tuple"),
		.frozenset = lg_waste_type(survey->analysis, "frozenset"),
		.known_by = lg_alloc_zero(s->object_count, sizeof *c.known_by),
	};

	if (!c.known_by || !know_leaves(&c))
		return lg_fail(err, LG_E_MEMORY, "no memory to compare %u objects",
			       s->object_count);
	for (uint32_t i = 1; i < s->inner_count; i++)
		if (c.known_by[i] == 0 && is_composed(&c, i) && !know(&c, i))
			return lg_fail(err, LG_E_MEMORY, "no memory to compare tuples");
	return list(survey, &c, out, err);
}
