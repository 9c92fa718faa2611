/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_CYCLE_H
#define LG_ANALYSIS_CYCLE_H

#include "analysis/model.h"

/* A reference cycle: each node refers to the next, the last to the first. */
struct lg_cycle {
	uint32_t *node; /* from malloc */
	size_t count;
};
void lg_cycle_release(struct lg_cycle *cycle);

/*
 * The shortest cycle through a node, within its strongly connected component
 * (component[] as lg_components() has it), or with NULL within what no root
 * reaches. count 0 where it lies in none, or a search of LG_MAX_CYCLE_NODES
 * nodes did not end. Breadth-first, O(nodes + references of the component).
 */
#define LG_MAX_CYCLE_NODES 4000000

enum lg_status lg_cycle_find(const struct lg_analysis *analysis, uint32_t node,
			     const uint32_t *component, struct lg_cycle *out,
			     struct lg_error *err) LG_MUST_CHECK;

/* "app.Node → .parent → app.Node → .children → [] → (back)"; "" of none. */
enum lg_status lg_cycle_tell(const struct lg_analysis *analysis, const struct lg_cycle *cycle,
			     struct lg_pool *pool, const char **out,
			     struct lg_error *err) LG_MUST_CHECK;

/* Both, for a node that no root reaches. */
enum lg_status lg_cycle_text(const struct lg_analysis *analysis, uint32_t node,
			     struct lg_pool *pool, const char **out,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
