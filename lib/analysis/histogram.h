/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_HISTOGRAM_H
#define LG_ANALYSIS_HISTOGRAM_H

#include "analysis/model.h"

/* A sum for each type of the snapshot, zeroed; the caller frees. NULL when memory is out. */
struct lg_type_sum *lg_sums_new(const struct lg_analysis *analysis);

/*
 * Sort the sums that count something, and put the first `top` (0: all) with
 * their names into the pool. Returns how many count something.
 */
uint32_t lg_sums_finish(const struct lg_analysis *analysis, struct lg_type_sum *sum,
			enum lg_type_order order, uint32_t top, struct lg_pool *pool,
			struct lg_type_sum **out);

#endif
