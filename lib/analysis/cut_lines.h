/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_CUT_LINES_H
#define LG_ANALYSIS_CUT_LINES_H

#include "analysis/cut_rule.h"
#include "leakgraph/cut.h"

/* A cut, and its places as they are told. */
struct lg_cut_told {
	struct lg_cut *cut;       /* owned by this */
	struct lg_cut_line *line; /* the `top` that free most, in the pool; the first frees most */
	size_t count;
	struct lg_freed together; /* by all places */
};

/*
 * The smallest cut of a set of nodes. *out is zeroed by the caller, and
 * released by it whatever is returned. O(nodes + references), and for each
 * place told what it frees.
 */
enum lg_status lg_cut_tell(struct lg_analysis *analysis, const uint32_t *node, uint32_t count,
			   uint32_t top, struct lg_pool *pool, struct lg_cut_told *out,
			   struct lg_error *err) LG_MUST_CHECK;
void lg_cut_told_release(struct lg_cut_told *told);

#endif
