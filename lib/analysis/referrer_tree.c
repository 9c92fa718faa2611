/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/groups.h"
#include "analysis/subject.h"
#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "graph/fold.h"
#include "leakgraph/referrers.h"

#define DEFAULT_DEPTH 4
#define DEFAULT_TOP   5
#define MOST_DEPTH    62

/*
 * Rows are expanded breadth first, so that an object is followed where it is
 * nearest. The rows under one another stand together in that order, from
 * `first` on; only at the end are they put into that of a tree.
 */
struct branch {
	struct lg_referrer_row row;
	struct lg_group_key key;
	uint32_t *member; /* the referrers; NULL once expanded, and where there is nothing to follow */
	uint32_t member_count;
	size_t first, count; /* of the branches under it */
};

struct weak_reference {
	uint32_t target, holder, reference;
};

/* That `holder` refers to `target` by a label and is of a type: a group. */
struct seen {
	uint32_t group, holder, target;
};

struct climb {
	struct lg_analysis *analysis;
	struct lg_error *err;
	uint32_t depth, top;
	struct branch *branch; /* the first is what was asked about */
	size_t count, capacity;
	struct weak_reference *weak; /* by target */
	size_t weak_count;
	uint64_t *followed, *wanted, *met; /* a bit for each node */
	struct lg_grouper grouper;         /* of one step */
	struct seen *seen;                 /* likewise */
	size_t seen_count, seen_capacity;
	struct lg_pool *pool;
};

LG_DEFINE_CLEANUP(lg_referrer_tree_free, struct lg_referrer_tree *)

static void climb_release(struct climb *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->branch[i].member);
	free(c->branch);
	free(c->weak);
	free(c->followed);
	free(c->wanted);
	free(c->met);
	free(c->seen);
	lg_grouper_free(&c->grouper);
}

static enum lg_status no_memory(const struct climb *c)
{
	return lg_fail(c->err, LG_E_MEMORY, "no memory for a tree of %zu rows of referrers", c->count);
}

static int by_target(const void *left, const void *right)
{
	const struct weak_reference *a = left, *b = right;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->reference > b->reference) - (a->reference < b->reference);
}

/* The graph has none of them. */
static enum lg_status list_weak(struct climb *c)
{
	const struct lg_snapshot *s = c->analysis->snapshot;
	size_t count = 0;

	for (uint32_t r = 0; r < s->reference_count; r++)
		count += s->ref_kind[r] == LG_REF_WEAK;
	c->weak = lg_alloc(count, sizeof *c->weak);
	if (!c->weak)
		return no_memory(c);
	for (uint32_t object = 1; object < s->inner_count && c->weak_count < count; object++)
		for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++)
			if (s->ref_kind[r] == LG_REF_WEAK)
				c->weak[c->weak_count++] = (struct weak_reference){
					lg_analysis_node(c->analysis, s->ref_target[r]),
					lg_analysis_node(c->analysis, object), r};
	if (c->weak_count)
		qsort(c->weak, c->weak_count, sizeof *c->weak, by_target);
	return LG_OK;
}

static enum lg_status prepare(struct climb *c)
{
	size_t words = lg_bit_words(c->analysis->snapshot->object_count);
	enum lg_status status = lg_analysis_need_referrers(c->analysis, c->err);

	if (status != LG_OK)
		return status;
	c->followed = lg_alloc_zero(words, sizeof *c->followed);
	c->wanted = lg_alloc_zero(words, sizeof *c->wanted);
	c->met = lg_alloc_zero(words, sizeof *c->met);
	if (!c->followed || !c->wanted || !c->met)
		return no_memory(c);
	return list_weak(c);
}

/* ---- one step up ---- */

static enum lg_status note(struct climb *c, const struct lg_group_key *key, uint32_t holder,
			   uint32_t target)
{
	struct lg_group *group = lg_grouper_group(&c->grouper, key, holder, target);

	if (!group || !lg_reserve(c->seen, c->seen_capacity, c->seen_count + 1))
		return no_memory(c);
	c->seen[c->seen_count++] = (struct seen){
		(uint32_t)(group - c->grouper.group), holder, target};
	return LG_OK;
}

