/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_CYCLE_H
#define LG_ANALYSIS_CYCLE_H

#include "analysis/model.h"

/*
 * The shortest reference cycle through a node that no root reaches, as a path
 * from it back to it; "" where it lies in none, or a search of
 * LG_MAX_CYCLE_NODES nodes did not end. Breadth-first, O(garbage).
 */
#define LG_MAX_CYCLE_NODES 4000000

enum lg_status lg_cycle_text(const struct lg_analysis *analysis, uint32_t node,
			     struct lg_pool *pool, const char **out,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
