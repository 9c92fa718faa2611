/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "query/plan.h"

/* Which way to the rows of a table is best for the conditions of a query. */

static enum lg_comparison comparison_of(unsigned char op)
{
	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_EQ:
		return EQUAL;
	case SQLITE_INDEX_CONSTRAINT_GE:
		return AT_LEAST;
	case SQLITE_INDEX_CONSTRAINT_GT:
		return ABOVE;
	case SQLITE_INDEX_CONSTRAINT_LE:
		return AT_MOST;
	case SQLITE_INDEX_CONSTRAINT_LT:
		return BELOW;
	default:
		return NO_COMPARISON;
	}
}

/* The constraints that an access can use: one value, or a lower and an upper end. -1: none. */
struct usable {
	int equal, lower, upper;
};

static struct usable find_usable(sqlite3_index_info *info, const struct lg_access *access)
{
	struct usable found = {-1, -1, -1};

	for (int i = 0; i < info->nConstraint; i++) {
		enum lg_comparison how = comparison_of(info->aConstraint[i].op);

		if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != access->column)
			continue;
		if ((access->flags & LG_ACCESS_TYPE) &&
		    strcmp(sqlite3_vtab_collation(info, i), "BINARY") != 0)
			continue;
		if (how == EQUAL)
			found.equal = i;
		else if (how == AT_LEAST || how == ABOVE)
			found.lower = i;
		else if (how != NO_COMPARISON)
			found.upper = i;
	}
	if (access->flags & LG_ACCESS_EQUAL)
		found.lower = found.upper = -1;
	return found;
}

static double table_rows(const struct lg_query *query, const struct lg_table *table)
{
	return lg_count_at(query, table->count_at) + 1.0;
}

static double expected_rows(const struct lg_query *query, const struct lg_table *table,
			    const struct lg_access *access, struct usable usable)
{
	double all = table_rows(query, table);

	if (usable.equal >= 0)
		return access->flags & LG_ACCESS_UNIQUE
			       ? 1
			       : 1 + all / (lg_count_at(query, access->values_at) + 1.0);
	if (usable.lower >= 0 && usable.upper >= 0)
		return all / 16;
	return usable.lower >= 0 || usable.upper >= 0 ? all / 4 : all;
}

static bool gives_order(const sqlite3_index_info *info, const struct lg_access *access)
{
	return info->nOrderBy == 1 && info->aOrderBy[0].iColumn == access->column &&
	       (access->flags & LG_ACCESS_ORDERED);
}

static void use(sqlite3_index_info *info, int constraint, int *used)
{
	enum lg_comparison how;

	if (constraint < 0)
		return;
	how = comparison_of(info->aConstraint[constraint].op);
	info->idxNum |= (int)how << (8 + 4 * *used);
	info->aConstraintUsage[constraint].argvIndex = ++*used;
}

/* What EXPLAIN QUERY PLAN shows. */
static int describe(sqlite3_index_info *info, const struct lg_table *table,
		    const struct lg_access *access, struct usable usable)
{
	info->idxStr = sqlite3_mprintf("%s%s%s%s", table->column[access->column].name,
				       usable.equal >= 0 ? "=" : "", usable.lower >= 0 ? ">" : "",
				       usable.upper >= 0 ? "<" : "");
	info->needToFreeIdxStr = 1;
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int choose(sqlite3_index_info *info, const struct lg_table *table, unsigned access_index,
		  double rows)
{
	const struct lg_access *access = &table->access[access_index];
	struct usable usable = find_usable(info, access);
	int used = 0;

	info->idxNum = (int)access_index + 1;
	use(info, usable.equal, &used);
	if (!used) {
		use(info, usable.lower, &used);
		use(info, usable.upper, &used);
	} else {
		usable.lower = usable.upper = -1;
	}
	if (gives_order(info, access)) {
		info->orderByConsumed = 1;
		if (info->aOrderBy[0].desc)
			info->idxNum |= LG_PLAN_DOWN;
	}
	if (usable.equal >= 0 && (access->flags & LG_ACCESS_UNIQUE))
		info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
	info->estimatedRows = (sqlite3_int64)rows;
	info->estimatedCost = rows + 1;
	return describe(info, table, access, usable);
}

static int plan_table(const struct lg_query *query, const struct lg_table *table,
		      sqlite3_index_info *info)
{
	unsigned best = LG_MAX_ACCESSES;
	double least = table_rows(query, table);

	for (unsigned i = 0; i < LG_MAX_ACCESSES && table->access[i].flags; i++) {
		const struct lg_access *access = &table->access[i];
		double rows = expected_rows(query, table, access, find_usable(info, access));

		if (rows < least ||
		    (rows == least && best == LG_MAX_ACCESSES && gives_order(info, access))) {
			least = rows;
			best = i;
		}
	}
	if (best < LG_MAX_ACCESSES)
		return choose(info, table, best, least);
	info->estimatedRows = (sqlite3_int64)least;
	info->estimatedCost = least + 1;
	return SQLITE_OK;
}

static int no_argument(const struct lg_table *table, struct lg_error *err)
{
	const char *name = table->told.name;

	lg_fail(err, LG_E_USAGE, "%s() needs what it is asked about: %s(17), %s('0x7f…')", name,
		name, name);
	return SQLITE_ERROR;
}

/* The arguments of a function are equalities with its hidden columns. */
static int plan_function(const struct lg_table *table, sqlite3_index_info *info,
			 struct lg_error *err)
{
	int used = 0, waiting = 0;

	for (int a = 0; a < lg_count_arguments(table); a++) {
		int given = -1;

		for (int i = 0; i < info->nConstraint; i++) {
			if (info->aConstraint[i].iColumn != lg_count_columns(table) + a ||
			    info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
				continue;
			waiting += !info->aConstraint[i].usable;
			if (info->aConstraint[i].usable && given < 0)
				given = i;
		}
		if (given < 0)
			break;
		info->aConstraintUsage[given].argvIndex = ++used;
		info->aConstraintUsage[given].omit = 1;
	}
	if (waiting)
		return SQLITE_CONSTRAINT;
	if (used < table->least_arguments)
		return no_argument(table, err);
	info->estimatedCost = 1000;
	info->estimatedRows = 25;
	return SQLITE_OK;
}

int lg_plan(const struct lg_query *query, const struct lg_table *table, sqlite3_index_info *info,
	    struct lg_error *err)
{
	return table->told.arguments ? plan_function(table, info, err)
				     : plan_table(query, table, info);
}
