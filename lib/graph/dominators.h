/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_DOMINATORS_H
#define LG_GRAPH_DOMINATORS_H

#include "leakgraph/graph.h"

/*
 * The steps of the dominator tree, in the order in which they run. Each has a
 * file of its own, takes what the step before left, and releases what no later
 * step needs, so that the peak stays low.
 *
 * Three numberings are in play:
 *   node    index of the object, as everywhere
 *   number  preorder of the depth-first search over inner nodes, the root 1;
 *           an ancestor's number is below its descendants'
 *   place   preorder of the dominator tree over inner nodes, the root 1;
 *           what an inner node dominates is an interval of places
 * Leaves have neither number nor place: they dominate nothing, and hang in the
 * tree under the common dominator of their referrers.
 */

#define LG_ROOT_NUMBER 1u

/*
 * Limits on climbing towards a common ancestor, in steps a node, before the
 * jump pointers are made (they cost two passes, and are needed only where the
 * tree is deep in just the wrong places). Zero-initialised: never climb freely.
 */
struct lg_tuning {
	uint64_t inner_steps;
	uint64_t leaf_steps;
};

/* What was done, for tests of linearity and for the benchmark: no times, so that it is exact. */
struct lg_dominators_work {
	uint64_t late_references;
	uint64_t ancestor_steps;
	uint64_t inner_steps;
	uint64_t leaf_steps;
	bool inner_jumps, leaf_jumps; /* the fallback was needed */
};

/*
 * {offset, number} side by side: the search touches both at once. A child of
 * the virtual root has the mark in its number from before the search on.
 */
#define LG_SLOT_PINNED ((uint32_t)1 << 31)
struct lg_slot {
	uint32_t first;
	uint32_t number;
};

struct lg_tree_link {
	uint32_t parent;
	uint32_t semi;
};

/* A reference to an inner node with a lower number than its source. */
struct lg_late {
	uint32_t target;
	uint32_t source;
};

/* A dominator in places, and how many inner nodes are dominated, with itself. */
struct lg_place {
	uint32_t dominator;
	uint32_t count;
};

struct lg_run {
	const struct lg_graph *graph;
	struct lg_tuning tuning;
	struct lg_dominators_work work;
	uint32_t reached; /* inner nodes: numbers and places are 1 .. reached */

	struct lg_slot *slot;      /* by node; search → tree */
	uint32_t *node_of_number;  /* search → tree */
	struct lg_tree_link *link; /* by number; search → immediate */
	struct lg_late *late;      /* search → semidominators */
	uint32_t *dominator;       /* by number; immediate → tree */

	struct lg_place *place;       /* tree → leaves */
	uint32_t *node_of_place;      /* tree → result */
	struct lg_dominators *result; /* tree → */
};

/* Depth-first search: slot, node_of_number, late, link (parent, and semi so far). */
enum lg_status lg_run_search(struct lg_run *run, struct lg_error *err) LG_MUST_CHECK;

/* Makes link[].semi the semidominator. */
enum lg_status lg_run_semidominators(struct lg_run *run, struct lg_error *err) LG_MUST_CHECK;

/* From semidominators to immediate ones. */
enum lg_status lg_run_immediate(struct lg_run *run, struct lg_error *err) LG_MUST_CHECK;

/*
 * Places. In result, of inner nodes: immediate is done, position is the place
 * for now (0 where not reached), and subtree counts inner nodes only.
 */
enum lg_status lg_run_tree(struct lg_run *run, struct lg_error *err) LG_MUST_CHECK;

/* result->immediate of a leaf is its dominator's place for now, 0 where not reached. */
enum lg_status lg_run_leaves(struct lg_run *run, struct lg_error *err) LG_MUST_CHECK;

/* All that is handed out. */
enum lg_status lg_run_result(struct lg_run *run, struct lg_error *err) LG_MUST_CHECK;

void lg_run_release(struct lg_run *run);

/* Memory that lg_dominators_build() has at once, at most, beside the graph. */
uint64_t lg_dominators_peak_bytes(const struct lg_graph *graph);

/* lg_dominators_build() with the limits given; work may be NULL. */
enum lg_status
lg_dominators_build_tuned(const struct lg_graph *graph, const struct lg_tuning *tuning,
			  const struct lg_progress *progress, struct lg_dominators_work *work,
			  struct lg_dominators **out, struct lg_error *err) LG_MUST_CHECK;

/*
 * Jump pointers over a tree whose parents have lower numbers (Myers, "An
 * Applicative Random-Access Stack", 1983): each node keeps its depth and one
 * far ancestor, and the first ancestor that satisfies a monotone condition is
 * found in O(log depth) steps.
 */
struct lg_jump {
	uint32_t depth;
	uint32_t far;
};

static inline void lg_jump_add(struct lg_jump *jump, uint32_t node, uint32_t parent)
{
	const struct lg_jump *up = &jump[parent], *far = &jump[up->far];
	bool merge = up->depth - far->depth == far->depth - jump[far->far].depth;

	jump[node] = (struct lg_jump){up->depth + 1, merge ? far->far : parent};
}

#endif