static enum lg_status note_reference(struct climb *c, uint32_t holder, uint32_t reference,
				     uint32_t target)
{
	struct lg_group_key key = lg_key_of(c->analysis, holder, holder);

	key.label = lg_label_of(c->analysis, holder, reference);
	return note(c, &key, holder, target);
}

static enum lg_status note_root(struct climb *c, uint32_t target)
{
	const struct lg_root *root = lg_analysis_root(c->analysis, target);
	uint32_t index;

	if (!root)
		return LG_OK;
	index = (uint32_t)(root - c->analysis->snapshot->roots);
	return note(c,
		    &(struct lg_group_key){
			    .label = {LG_STEP_ROOT, c->analysis->root_alias[index], 0},
			    .type = LG_NONE,
		    },
		    0, target);
}

static enum lg_status note_weak(struct climb *c, uint32_t target)
{
	enum lg_status status = LG_OK;

	for (size_t i = lg_bisect(at, c->weak_count, c->weak[at].target < target);
	     i < c->weak_count && c->weak[i].target == target && status == LG_OK; i++)
		if (c->weak[i].holder != target)
			status = note_reference(c, c->weak[i].holder, c->weak[i].reference, target);
	return status;
}

/* Of one referrer: its whole row is read, once, whatever number of the members it refers to. */
static enum lg_status note_row(struct climb *c, uint32_t object, uint32_t holder)
{
	const struct lg_snapshot *s = c->analysis->snapshot;
	enum lg_status status = LG_OK;

	if (object >= s->inner_count)
		return LG_OK;
	for (uint32_t r = s->first_reference[object];
	     r < s->first_reference[object + 1] && status == LG_OK; r++) {
		uint32_t target = lg_analysis_node(c->analysis, s->ref_target[r]);

		if (lg_bit_get(c->wanted, target) &&
		    lg_reference_counts(s->ref_kind[r], holder, target))
			status = note_reference(c, holder, r, target);
	}
	return status;
}

static enum lg_status note_referrers(struct climb *c, uint32_t target)
{
	const struct lg_referrers *referrers = c->analysis->referrers;
	enum lg_status status = LG_OK;

	for (uint32_t i = referrers->first[target]; i < referrers->first[target + 1]; i++) {
		uint32_t holder = referrers->source[i];

		if (holder == 0 || lg_bit_get(c->met, holder))
			continue;
		lg_bit_set(c->met, holder);
		status = note_row(c, holder, holder);
		if (status == LG_OK)
			status = note_row(c, lg_graph_folded_into(c->analysis->graph, holder), holder);
		if (status != LG_OK)
			return status;
	}
	return status;
}

/* What refers to the members, into `seen`. */
static enum lg_status look_up(struct climb *c, const uint32_t *member, uint32_t count)
{
	const struct lg_referrers *referrers = c->analysis->referrers;
	enum lg_status status = LG_OK;

	lg_grouper_clear(&c->grouper);
	c->seen_count = 0;
	for (uint32_t i = 0; i < count; i++)
		lg_bit_set(c->wanted, member[i]);
	for (uint32_t i = 0; i < count && status == LG_OK; i++) {
		status = note_referrers(c, member[i]);
		if (status == LG_OK)
			status = note_root(c, member[i]);
		if (status == LG_OK)
			status = note_weak(c, member[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		lg_bit_clear(c->wanted, member[i]);
		for (uint32_t e = referrers->first[member[i]]; e < referrers->first[member[i] + 1]; e++)
			lg_bit_clear(c->met, referrers->source[e]);
	}
	return status;
}

/* ---- its rows ---- */

static int by_holder(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->holder > b->holder) - (a->holder < b->holder);
}

static int by_position(const void *left, const void *right, void *context)
{
	const uint32_t *position = context;
	const struct seen *a = left, *b = right;

	if (position[a->target] != position[b->target])
		return position[a->target] < position[b->target] ? -1 : 1;
	return (a->target > b->target) - (a->target < b->target);
}

/* Of one group's `seen`; puts them into the order of the dominator tree. */
static void measure_targets(const struct lg_analysis *analysis, struct seen *seen, size_t count,
			    struct lg_referrer_row *row)
{
	const struct lg_dominators *d = analysis->dominators;
	uint32_t covered = 0;

