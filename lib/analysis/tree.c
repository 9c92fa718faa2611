/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/groups.h"
#include "analysis/subject.h"
#include "base/array.h"
#include "base/cleanup.h"

#define DEFAULT_DEPTH 4

LG_DEFINE_CLEANUP(lg_tree_free, struct lg_tree *)

/* A group that waits for its row, with all its members. */
struct pending {
	struct lg_group group;
	uint32_t *member;
	uint32_t depth;
};

struct walk {
	struct lg_analysis *analysis;
	struct lg_error *err;
	struct lg_tree *tree;
	const char *subject;  /* NULL: the roots */
	uint32_t *together;   /* what the first row keeps, and no member of it alone */
	uint32_t together_count;
	uint64_t whole_bytes; /* what the first row retains */
	uint64_t least_bytes;
	uint32_t max_depth;
	struct pending *stack;
	size_t count, capacity;
	size_t row_capacity;
	struct lg_tree_row *row; /* grows here, moves to the pool at the end */
	struct lg_grouper grouper;
};

static void free_walk(struct walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		free(walk->stack[i].member);
	free(walk->stack);
	free(walk->row);
	free(walk->together);
	lg_grouper_free(&walk->grouper);
}

void lg_tree_free(struct lg_tree *tree)
{
	if (!tree)
		return;
	lg_pool_free(tree->pool);
	free(tree);
}

static enum lg_status no_memory(const struct walk *walk)
{
	return lg_fail(walk->err, LG_E_MEMORY, "no memory for a tree of %zu rows",
		       walk->tree->row_count);
}

static enum lg_status add_row(struct walk *walk, const struct pending *pending)
{
	const struct lg_group *group = &pending->group;
	struct lg_buffer label = {0}, type = {0};
	struct lg_tree *tree = walk->tree;

	if (!lg_reserve(walk->row, walk->row_capacity, tree->row_count + 1))
		return no_memory(walk);
	if (pending->depth == 0)
		lg_buffer_add(&label, walk->subject ? walk->subject : "(all roots)");
	else
		lg_label_text(walk->analysis, group->key.label, group->count > 1, &label);
	if (pending->depth > 0 && group->key.type != LG_NONE)
		lg_object_type_text(walk->analysis, group->largest, group->count, &type);
	walk->row[tree->row_count++] = (struct lg_tree_row){
		.depth = pending->depth,
		.label = lg_buffer_keep(&label, tree->pool),
		.type = lg_buffer_keep(&type, tree->pool),
		.count = group->count,
		.shallow_bytes = group->shallow_bytes,
		.retained_bytes = group->retained_bytes,
		.retained_objects = group->retained_objects,
		.share = walk->whole_bytes
				 ? (double)group->retained_bytes / (double)walk->whole_bytes
				 : 0,
		.object = group->largest,
	};
	return LG_OK;
}

/* A single __dict__ is no row of its own: what it holds stands under its holder. */
static bool is_folded(const struct pending *pending)
{
	return pending->group.key.label.kind == LG_REF_DICT && pending->depth > 0;
}

static struct lg_group_key key_of_shared(const struct walk *walk, uint32_t node)
{
	return (struct lg_group_key){
		.label = {LG_STEP_SHARED, 0, 0},
		.type = walk->analysis->snapshot->type[node],
	};
}

static enum lg_status group_children(struct walk *walk, const struct pending *parent)
{
	uint32_t count = (uint32_t)parent->group.count;
	enum lg_status status =
		lg_group_children(walk->analysis, &walk->grouper, parent->member, count, walk->err);

	if (status != LG_OK || parent->depth > 0 || !walk->together_count)
		return status;
	for (uint32_t i = 0; i < walk->together_count; i++) {
		struct lg_group_key key = key_of_shared(walk, walk->together[i]);

		if (!lg_grouper_add(walk->analysis, &walk->grouper, &key, parent->member[0],
				    walk->together[i]))
			return no_memory(walk);
	}
	lg_grouper_sort(&walk->grouper);
	return LG_OK;
}

