/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CYCLES_FIND_H
#define LG_CYCLES_FIND_H

#include "analysis/cycle.h"
#include "leakgraph/cycles.h"

/* A strongly connected component of at least two nodes. */
struct lg_knot {
	uint32_t component; /* its number */
	uint32_t size;
	uint32_t head; /* the member that it is called by */
	uint64_t bytes;
	enum lg_cycle_kind kind;
	bool told; /* garbage that other garbage keeps is told with that */
};

struct lg_knots {
	uint32_t *component; /* by inner node, 0: left out; others are in none of the heap's cycles */
	struct lg_knot *knot;
	size_t count;
};

/*
 * All components with a cycle; of what roots reach, without modules, classes,
 * functions, frames and tasks. *out is zeroed by the caller, and released by
 * it whatever is returned. O(nodes + references).
 */
enum lg_status lg_knots_find(const struct lg_analysis *analysis, struct lg_knots *out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_knots_release(struct lg_knots *knots);

/* Components of more members than this are not searched for a reference that breaks all of them. */
#define LG_MAX_WEAKENED_NODES 2000000

/*
 * The reference of a cycle that is best made weak: a name of an instance,
 * rather than an item, and one that leads back up. *breaks_all: its component
 * has no cycle without the references of that name. "" where none of the
 * cycle's targets can be referred to weakly. O(nodes + references of the
 * component), for each reference tried.
 */
enum lg_status lg_cycle_weaken(const struct lg_analysis *analysis, const struct lg_knots *knots,
			       const struct lg_knot *knot, const struct lg_cycle *cycle,
			       struct lg_pool *pool, const char **out, bool *breaks_all,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