	qsort_r(seen, count, sizeof *seen, by_position, d->position);
	for (size_t i = 0; i < count; i++) {
		uint32_t target = seen[i].target;

		if (i && seen[i - 1].target == target)
			continue;
		row->targets++;
		if (d->position[target] == LG_NONE || d->position[target] < covered)
			continue;
		row->held_bytes += d->retained_bytes[target];
		covered = d->position[target] + d->subtree[target];
	}
}

static enum lg_status take_members(struct climb *c, struct seen *seen, size_t count,
				   struct branch *out)
{
	out->row.references = count;
	out->member = lg_alloc(count, sizeof *out->member);
	if (!out->member)
		return no_memory(c);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || seen[i].holder != seen[i - 1].holder)
			out->member[out->member_count++] = seen[i].holder;
	out->row.count = out->member_count;
	out->row.object = out->member[0];
	return LG_OK;
}

static void name_row(struct climb *c, struct branch *own)
{
	struct lg_referrer_row *row = &own->row;
	struct lg_buffer label = {0}, type = {0};

	lg_label_text(c->analysis, own->key.label, row->references > 1, &label);
	if (!row->root)
		lg_object_type_text(c->analysis, row->object, row->count, &type);
	row->label = lg_buffer_keep(&label, c->pool);
	row->type = lg_buffer_keep(&type, c->pool);
}

static int by_weight(const void *left, const void *right)
{
	const struct branch *a = left, *b = right;

	if (a->row.weak != b->row.weak)
		return a->row.weak ? 1 : -1;
	if (a->row.held_bytes != b->row.held_bytes)
		return a->row.held_bytes > b->row.held_bytes ? -1 : 1;
	if (a->row.references != b->row.references)
		return a->row.references > b->row.references ? -1 : 1;
	return (a->row.object > b->row.object) - (a->row.object < b->row.object);
}

static void free_from(struct climb *c, size_t count)
{
	while (c->count > count)
		free(c->branch[--c->count].member);
}

/* Branches for all groups of this step, of which those that weigh most stay. */
static enum lg_status add_branches(struct climb *c, size_t parent)
{
	size_t first = c->count, added;
	enum lg_status status = LG_OK;

	if (c->seen_count)
		qsort(c->seen, c->seen_count, sizeof *c->seen, by_holder);
	for (size_t i = 0, end; i < c->seen_count && status == LG_OK; i = end) {
		struct branch *own;

		for (end = i; end < c->seen_count && c->seen[end].group == c->seen[i].group; end++)
			;
		if (!lg_reserve(c->branch, c->capacity, c->count + 1))
			return no_memory(c);
		own = &c->branch[c->count++];
		*own = (struct branch){
			.row.depth = c->branch[parent].row.depth + 1,
			.key = c->grouper.group[c->seen[i].group].key,
		};
		own->row.root = own->key.label.kind == LG_STEP_ROOT;
		own->row.weak = own->key.label.kind == LG_REF_WEAK;
		status = take_members(c, c->seen + i, end - i, own);
		measure_targets(c->analysis, c->seen + i, end - i, &own->row);
	}
	added = c->count - first;
	if (added)
		qsort(c->branch + first, added, sizeof *c->branch, by_weight);
	if (added > c->top) {
		free_from(c, first + c->top);
		c->branch[parent].row.more = added - c->top;
		added = c->top;
	}
	for (size_t i = first; i < first + added; i++)
		name_row(c, &c->branch[i]);
	c->branch[parent].first = first;
	c->branch[parent].count = added;
	return status;
}

/* Those that are followed nowhere yet; their number. */
static uint32_t keep_fresh(struct climb *c, uint32_t *member, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (member[i] == 0 || lg_bit_get(c->followed, member[i]))
			continue;
		lg_bit_set(c->followed, member[i]);
		member[kept++] = member[i];
	}
	return kept;
}

static enum lg_status expand(struct climb *c, size_t at)
{
	struct branch *own = &c->branch[at];
	lg_cleanup(lg_free) uint32_t *member = own->member;
	uint32_t count;
	enum lg_status status;

