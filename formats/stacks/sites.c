/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/stacks/stacks.h"

#define MAX_FRAMES 128 /* of a traceback; tracemalloc's own bound can be any */
#define FILE_COLUMNS 400

/* A traceback, while its frames are named. */
struct traceback {
	const struct lg_analysis *analysis;
	struct lg_stack_frame frame[MAX_FRAMES];
	struct lg_buffer file[MAX_FRAMES], name[MAX_FRAMES];
	bool failed;
};

static void traceback_close(struct traceback *traceback)
{
	for (size_t i = 0; i < MAX_FRAMES; i++) {
		lg_buffer_free(&traceback->file[i]);
		lg_buffer_free(&traceback->name[i]);
	}
}

static void name_frame(struct traceback *traceback, size_t at, const struct lg_site *site)
{
	struct lg_text path = lg_snapshot_string(traceback->analysis->snapshot, site->file);
	struct lg_buffer *file = &traceback->file[at], *name = &traceback->name[at];

	file->used = name->used = 0;
	lg_buffer_add(file, "");
	lg_buffer_name(file, path, 0, FILE_COLUMNS);
	lg_place_text(traceback->analysis, site->file, site->line, name);
	traceback->failed |= file->failed || name->failed;
	if (!traceback->failed)
		traceback->frame[at] =
			(struct lg_stack_frame){name->bytes, file->bytes, site->line};
}

/* The frames of a site, the outermost first; those beyond MAX_FRAMES are left out there. */
static size_t name_frames(struct traceback *traceback, uint32_t innermost)
{
	const struct lg_snapshot *s = traceback->analysis->snapshot;
	size_t depth = 0;

	for (uint32_t site = innermost; site != LG_NONE && depth < MAX_FRAMES;
	     site = s->sites[site].caller)
		depth++;
	for (uint32_t at = (uint32_t)depth, site = innermost; at-- > 0;
	     site = s->sites[site].caller)
		name_frame(traceback, at, &s->sites[site]);
	return depth;
}

struct site_sum {
	uint64_t objects, bytes;
};

static enum lg_status visit_sums(const struct lg_analysis *analysis, const struct site_sum *sum,
				 const struct lg_stack_visitor *visitor, struct lg_error *err)
{
	lg_cleanup(traceback_close) struct traceback traceback = {.analysis = analysis};
	enum lg_status status = LG_OK;

	for (uint32_t site = 0; site < analysis->snapshot->site_count && status == LG_OK; site++) {
		struct lg_stack stack = {
			.frame = traceback.frame,
			.objects = sum[site].objects,
			.bytes = sum[site].bytes,
		};

		if (!stack.objects)
			continue;
		stack.depth = name_frames(&traceback, site);
		status = traceback.failed ? lg_fail(err, LG_E_MEMORY, "no memory for a traceback")
					  : visitor->visit(visitor->context, &stack, err);
	}
	return status;
}

enum lg_status lg_stacks_of_sites(const struct lg_analysis *analysis,
				  const struct lg_stack_visitor *visitor, struct lg_error *err)
{
	static const struct lg_stack_frame untraced = {"(not traced)", "", 0};
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) struct site_sum *sum = lg_alloc_zero(s->site_count, sizeof *sum);
	struct lg_stack rest = {&untraced, 1, s->object_count - 1 - s->allocation_count,
				analysis->object_bytes};
	enum lg_status status;

	if (s->allocation_count == 0)
		return lg_fail(err, LG_E_NOT_FOUND,
			       "the dump has no sites of allocations: tracemalloc "
			       "did not run (python3 -X tracemalloc)");
	if (!sum)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u sites of allocations",
			       s->site_count);
	for (uint32_t i = 0; i < s->allocation_count; i++) {
		const struct lg_allocation *row = &s->allocations[i];

		sum[row->site].objects++;
		sum[row->site].bytes += s->shallow_bytes[row->object];
		rest.bytes -= s->shallow_bytes[row->object];
	}
	status = visit_sums(analysis, sum, visitor, err);
	return status == LG_OK && rest.objects ? visitor->visit(visitor->context, &rest, err)
					       : status;
}
