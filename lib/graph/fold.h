/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_FOLD_H
#define LG_GRAPH_FOLD_H

#include "base/bits.h"
#include "leakgraph/graph.h"

/*
 * Find which dicts are folded into which modules: graph->folded and
 * graph->representative. For each root of kind LG_ROOT_MODULE, in order, the
 * target of the module's first LG_REF_DICT reference is folded into it, but
 *
 *   - a dict that several modules share is folded into the first of them, and
 *     refers to it from the others stay ordinary references;
 *   - a dict that is itself a module's root stays what it is (so a node that
 *     stands for another is never folded itself);
 *   - a dict that is a root of another kind is folded, and the root is the module.
 *
 * A leaf may be folded: its bytes count for the module. Makes the look-up
 * tables of the graph, too.
 */
enum lg_status lg_fold_modules(struct lg_graph *graph, struct lg_error *err) LG_MUST_CHECK;
/* Those alone, where folded and representative are there. O(folded log folded). */
enum lg_status lg_fold_tables(struct lg_graph *graph, struct lg_error *err) LG_MUST_CHECK;

/*
 * The one predicate: does a reference from node to target, both with dicts
 * folded, count? Without branches: most often it is as good as random.
 */
static inline bool lg_reference_counts(uint8_t kind, uint32_t node, uint32_t target)
{
	return lg_ref_is_strong(kind) & (target != 0) & (target != node);
}

#endif
