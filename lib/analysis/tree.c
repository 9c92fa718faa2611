/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/groups.h"
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
		lg_buffer_add(&label, "(all roots)");
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
		.share = walk->analysis->reached_bytes
				 ? (double)group->retained_bytes /
					   (double)walk->analysis->reached_bytes
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

static enum lg_status push_children(struct walk *walk, const struct pending *parent)
{
	uint32_t count = (uint32_t)parent->group.count;
	size_t heavy = 0;
	enum lg_status status =
		lg_group_children(walk->analysis, &walk->grouper, parent->member, count, walk->err);

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
		status = lg_group_members(walk->analysis, parent->member, count, &child.group,
					  &child.member, walk->err);
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

static enum lg_status push_root(struct walk *walk)
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
	walk->stack[walk->count++] = root;
	return LG_OK;
}

static void keep_rows(struct walk *walk)
{
	struct lg_tree *tree = walk->tree;

	tree->row = lg_pool_array(tree->pool, tree->row_count, sizeof *tree->row);
	if (tree->row && tree->row_count)
		memcpy(tree->row, walk->row, tree->row_count * sizeof *tree->row);
}

enum lg_status lg_tree_build(struct lg_analysis *analysis, uint32_t depth, double min_share,
			     struct lg_tree **out, struct lg_error *err)
{
	lg_cleanup(lg_tree_free_slot) struct lg_tree *tree = calloc(1, sizeof *tree);
	lg_cleanup(free_walk) struct walk walk = {
		.analysis = analysis,
		.err = err,
		.tree = tree,
		.max_depth = depth ? depth : DEFAULT_DEPTH,
		.least_bytes = (uint64_t)(min_share * (double)analysis->reached_bytes),
	};
	enum lg_status status;

	*out = NULL;
	if (tree)
		tree->pool = lg_pool_new();
	if (!tree || !tree->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a tree");
	lg_analysis_summary(analysis, tree->pool, &tree->summary);
	status = push_root(&walk);
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
