/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_STACKS_H
#define LG_STACKS_H

#include "leakgraph/analysis.h"

/*
 * The heap as a profile: bytes under stacks, each byte once. Who retains what
 * lies in the sum of a frame and those above it.
 */
struct lg_stack_frame {
	const char *name; /* "[str] shop.models.Session", "models.py:8" */
	const char *file; /* of a line of source, else "" */
	uint32_t line;    /* likewise, else 0 */
};

struct lg_stack {
	const struct lg_stack_frame *frame; /* the outermost first; valid during the call */
	size_t depth;                       /* at least 1 */
	uint64_t objects, bytes;            /* of the stack itself, without those above it */
};

struct lg_stack_visitor {
	enum lg_status (*visit)(void *context, const struct lg_stack *stack, struct lg_error *err);
	void *context;
};

/*
 * Along the dominator tree, equal siblings merged: a frame is what stands in a
 * line of `leakgraph tree`. What retains less than min_share (0 .. 1) of what
 * roots reach, or stands deeper than `depth`, counts for its holder. Garbage
 * stands below "(garbage)", by the types of its heads.
 */
enum lg_status lg_stacks_of_dominators(struct lg_analysis *analysis, uint32_t depth,
				       double min_share, const struct lg_stack_visitor *visitor,
				       struct lg_error *err) LG_MUST_CHECK;

/*
 * By tracebacks of the allocations, as tracemalloc has them: a frame is a line
 * of source. What has none stands below "(not traced)". LG_E_NOT_FOUND where
 * tracemalloc did not run.
 */
enum lg_status lg_stacks_of_sites(const struct lg_analysis *analysis,
				  const struct lg_stack_visitor *visitor,
				  struct lg_error *err) LG_MUST_CHECK;

#endif
