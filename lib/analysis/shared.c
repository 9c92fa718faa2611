/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/seeds.h"
#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"

/*
 * Objects that several others hold hang in the dominator tree from what all of
 * them hang from (`parent`), and the tree does not say who they are. The
 * referrers do: each lies under one child of parent, and those children are
 * the holders.
 */

/* Positions of the children of a node, ascending, for a binary search. */
struct children {
	uint32_t *position;
	size_t count;
};

static void free_children(struct children *children)
{
	free(children->position);
}

static enum lg_status list_children(const struct lg_analysis *analysis, uint32_t parent,
				    struct children *out, struct lg_error *err)
{
	const struct lg_dominators *d = analysis->dominators;
	uint32_t end = lg_child_end(d, parent);
	size_t capacity = 0;

	for (uint32_t p = lg_child_first(d, parent); p < end; p = lg_child_next(d, p)) {
		if (!lg_reserve(out->position, capacity, out->count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu children", out->count);
		out->position[out->count++] = p;
	}
	return LG_OK;
}

/* The child under which a node lies; LG_NONE where it does not (the parent itself). */
static uint32_t child_over(const struct lg_analysis *analysis, const struct children *children,
			   uint32_t node)
{
	const struct lg_dominators *d = analysis->dominators;
	uint32_t position = d->position[node];
	size_t low = lg_bisect(at, children->count, children->position[at] <= position);

	if (low == 0)
		return LG_NONE;
	uint32_t child = d->order[children->position[low - 1]];
	return position - d->position[child] < d->subtree[child] ? child : LG_NONE;
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

static void holders_of(const struct lg_analysis *analysis, const struct children *children,
		       uint32_t parent, uint32_t node, struct lg_also *out)
{
	const struct lg_referrers *r = analysis->referrers;
	uint32_t end = r->first[node + 1];

	*out = (struct lg_also){0};
	if (end - r->first[node] > MAX_REFERRERS_SEEN)
		end = r->first[node] + MAX_REFERRERS_SEEN;
	for (uint32_t i = r->first[node]; i < end; i++) {
		uint32_t referrer = r->source[i], child;

		if (analysis->dominators->immediate[referrer] == LG_NONE)
			continue;
		child = child_over(analysis, children, referrer);
		if (child != LG_NONE && !is_peer(analysis, parent, child, node))
			note_holder(out, child, referrer);
	}
}

enum lg_status lg_find_also(struct lg_analysis *analysis, uint32_t parent, uint32_t node,
			    struct lg_also *out, struct lg_error *err)
{
	lg_cleanup(free_children) struct children children = {0};
	enum lg_status status = lg_analysis_need_referrers(analysis, err);

	if (status == LG_OK)
		status = list_children(analysis, parent, &children, err);
	if (status != LG_OK)
		return status;
	holders_of(analysis, &children, parent, node, out);
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
	lg_cleanup(free_children) struct children children = {0};
	lg_cleanup(lg_free) struct keyed *keyed = lg_alloc(count, sizeof *keyed);
	lg_cleanup(lg_free) uint64_t *sets = lg_alloc(count, sizeof *sets);
	enum lg_status status = lg_analysis_need_referrers(analysis, err);

	*set = NULL;
	if (status == LG_OK)
		status = list_children(analysis, parent, &children, err);
	if (status != LG_OK)
		return status;
	if (!keyed || !sets)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u shared objects", count);
	for (uint32_t i = 0; i < count; i++) {
		struct lg_also also;

		holders_of(analysis, &children, parent, member[i], &also);
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
