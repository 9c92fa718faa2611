/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_QUERY_PLAN_H
#define LG_QUERY_PLAN_H

#include "query/table.h"

/*
 * A plan is a number: which access (0: all rows), from which end, and which
 * comparisons its values stand for, in the order of the values.
 */
enum lg_comparison { NO_COMPARISON = 0, EQUAL, AT_LEAST, ABOVE, AT_MOST, BELOW };

#define LG_PLAN_ACCESS(plan) ((unsigned)(plan)&15)
#define LG_PLAN_DOWN 16
#define LG_PLAN_COMPARE(plan, i) ((unsigned)(plan) >> (8 + 4 * (i)) & 15)

/* Fills in SQLite's form; an SQLite code, with err where it is an error of ours. */
int lg_plan(const struct lg_query *query, const struct lg_table *table, sqlite3_index_info *info,
	    struct lg_error *err);

/* Sets the cursor to the rows of a plan, with the values of its comparisons. */
enum lg_status lg_plan_rows(struct lg_cursor *cursor, int plan, int count, sqlite3_value **value,
			    struct lg_error *err) LG_MUST_CHECK;

#endif
