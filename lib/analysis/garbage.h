/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_GARBAGE_H
#define LG_ANALYSIS_GARBAGE_H

#include "analysis/model.h"

/* What no root reaches, by type and by what it hangs on. O(garbage + its references). */
enum lg_status lg_garbage_summarize(const struct lg_analysis *analysis, struct lg_pool *pool,
				    struct lg_garbage_summary *out,
				    struct lg_error *err) LG_MUST_CHECK;

#endif
