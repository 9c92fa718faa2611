/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_WEAK_H
#define LG_ANALYSIS_WEAK_H

#include "analysis/names.h"

/*
 * Weak references to any of the objects: how many, and from what types, the most
 * first: "6,000 × weakref.ReferenceType"; "" where there is none. O(references).
 */
enum lg_status lg_weak_referrers(const struct lg_analysis *analysis, const uint32_t *object,
				 uint32_t object_count, struct lg_pool *pool, uint64_t *out_count,
				 const char **out_text, struct lg_error *err) LG_MUST_CHECK;

#endif
