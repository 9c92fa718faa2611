/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/garbage.h"
#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/stacks/stacks.h"

LG_DEFINE_CLEANUP(lg_tree_free, struct lg_tree *)
LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

/* The rows from the root down to the one at hand. */
struct climb {
	const struct lg_analysis *analysis;
	const struct lg_tree *tree;
	const struct lg_stack_visitor *visitor;
	uint32_t depth;               /* at most */
	struct lg_stack_frame *frame; /* by depth - 1 */
	struct lg_buffer *name;
};

static void climb_close(struct climb *climb)
{
	for (uint32_t i = 0; climb->name && i < climb->depth; i++)
		lg_buffer_free(&climb->name[i]);
	free(climb->frame);
	free(climb->name);
}

static enum lg_status climb_open(struct climb *climb, struct lg_error *err)
{
	climb->frame = lg_alloc_zero(climb->depth, sizeof *climb->frame);
	climb->name = lg_alloc_zero(climb->depth, sizeof *climb->name);
	if (!climb->frame || !climb->name)
		return lg_fail(err, LG_E_MEMORY, "no memory for stacks of %u frames", climb->depth);
	return LG_OK;
}

/* "[str] shop.models.Session"; of "module shop.sessions" the label says the type. */
static enum lg_status name_frame(struct climb *climb, const struct lg_tree_row *row,
				 struct lg_error *err)
{
	bool said = lg_is_expected(climb->analysis, row->object) &&
		    !lg_type_is_telling(climb->analysis, row->object);
	struct lg_buffer *name = &climb->name[row->depth - 1];

	name->used = 0;
	lg_buffer_add(name, row->label);
	if (!said && row->type[0]) {
		lg_buffer_add(name, " ");
		lg_buffer_add(name, row->type);
	}
	if (name->failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	climb->frame[row->depth - 1] = (struct lg_stack_frame){name->bytes, "", 0};
	return LG_OK;
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
		struct lg_stack stack = stack_of(climb, i);

		if (climb->tree->row[i].depth)
			status = name_frame(climb, &climb->tree->row[i], err);
		if (status == LG_OK)
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
	lg_cleanup(climb_close) struct climb climb = {
		.analysis = analysis,
		.visitor = visitor,
		.depth = depth,
	};
	enum lg_status status = climb_open(&climb, err);

	if (status == LG_OK)
		status = lg_tree_build(analysis, NULL, depth, min_share, &tree, err);
	climb.tree = tree;
	if (status == LG_OK)
		status = visit_rows(&climb, err);
	if (status == LG_OK)
		status = visit_garbage(analysis, visitor, err);
	return status;
}
