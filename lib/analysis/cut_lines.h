/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_CUT_LINES_H
#define LG_ANALYSIS_CUT_LINES_H

#include "analysis/cut_rule.h"
#include "leakgraph/cut.h"

/*
 * The places of a cut as they are told, the `top` that free most, and what all
 * of them free together. O(nodes + references) and what they free, for each.
 */
enum lg_status lg_cut_lines(const struct lg_cut_names *names, const struct lg_cut *cut,
			    uint32_t top, struct lg_pool *pool, struct lg_cut_line **out,
			    size_t *out_count, struct lg_freed *together,
			    struct lg_error *err) LG_MUST_CHECK;

#endif
