/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_PINS_H
#define LG_ANALYSIS_PINS_H

#include "analysis/model.h"
#include "leakgraph/memory.h"

/*
 * What pins the arenas of pymalloc that are at most half live: an arena goes
 * back to the system only when its last block is free. Objects are those whose
 * heads lie there, told by type and by the root whose dominator tree they hang
 * in. O(objects log pools).
 */
enum lg_status lg_pins_find(const struct lg_analysis *analysis, struct lg_pool *pool,
			    struct lg_pins *out, struct lg_error *err) LG_MUST_CHECK;

/* The arenas with the fewest live bytes, at most `top`, and the objects in each. */
enum lg_status lg_arenas_tell(const struct lg_analysis *analysis, uint32_t top,
			      struct lg_pool *pool, struct lg_memory_report *out,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
