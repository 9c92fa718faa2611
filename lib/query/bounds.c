/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>

#include "base/bisect.h"
#include "query/plan.h"

/* The values of a query's conditions as bounds of a column, and the rows within them. */

static const struct lg_bounds everything = {INT64_MIN, INT64_MAX};
static const struct lg_bounds nothing = {INT64_MAX, INT64_MIN};

static void tighten(struct lg_bounds *bounds, int64_t low, int64_t high)
{
	if (low > bounds->low)
		bounds->low = low;
	if (high < bounds->high)
		bounds->high = high;
}

static void tighten_to_integer(struct lg_bounds *bounds, enum lg_comparison how, int64_t value)
{
	if (how == EQUAL)
		tighten(bounds, value, value);
	else if (how == AT_LEAST || how == ABOVE)
		tighten(bounds, value, INT64_MAX);
	else
		tighten(bounds, INT64_MIN, value);
}

/*
 * Comparisons are made again by SQLite, so that a bound may be too wide by what
 * is equal to it, but never too narrow.
 */
static void tighten_to_number(struct lg_bounds *bounds, enum lg_comparison how,
			      sqlite3_value *value)
{
	double real;

	switch (sqlite3_value_numeric_type(value)) {
	case SQLITE_NULL:
		*bounds = nothing;
		break;
	case SQLITE_INTEGER:
		tighten_to_integer(bounds, how, sqlite3_value_int64(value));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_value_double(value);
		if (how == EQUAL && real != floor(real))
			*bounds = nothing;
		else if (fabs(real) < 9e18)
			tighten_to_integer(bounds, how,
					   (int64_t)(how == AT_MOST || how == BELOW ? ceil(real)
										    : floor(real)));
		break;
	default:
		break;
	}
}

/* Texts before this one: among the ranks, those below *lower; up to and with it, those below
 * *upper. */
static void rank_of(const struct lg_type_names *names, sqlite3_value *value, int64_t *lower,
		    int64_t *upper)
{
	const char *text = (const char *)sqlite3_value_text(value);
	uint32_t at;

	*lower = *upper = 0;
	if (!text || !names->rank_count)
		return;
	at = lg_bisect(i, names->rank_count, strcmp(names->text[names->sorted[i]], text) < 0);
	*lower = at;
	*upper = at + (at < names->rank_count && strcmp(names->text[names->sorted[at]], text) == 0);
}

static void tighten_to_type(struct lg_bounds *bounds, enum lg_comparison how, sqlite3_value *value,
			    const struct lg_type_names *names)
{
	int64_t lower, upper;

	if (sqlite3_value_type(value) == SQLITE_NULL) {
		*bounds = nothing;
		return;
	}
	if (sqlite3_value_type(value) != SQLITE_TEXT)
		return;
	rank_of(names, value, &lower, &upper);
	if (how == EQUAL)
		tighten(bounds, lower, upper - 1);
	else if (how == AT_LEAST || how == ABOVE)
		tighten(bounds, how == ABOVE ? upper : lower, INT64_MAX);
	else
		tighten(bounds, INT64_MIN, (how == BELOW ? lower : upper) - 1);
}

static enum lg_status find_rows(struct lg_cursor *cursor, int plan, int count,
				sqlite3_value **value, struct lg_error *err)
{
	const struct lg_access *access = &cursor->table->access[LG_PLAN_ACCESS(plan) - 1];
	struct lg_bounds bounds = everything;
	enum lg_status status = LG_OK;

	if (access->flags & LG_ACCESS_TYPE)
		status = lg_query_need_names(cursor->query, err);
	for (int i = 0; status == LG_OK && i < count; i++) {
		enum lg_comparison how = (enum lg_comparison)LG_PLAN_COMPARE(plan, i);

		if (access->flags & LG_ACCESS_TYPE)
			tighten_to_type(&bounds, how, value[i], &cursor->query->names);
		else
			tighten_to_number(&bounds, how, value[i]);
	}
	if (status != LG_OK || bounds.low > bounds.high)
		return status;
	if (access->find)
		return access->find(cursor, bounds, err);
	lg_cursor_set_numbers(cursor, cursor->table->from,
			      lg_count_at(cursor->query, cursor->table->count_at), bounds);
	return LG_OK;
}

static enum lg_status all_rows(struct lg_cursor *cursor, struct lg_error *err)
{
	const struct lg_table *table = cursor->table;

	if (table->scan)
		return table->scan(cursor, err);
	lg_cursor_set(cursor, NULL, table->from, lg_count_at(cursor->query, table->count_at));
	return LG_OK;
}

static enum lg_status require_rows(const struct lg_cursor *cursor, struct lg_error *err)
{
	const struct lg_table *table = cursor->table;

	if (!table->absent || lg_count_at(cursor->query, table->count_at))
		return LG_OK;
	return lg_fail(err, LG_E_USAGE, "this dump has no %s: %s", table->told.name, table->absent);
}

enum lg_status lg_plan_rows(struct lg_cursor *cursor, int plan, int count, sqlite3_value **value,
			    struct lg_error *err)
{
	enum lg_status status = require_rows(cursor, err);

	if (status != LG_OK)
		return status;
	return LG_PLAN_ACCESS(plan) ? find_rows(cursor, plan, count, value, err)
				    : all_rows(cursor, err);
}