	own->member = NULL;
	if (own->row.root || own->row.weak || own->row.depth >= c->depth)
		return LG_OK;
	count = keep_fresh(c, member, own->member_count);
	own->row.again = count == 0;
	if (count == 0)
		return LG_OK;
	status = look_up(c, member, count);
	return status == LG_OK ? add_branches(c, at) : status;
}

/* ---- the whole ---- */

static enum lg_status begin(struct climb *c, const struct lg_subject *subject)
{
	struct branch *top;

	if (!lg_reserve(c->branch, c->capacity, 1))
		return no_memory(c);
	top = &c->branch[c->count++];
	*top = (struct branch){.member = lg_alloc(subject->count, sizeof *top->member)};
	if (!top->member)
		return no_memory(c);
	top->member_count = subject->count;
	for (uint32_t i = 0; i < subject->count; i++)
		top->member[i] = lg_analysis_node(c->analysis, subject->node[i]);
	return LG_OK;
}

/* Each branch before those under it: a stack of where to go on, one for each depth. */
static void put_rows(const struct climb *c, struct lg_referrer_tree *tree, size_t *next)
{
	uint32_t depth = 0;
	size_t path[MOST_DEPTH + 2] = {0};

	next[0] = c->branch[0].first;
	for (;;) {
		const struct branch *own = &c->branch[path[depth]];

		if (next[depth] == own->first + own->count) {
			if (depth-- == 0)
				return;
			continue;
		}
		path[depth + 1] = next[depth]++;
		depth++;
		tree->row[tree->row_count++] = c->branch[path[depth]].row;
		next[depth] = c->branch[path[depth]].first;
	}
}

static enum lg_status climb_up(struct climb *c, const struct lg_subject *subject,
			       struct lg_referrer_tree *tree)
{
	enum lg_status status = prepare(c);
	size_t next[MOST_DEPTH + 2];

	if (status == LG_OK)
		status = begin(c, subject);
	for (size_t i = 0; i < c->count && status == LG_OK; i++) {
		tree->cut_off = c->count > LG_MAX_TREE_ROWS;
		if (tree->cut_off)
			break;
		status = expand(c, i);
	}
	if (status != LG_OK)
		return status;
	tree->more = c->branch[0].row.more;
	tree->row = lg_pool_array(c->pool, c->count, sizeof *tree->row);
	if (tree->row)
		put_rows(c, tree, next);
	return LG_OK;
}

enum lg_status lg_referrer_tree_build(struct lg_analysis *analysis, const char *text, uint32_t depth,
				      uint32_t top, struct lg_referrer_tree **out,
				      struct lg_error *err)
{
	lg_cleanup(lg_referrer_tree_free_slot) struct lg_referrer_tree *tree = calloc(1, sizeof *tree);
	lg_cleanup(lg_subject_free) struct lg_subject subject = {0};
	lg_cleanup(climb_release) struct climb c = {
		.analysis = analysis,
		.err = err,
		.depth = depth == 0 ? DEFAULT_DEPTH : depth < MOST_DEPTH ? depth : MOST_DEPTH,
		.top = top ? top : DEFAULT_TOP,
	};
	enum lg_status status;

	*out = NULL;
	if (tree)
		tree->pool = lg_pool_new();
	if (!tree || !tree->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a tree of referrers");
	c.pool = tree->pool;
	status = lg_subject_resolve(analysis, text, &subject, err);
	if (status != LG_OK)
		return status;
	lg_analysis_summary(analysis, tree->pool, &tree->summary);
	tree->subject = lg_subject_text(analysis, &subject, tree->pool);
	tree->count = subject.count;
	status = lg_set_retained(analysis->graph, subject.node, subject.count, &tree->retained_bytes,
				 err);
	if (status == LG_OK)
		status = climb_up(&c, &subject, tree);
	if (status == LG_OK)
		status = lg_pool_check(tree->pool, err);
	if (status == LG_OK)
		*out = lg_take(tree);
	return status;
}

void lg_referrer_tree_free(struct lg_referrer_tree *tree)
{
	if (!tree)
		return;
	lg_pool_free(tree->pool);
	free(tree);
}