static enum lg_status find_members(struct walk *walk, const struct pending *parent,
				   struct pending *child)
{
	uint64_t end = child->group.count;
	enum lg_status status =
		lg_group_members(walk->analysis, parent->member, (uint32_t)parent->group.count,
				 &child->group, &child->member, walk->err);

	if (status != LG_OK || parent->depth > 0)
		return status;
	for (uint32_t i = 0; i < walk->together_count; i++) {
		struct lg_group_key key = key_of_shared(walk, walk->together[i]);

		if (lg_keys_equal(&key, &child->group.key))
			child->member[--end] = walk->together[i];
	}
	return LG_OK;
}

static enum lg_status push_children(struct walk *walk, const struct pending *parent)
{
	size_t heavy = 0;
	enum lg_status status = group_children(walk, parent);

	if (status != LG_OK)
		return status;
	while (heavy < walk->grouper.count &&
	       walk->grouper.group[heavy].retained_bytes >= walk->least_bytes)
		heavy++;
	/* The last pushed comes first. */
	for (size_t i = heavy; i-- > 0;) {
		struct pending child = {.group = walk->grouper.group[i]};

		child.depth = is_folded(parent) ? parent->depth : parent->depth + 1;
		if (!lg_reserve(walk->stack, walk->capacity, walk->count + 1))
			return no_memory(walk);
		status = find_members(walk, parent, &child);
		if (status != LG_OK)
			return status;
		walk->stack[walk->count++] = child;
	}
	return LG_OK;
}

/* Folded steps cost no depth, so that their number has a cap of its own. */
#define MAX_STEPS (4 * LG_MAX_TREE_ROWS)

static enum lg_status walk_down(struct walk *walk)
{
	for (size_t step = 0; walk->count && step < MAX_STEPS; step++) {
		struct pending pending = walk->stack[--walk->count];
		lg_cleanup(lg_free) uint32_t *member = pending.member;
		enum lg_status status = LG_OK;

		if (walk->tree->row_count == LG_MAX_TREE_ROWS) {
			walk->tree->more = true;
			return LG_OK;
		}
		if (!is_folded(&pending))
			status = add_row(walk, &pending);
		if (status == LG_OK && (pending.depth < walk->max_depth || is_folded(&pending)))
			status = push_children(walk, &pending);
		(void)member;
		if (status != LG_OK)
			return status;
	}
	walk->tree->more = walk->count > 0;
	return LG_OK;
}

/* ---- where it begins ---- */

static void begin_with(struct walk *walk, struct pending *first, double min_share)
{
	walk->whole_bytes = first->group.retained_bytes;
	walk->least_bytes = (uint64_t)(min_share * (double)walk->whole_bytes);
	walk->stack[walk->count++] = *first;
}

static enum lg_status push_root(struct walk *walk, double min_share)
{
	const struct lg_analysis *analysis = walk->analysis;
	struct pending root = {.group = {
				       .key = {.type = LG_NONE},
				       .count = 1,
				       .retained_bytes = analysis->reached_bytes,
				       .retained_objects = analysis->dominators->subtree[0] - 1,
			       }};

	root.member = lg_alloc_zero(1, sizeof *root.member);
	if (!root.member || !lg_reserve(walk->stack, walk->capacity, 1)) {
		free(root.member);
		return no_memory(walk);
	}
	begin_with(walk, &root, min_share);
	return LG_OK;
}

static void take_member(const struct lg_analysis *analysis, struct pending *first, uint32_t node)
{
	const struct lg_dominators *d = analysis->dominators;

	first->member[first->group.count++] = node;
	first->group.largest = node;
	first->group.retained_bytes += d->retained_bytes[node];
	first->group.retained_objects += d->subtree[node];
	first->group.shallow_bytes += analysis->snapshot->shallow_bytes[node];
}

static void take_together(struct walk *walk, struct pending *first, uint32_t node)
{
	const struct lg_dominators *d = walk->analysis->dominators;

	walk->together[walk->together_count++] = node;
	first->group.retained_bytes += d->retained_bytes[node];
	first->group.retained_objects += d->subtree[node];
}

/*
 * What would go with the subject, by its uppermost nodes: those of it are its first
 * row, the others are kept by several of it together.
 */
