/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_CYCLES_H
#define LEAKGRAPH_CYCLES_H

#include "leakgraph/analysis.h"

/*
 * Reference cycles: the strongly connected components of the heap. A heap has
 * one giant of modules, classes and functions that all refer to one another and
 * live on as they should; so of what roots reach, those are left out, and what
 * is told is a cycle without them. Strings are as in analysis.h.
 */

enum lg_cycle_kind {
	LG_CYCLE_GARBAGE = 0,       /* no root reaches it; the collector has not come to it */
	LG_CYCLE_UNCOLLECTABLE = 1, /* the collector can't free it: it does not see all of it, or
				       has put it into gc.garbage */
	LG_CYCLE_REACHED = 2,       /* a root reaches it: it goes only when all of it is let go of */
	LG_CYCLE_KIND_COUNT
};

/* Components around the same type. */
struct lg_cycle_row {
	enum lg_cycle_kind kind;
	const char *type;       /* what they are called by: "app.Node" */
	uint64_t components;    /* how many */
	uint64_t objects;       /* in all of them */
	uint64_t largest;       /* in the largest */
	uint64_t bytes;         /* kept by them: their own, and what they alone hold */
	uint32_t object;        /* of the one that keeps most: lies on its cycle */
	const char *cycle_text; /* the shortest cycle through it; "" where none was found in bounds */
	const char *weak;       /* of that cycle, the reference to make weak: "app.Node.parent"; or "" */
	bool breaks_all;        /* no cycle would be left in that component */
};

struct lg_cycles {
	struct lg_summary summary;
	struct lg_cycle_row *row; /* by kind, of each the first `top` by bytes */
	size_t row_count;
	uint64_t row_total;
	uint64_t components[LG_CYCLE_KIND_COUNT], objects[LG_CYCLE_KIND_COUNT],
		bytes[LG_CYCLE_KIND_COUNT];
	struct lg_pool *pool;
};

/* top 0: a screen's worth. O(objects + references), for each row told once more its component. */
enum lg_status lg_cycles_build(struct lg_analysis *analysis, uint32_t top, struct lg_cycles **out,
			       struct lg_error *err) LG_MUST_CHECK;
void lg_cycles_free(struct lg_cycles *cycles);

#endif
