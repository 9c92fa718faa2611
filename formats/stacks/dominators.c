/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "analysis/garbage.h"
#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/stacks/stacks.h"

LG_DEFINE_CLEANUP(lg_tree_free, struct lg_tree *)
LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

#define FRAME_BYTES 512

/* The rows from the root down to the one at hand. */
struct climb {
	const struct lg_analysis *analysis;
	const struct lg_tree *tree;
	const struct lg_stack_visitor *visitor;
	struct lg_stack_frame *frame; /* by depth - 1 */
	char (*name)[FRAME_BYTES];
};

static void climb_close(struct climb *climb)
{
	free(climb->frame);
	free(climb->name);
}

static enum lg_status climb_open(struct climb *climb, uint32_t depth, struct lg_error *err)
{
	climb->frame = lg_alloc_zero(depth, sizeof *climb->frame);
	climb->name = lg_alloc(depth, sizeof *climb->name);
	if (!climb->frame || !climb->name)
		return lg_fail(err, LG_E_MEMORY, "no memory for stacks of %u frames", depth);
	for (uint32_t i = 0; i < depth; i++)
		climb->frame[i] = (struct lg_stack_frame){climb->name[i], "", 0};
	return LG_OK;
}

/* "[str] shop.models.Session", but "module shop.sessions": a type that the label implies is left
 * out. */
static void name_frame(struct climb *climb, const struct lg_tree_row *row)
{
	bool implied = lg_is_expected(climb->analysis, row->object);

	snprintf(climb->name[row->depth - 1], FRAME_BYTES, "%s%s%s", row->label,
		 implied || !row->type[0] ? "" : " ", implied ? "" : row->type);
}

/* What a row has beyond its children, which stand one deeper behind it. */
static struct lg_stack stack_of(const struct climb *climb, size_t index)
{
	static const struct lg_stack_frame small = {"(less than the least share)", "", 0};
	const struct lg_tree *tree = climb->tree;
	const struct lg_tree_row *row = &tree->row[index];
	struct lg_stack stack = {
		.frame = row->depth ? climb->frame : &small,
		.depth = row->depth ? row->depth : 1,
		.objects = row->retained_objects,
		.bytes = row->retained_bytes,
	};

	for (size_t i = index + 1; i < tree->row_count && tree->row[i].depth > row->depth; i++)
		if (tree->row[i].depth == row->depth + 1) {
			stack.objects -= tree->row[i].retained_objects;
			stack.bytes -= tree->row[i].retained_bytes;
		}
	return stack;
}

static enum lg_status visit(const struct lg_stack_visitor *visitor, const struct lg_stack *stack,
			    struct lg_error *err)
{
	if (stack->bytes == 0 && stack->objects == 0)
		return LG_OK;
	return visitor->visit(visitor->context, stack, err);
}

static enum lg_status visit_rows(struct climb *climb, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < climb->tree->row_count && status == LG_OK; i++) {
		struct lg_stack stack;

		if (climb->tree->row[i].depth)
			name_frame(climb, &climb->tree->row[i]);
		stack = stack_of(climb, i);
		status = visit(climb->visitor, &stack, err);
	}
	return status;
}

/* The largest piles by the names that reports give them, and the rest. */
static enum lg_status visit_garbage(const struct lg_analysis *analysis,
				    const struct lg_stack_visitor *visitor, struct lg_error *err)
{
	lg_cleanup(lg_pool_free_slot) struct lg_pool *pool = lg_pool_new();
	struct lg_stack_frame frame[] = {{"(garbage)", "", 0}, {"", "", 0}};
	struct lg_garbage_summary garbage;
	struct lg_stack rest = {frame, 2, 0, 0};
	enum lg_status status;

	if (!pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for garbage");
	status = lg_garbage_summarize(analysis, pool, &garbage, err);
	if (status == LG_OK)
		status = lg_pool_check(pool, err);
	if (status != LG_OK)
		return status;
	rest.objects = garbage.objects;
	rest.bytes = garbage.bytes;
	for (size_t i = 0; i < garbage.pile_count && status == LG_OK; i++) {
		const struct lg_garbage_pile *pile = &garbage.pile[i];
		struct lg_stack stack = {frame, 2, pile->objects, pile->bytes};

		frame[1].name = pile->type;
		rest.objects -= pile->objects;
		rest.bytes -= pile->bytes;
		status = visit(visitor, &stack, err);
	}
	frame[1].name = "(other)";
	return status == LG_OK ? visit(visitor, &rest, err) : status;
}

enum lg_status lg_stacks_of_dominators(struct lg_analysis *analysis, uint32_t depth,
				       double min_share, const struct lg_stack_visitor *visitor,
				       struct lg_error *err)
{
	lg_cleanup(lg_tree_free_slot) struct lg_tree *tree = NULL;
	lg_cleanup(climb_close) struct climb climb = {.analysis = analysis, .visitor = visitor};
	enum lg_status status = climb_open(&climb, depth, err);

	if (status == LG_OK)
		status = lg_tree_build(analysis, depth, min_share, &tree, err);
	climb.tree = tree;
	if (status == LG_OK)
		status = visit_rows(&climb, err);
	if (status == LG_OK)
		status = visit_garbage(analysis, visitor, err);
	return status;
}
