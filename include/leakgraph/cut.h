/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_CUT_H
#define LEAKGRAPH_CUT_H

#include "leakgraph/analysis.h"

/*
 * The smallest cut: the fewest places in the source whose references hold a
 * group of objects, so that without them no root reaches any of it. Where no
 * single object holds a group, no dominator tree shows them. Strings are as in
 * analysis.h. How places are counted, and which cut is taken of several that
 * are as small: lib/cut/README.md.
 */

/* One place: the references of one name, or the entries of one container. */
struct lg_cut_line {
	struct lg_path path;     /* from a root by its holder to what it refers to */
	const char *path_text;
	const char *cut;         /* as code would name it: "shop.sessions.SESSIONS" */
	const char *remark;      /* what it takes beyond an assignment; or "" */
	uint64_t references;
	uint64_t holders;        /* objects that have them */
	uint64_t bytes, objects; /* freed where only this place is cut */
};

/* What of the group can't be cut in Python, by who holds it. */
struct lg_cut_held {
	const char *path_text; /* of one of them */
	const char *remark;    /* what ends it */
	uint64_t count;
};

struct lg_cut_report {
	struct lg_summary summary;
	const char *subject;     /* "app.Session (120,000 objects)" */
	uint64_t count;          /* objects of the group */
	uint64_t unreached;      /* of them garbage: nothing to cut */
	uint64_t held_count;     /* of them held by what can't be cut */
	uint64_t freed_count;    /* of them freed by the cut */
	struct lg_cut_line *line; /* the first `top`, that which frees most first */
	size_t line_count;
	uint64_t line_total;     /* places of the cut */
	uint64_t most;           /* as asked for, 0: any number */
	bool within;             /* line_total is at most that */
	uint64_t bytes, objects; /* freed where all places are cut */
	struct lg_cut_held *held;
	size_t held_lines;
	uint64_t region, classes; /* objects looked at between roots and group; kinds of them */
	bool coarse;             /* too many kinds: holders were told as one that may differ */
	struct lg_pool *pool;
};

/*
 * `subject` as for lg_where_build(); top 0: a screen's worth; most 0: no
 * bound. O(objects + references), and a minimum cut of what is left between.
 * LG_E_LIMIT where that is more than can be compared.
 */
enum lg_status lg_cut_report_build(struct lg_analysis *analysis, const char *subject, uint32_t most,
				   uint32_t top, struct lg_cut_report **out,
				   struct lg_error *err) LG_MUST_CHECK;
void lg_cut_report_free(struct lg_cut_report *report);

#endif
