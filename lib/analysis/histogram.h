/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_HISTOGRAM_H
#define LG_ANALYSIS_HISTOGRAM_H

#include "analysis/model.h"

/* A sum for each type of the snapshot, zeroed; the caller frees. NULL when memory is out. */
struct lg_type_sum *lg_sums_new(const struct lg_analysis *analysis);

/* Add the objects (pseudo objects are none) and their shallow bytes. */
void lg_sums_count(const struct lg_analysis *analysis, struct lg_type_sum *sum);
/* Add what the objects of each type retain together. Both O(types) where sums.h's are there,
   else O(objects). */
enum lg_status lg_sums_retained(const struct lg_analysis *analysis, struct lg_type_sum *sum,
				struct lg_error *err) LG_MUST_CHECK;

/*
 * Sort the sums that count something, and put the first `top` (0: all) with
 * their names into the pool. Returns how many count something.
 */
uint32_t lg_sums_finish(const struct lg_analysis *analysis, struct lg_type_sum *sum,
			enum lg_type_order order, uint32_t top, struct lg_pool *pool,
			struct lg_type_sum **out);

#endif