static enum lg_status split(struct walk *walk, const struct lg_subject *subject,
			    struct pending *first)
{
	const struct lg_analysis *analysis = walk->analysis;
	const struct lg_dominators *d = analysis->dominators;
	size_t words = lg_bit_words(analysis->graph->node_count);
	lg_cleanup(lg_free) uint64_t *goes = lg_alloc_zero(words, sizeof *goes);
	lg_cleanup(lg_free) uint64_t *member = lg_alloc_zero(words, sizeof *member);
	lg_cleanup(lg_free) uint32_t *node = NULL;
	uint32_t count;
	enum lg_status status = lg_set_retained_nodes(analysis->graph, subject->node,
						      subject->count, &node, &count, walk->err);

	if (status != LG_OK)
		return status;
	walk->together = lg_alloc(count, sizeof *walk->together);
	if (!goes || !member || !walk->together)
		return no_memory(walk);
	for (uint32_t i = 0; i < count; i++)
		lg_bit_set(goes, node[i]);
	for (uint32_t i = 0; i < subject->count; i++)
		lg_bit_set(member, lg_analysis_node(analysis, subject->node[i]));
	for (uint32_t i = 0; i < count; i++) {
		/* A folded dict is in its module. */
		if (d->immediate[node[i]] == LG_NONE || lg_bit_get(goes, d->immediate[node[i]]))
			continue;
		if (lg_bit_get(member, node[i]))
			take_member(analysis, first, node[i]);
		else
			take_together(walk, first, node[i]);
	}
	return LG_OK;
}

static enum lg_status push_subject(struct walk *walk, const char *text, double min_share)
{
	lg_cleanup(lg_subject_free) struct lg_subject subject = {0};
	struct pending first = {.group = {.key = {.type = LG_NONE}}};
	enum lg_status status = lg_subject_resolve(walk->analysis, text, &subject, walk->err);
	uint32_t node;

	if (status != LG_OK)
		return status;
	walk->subject = lg_subject_text(walk->analysis, &subject, walk->tree->pool);
	first.member = lg_alloc(subject.count, sizeof *first.member);
	if (!first.member || !lg_reserve(walk->stack, walk->capacity, 1)) {
		free(first.member);
		return no_memory(walk);
	}
	node = lg_analysis_node(walk->analysis, subject.node[0]);
	if (!subject.one_object)
		status = split(walk, &subject, &first);
	else if (walk->analysis->dominators->immediate[node] != LG_NONE)
		take_member(walk->analysis, &first, node);
	if (status == LG_OK && !first.group.count)
		status = lg_fail(walk->err, LG_E_NOT_FOUND,
				 "%s: garbage, which no root reaches, stands in no tree", text);
	if (status != LG_OK)
		free(first.member);
	else
		begin_with(walk, &first, min_share);
	return status;
}

static void keep_rows(struct walk *walk)
{
	struct lg_tree *tree = walk->tree;

	tree->row = lg_pool_array(tree->pool, tree->row_count, sizeof *tree->row);
	if (tree->row && tree->row_count)
		memcpy(tree->row, walk->row, tree->row_count * sizeof *tree->row);
}

enum lg_status lg_tree_build(struct lg_analysis *analysis, const char *subject, uint32_t depth,
			     double min_share, struct lg_tree **out, struct lg_error *err)
{
	lg_cleanup(lg_tree_free_slot) struct lg_tree *tree = calloc(1, sizeof *tree);
	lg_cleanup(free_walk) struct walk walk = {
		.analysis = analysis,
		.err = err,
		.tree = tree,
		.max_depth = depth ? depth : DEFAULT_DEPTH,
	};
	enum lg_status status;

	*out = NULL;
	if (tree)
		tree->pool = lg_pool_new();
	if (!tree || !tree->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a tree");
	lg_analysis_summary(analysis, tree->pool, &tree->summary);
	status = subject ? push_subject(&walk, subject, min_share) : push_root(&walk, min_share);
	if (status == LG_OK)
		status = walk_down(&walk);
	if (status != LG_OK)
		return status;
	keep_rows(&walk);
	status = lg_pool_check(tree->pool, err);
	if (status == LG_OK)
		*out = lg_take(tree);
	return status;
}
