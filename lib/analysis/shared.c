/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/seeds.h"
#include "base/array.h"
#include "base/cleanup.h"

/*
 * Objects that several others hold hang in the dominator tree from what all of
 * them hang from (`parent`), and the tree does not say who they are. The
 * referrers do: each lies under one child of parent, and those children are
 * the holders.
 */

/*
 * The children of one node by position: a bit for each, relative to the node's
 * own position, and for each word of bits the last child before it. Whole
 * reports ask of few nodes, again and again, so the last table is kept.
 */
struct lg_children {
	uint32_t parent;
	uint64_t *is_child;
	uint32_t *before; /* relative as well; 0, the parent itself: none */
};

void lg_children_free(struct lg_children *children)
{
	if (!children)
		return;
	free(children->is_child);
	free(children->before);
	free(children);
}

#define AHEAD 16

static void mark_children(const struct lg_dominators *d, struct lg_children *c)
{
	uint32_t start = d->position[c->parent], end = lg_child_end(d, c->parent), last = 0;

	for (uint32_t p = start + 1; p < end; p = lg_child_next(d, p)) {
		if (end - p > AHEAD)
			__builtin_prefetch(&d->subtree[d->order[p + AHEAD]]);
		lg_bit_set(c->is_child, p - start);
	}
	for (size_t word = 0; word < lg_bit_words(end - start); word++) {
		c->before[word] = last;
		if (c->is_child[word])
			last = (uint32_t)(64 * word) + 63 -
			       (uint32_t)__builtin_clzll(c->is_child[word]);
	}
}

static enum lg_status need_children(struct lg_analysis *analysis, uint32_t parent,
				    struct lg_error *err)
{
	size_t words = lg_bit_words(analysis->dominators->subtree[parent]);
	struct lg_children *c = analysis->children;

	if (c && c->parent == parent)
		return LG_OK;
	lg_children_free(c);
	analysis->children = c = lg_alloc_zero(1, sizeof *c);
	if (c) {
		c->parent = parent;
		c->is_child = lg_alloc_zero(words, sizeof *c->is_child);
		c->before = lg_alloc(words, sizeof *c->before);
	}
	if (!c || !c->is_child || !c->before) {
		lg_children_free(lg_take(analysis->children));
		return lg_fail(err, LG_E_MEMORY, "no memory for what an object keeps: %zu bytes",
			       words * (sizeof *c->is_child + sizeof *c->before));
	}
	mark_children(analysis->dominators, c);
	return LG_OK;
}

/* The child under which a node lies; LG_NONE where it does not (the parent itself). */
static uint32_t child_over(const struct lg_analysis *analysis, uint32_t node)
{
	const struct lg_dominators *d = analysis->dominators;
	const struct lg_children *c = analysis->children;
	uint32_t start = d->position[c->parent], at = d->position[node] - start, child;
	uint64_t up_to;

	if (at >= d->subtree[c->parent])
		return LG_NONE;
	up_to = c->is_child[at / 64] & UINT64_MAX >> (63 - at % 64);
	child = up_to ? at / 64 * 64 + 63 - (uint32_t)__builtin_clzll(up_to) : c->before[at / 64];
	return child ? d->order[start + child] : LG_NONE;
}

/* Siblings that hold each other (a doubly linked list) don't explain each other. */
static bool is_peer(const struct lg_analysis *analysis, uint32_t parent, uint32_t child,
		    uint32_t node)
{
	struct lg_group_key a, b;

	if (child == node)
		return true;
	/* Nearly all are told apart by this already; keys take look-ups. */
	if (analysis->snapshot->type[child] != analysis->snapshot->type[node] ||
	    (parent && analysis->via[child] != LG_NONE))
		return false;
	a = lg_key_of(analysis, parent, child);
	b = lg_key_of(analysis, parent, node);
	return a.label.kind == LG_STEP_SHARED && lg_keys_equal(&a, &b);
}

static void note_holder(struct lg_also *also, uint32_t child, uint32_t referrer)
{
	for (uint32_t i = 0; i < also->count; i++)
		if (also->child[i] == child)
			return;
	if (also->count == LG_MAX_ALSO) {
		also->more++;
		return;
	}
	also->child[also->count] = child;
	also->referrer[also->count++] = referrer;
}

/* More referrers than this of one object say no more. */
#define MAX_REFERRERS_SEEN 4096

static void holders_of(const struct lg_analysis *analysis, uint32_t parent, uint32_t node,
		       struct lg_also *out)
{
	const struct lg_referrers *r = analysis->referrers;
	uint32_t end = r->first[node + 1];

	*out = (struct lg_also){0};
	if (end - r->first[node] > MAX_REFERRERS_SEEN)
		end = r->first[node] + MAX_REFERRERS_SEEN;
	for (uint32_t i = r->first[node]; i < end; i++) {
		uint32_t referrer = r->source[i], child;

		child = child_over(analysis, referrer);
		if (child != LG_NONE && !is_peer(analysis, parent, child, node))
			note_holder(out, child, referrer);
	}
}

enum lg_status lg_find_also(struct lg_analysis *analysis, uint32_t parent, uint32_t node,
			    struct lg_also *out, struct lg_error *err)
{
	enum lg_status status = lg_analysis_need_referrers(analysis, err);

	if (status == LG_OK)
		status = need_children(analysis, parent, err);
	if (status != LG_OK)
		return status;
	holders_of(analysis, parent, node, out);
	return LG_OK;
}

struct keyed {
	uint64_t set;
	uint32_t node;
};

static int compare_keyed(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;

	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

static uint64_t set_number(const struct lg_also *also)
{
	uint64_t hash = 0;

	/* A sum, so that the order does not matter. */
	for (uint32_t i = 0; i < also->count; i++) {
		uint64_t mixed = (also->child[i] + 1) * 0x9e3779b97f4a7c15u;

		hash += (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9u;
	}
	return also->more ? 1 : hash;
}

enum lg_status lg_split_shared(struct lg_analysis *analysis, uint32_t parent, uint32_t *member,
			       uint32_t count, uint64_t **set, struct lg_error *err)
{
	lg_cleanup(lg_free) struct keyed *keyed = lg_alloc(count, sizeof *keyed);
	lg_cleanup(lg_free) uint64_t *sets = lg_alloc(count, sizeof *sets);
	enum lg_status status = lg_analysis_need_referrers(analysis, err);

	*set = NULL;
	if (status == LG_OK)
		status = need_children(analysis, parent, err);
	if (status != LG_OK)
		return status;
	if (!keyed || !sets)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u shared objects", count);
	for (uint32_t i = 0; i < count; i++) {
		struct lg_also also;

		holders_of(analysis, parent, member[i], &also);
		keyed[i] = (struct keyed){set_number(&also), member[i]};
	}
	qsort(keyed, count, sizeof *keyed, compare_keyed);
	for (uint32_t i = 0; i < count; i++) {
		member[i] = keyed[i].node;
		sets[i] = keyed[i].set;
	}
	*set = lg_take(sets);
	return LG_OK;
}
