/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_GARBAGE_H
#define LG_ANALYSIS_GARBAGE_H

#include "analysis/signature.h"

/* What no root reaches, by type and by what it hangs on. O(garbage + its references). */
enum lg_status lg_garbage_summarize(const struct lg_analysis *analysis, struct lg_pool *pool,
				    struct lg_garbage_summary *out,
				    struct lg_error *err) LG_MUST_CHECK;

/* The objects by which groups of garbage are called, of the types whose signature this is. */
enum lg_status lg_garbage_signed(const struct lg_analysis *analysis, uint32_t signature,
				 struct lg_object_list *out, struct lg_error *err) LG_MUST_CHECK;

#endif
