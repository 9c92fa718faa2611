/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_REFERRERS_H
#define LEAKGRAPH_REFERRERS_H

#include "leakgraph/analysis.h"

/*
 * Who refers to some objects, and who to those: merged upwards by type and
 * label. Strings are as in analysis.h.
 *
 * A row stands for the referrers of one type by one label to the objects of
 * the row that it is under (at depth 1, to those that were asked about). An
 * object is followed once, where it is nearest to those; rows of which all
 * objects are followed elsewhere say `again`. Roots and weak references end a
 * branch: what only a weak reference sees it does not keep.
 */
struct lg_referrer_row {
	uint32_t depth;
	const char *label;    /* "[str]", ".SESSIONS"; of a root "module shop.sessions" */
	const char *type;     /* of the referrers; "" for a root */
	uint64_t count;       /* referrers */
	uint64_t references;  /* by this label, of all of them */
	uint64_t targets;     /* objects of the row above that they refer to ... */
	uint64_t held_bytes;  /* ... and what those retain, each byte once */
	uint64_t more;        /* kinds of referrers to these that are left out */
	uint32_t object;      /* one of the referrers; 0 for a root */
	bool root, weak, again;
};

struct lg_referrer_tree {
	struct lg_summary summary;
	const char *subject; /* "app.Session (120,000 objects)" */
	uint64_t count;      /* objects asked about */
	uint64_t retained_bytes; /* of the set, exact */
	uint64_t more;       /* kinds of direct referrers that are left out */
	struct lg_referrer_row *row; /* each before those under it, the heaviest first */
	size_t row_count;
	bool cut_off;        /* rows were left out beyond LG_MAX_TREE_ROWS */
	struct lg_pool *pool;
};

/*
 * `subject` as for lg_where_build(). Up to `depth` steps (0: 4), of each at
 * most `top` rows (0: 5): only what has a row is expanded. O(objects +
 * references) once, then O(r log r) for r references to what is expanded.
 */
enum lg_status lg_referrer_tree_build(struct lg_analysis *analysis, const char *subject,
				      uint32_t depth, uint32_t top, struct lg_referrer_tree **out,
				      struct lg_error *err) LG_MUST_CHECK;
void lg_referrer_tree_free(struct lg_referrer_tree *tree);

#endif
