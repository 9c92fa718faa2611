/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SITES_H
#define LG_ANALYSIS_SITES_H

#include "analysis/model.h"

/* Finds sites that are the same line. O(sites log sites). */
void lg_sort_sites(struct lg_analysis *analysis);

/* The traceback of an object, the innermost line first; none where it is not known. */
void lg_sites_of(const struct lg_analysis *analysis, uint32_t object, struct lg_pool *pool,
		 struct lg_source_line **out, size_t *count);

/*
 * The innermost lines that allocated what a node retains, itself included: at
 * most LG_MAX_LINES, those with most bytes first. O(sites + objects it retains).
 */
#define LG_MAX_LINES 10
enum lg_status lg_sites_below(const struct lg_analysis *analysis, uint32_t node,
			      struct lg_pool *pool, struct lg_source_line **out, size_t *count,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
