/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_WHAT_IF_H
#define LEAKGRAPH_WHAT_IF_H

#include "leakgraph/analysis.h"

/*
 * What would be free if references were not there, which are named as reports
 * name them: "module shop.sessions → .SESSIONS", "shop.sessions.SESSIONS['key']",
 * "#17 → .payload", "shop.models.Session → .payload" (of all its objects),
 * "thread worker-3" (the root itself). Strings are as in analysis.h.
 */
struct lg_what_if_line {
	const char *name;        /* as it was given, safe to print */
	uint64_t references;     /* that it stands for, entries of roots among them */
	uint64_t holders;        /* objects that have them */
	uint64_t bytes, objects; /* freed where only these go */
};

struct lg_what_if_report {
	struct lg_summary summary;
	struct lg_what_if_line *line; /* in the order of the names */
	size_t line_count;
	uint64_t bytes, objects;      /* freed where all of them go */
	struct lg_pool *pool;
};

/*
 * Exact: what a root reaches now and would not reach then. O(objects +
 * references), and for each name what it frees. LG_E_NOT_FOUND: there is no such
 * reference (the message says which there are). LG_E_USAGE: a name that several
 * have, one that names objects and no reference, or two that name the same.
 */
enum lg_status lg_what_if_report_build(struct lg_analysis *analysis, const char *const *name,
				       size_t count, struct lg_what_if_report **out,
				       struct lg_error *err) LG_MUST_CHECK;
void lg_what_if_report_free(struct lg_what_if_report *report);

#endif
