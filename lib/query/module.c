/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bisect.h"
#include "query/table.h"

struct vtab {
	sqlite3_vtab base;
	struct lg_query *query;
	const struct lg_table *table;
};

/* Keeps the error for the run, and gives SQLite its text. */
static int fail(struct vtab *vtab, const struct lg_error *err)
{
	struct lg_query *query = vtab->query;

	if (query->failure.status == LG_OK)
		query->failure = *err;
	sqlite3_free(vtab->base.zErrMsg);
	vtab->base.zErrMsg = sqlite3_mprintf("%s", err->text);
	return SQLITE_ERROR;
}

/* ---- a table as SQLite sees it ---- */

static bool is_text(enum lg_column_kind kind)
{
	return kind == LG_COLUMN_STRING || kind == LG_COLUMN_TEXT;
}

static int count_columns(const struct lg_table *table)
{
	int count = 0;

	while (count < LG_MAX_COLUMNS && table->column[count].name)
		count++;
	return count;
}

/* "object, tree": two. */
static int count_arguments(const struct lg_table *table)
{
	const char *arguments = table->told.arguments;
	int count = arguments != NULL;

	for (; arguments && *arguments; arguments++)
		count += *arguments == ',';
	return count;
}

static int declare(sqlite3 *db, const struct lg_table *table)
{
	sqlite3_str *schema = sqlite3_str_new(db);
	char *text;
	int code;

	sqlite3_str_appendall(schema, "CREATE TABLE x(");
	for (int i = 0; i < count_columns(table); i++)
		sqlite3_str_appendf(schema, "%s%s %s", i ? ", " : "", table->column[i].name,
				    is_text(table->column[i].kind) ? "TEXT" : "INTEGER");
	for (int i = 0; i < count_arguments(table); i++)
		sqlite3_str_appendf(schema, ", argument%d HIDDEN", i + 1);
	sqlite3_str_appendall(schema, ")");
	text = sqlite3_str_finish(schema);
	code = text ? sqlite3_declare_vtab(db, text) : SQLITE_NOMEM;
	sqlite3_free(text);
	return code;
}

static int connect_table(sqlite3 *db, void *client, int count, const char *const *arguments,
			 sqlite3_vtab **out, char **error)
{
	const struct lg_table_client *given = client;
	struct vtab *vtab;
	int code;

	(void)count;
	(void)arguments;
	(void)error;
	given->query->declaring = true;
	code = declare(db, given->table);
	given->query->declaring = false;
	if (code != SQLITE_OK)
		return code;
	vtab = sqlite3_malloc(sizeof *vtab);
	if (!vtab)
		return SQLITE_NOMEM;
	*vtab = (struct vtab){.query = given->query, .table = given->table};
	sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
	*out = &vtab->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base)
{
	sqlite3_free(base);
	return SQLITE_OK;
}

/* ---- the way to the rows ---- */

/*
 * A plan is a number: which access (0: all rows), from which end, and which
 * comparisons its values stand for, in the order of the values.
 */
enum comparison { NO_COMPARISON = 0, EQUAL, AT_LEAST, ABOVE, AT_MOST, BELOW };

#define PLAN_ACCESS(plan)   ((unsigned)(plan) & 15)
#define PLAN_DOWN           16
#define PLAN_COMPARE(plan, i) ((unsigned)(plan) >> (8 + 4 * (i)) & 15)

static enum comparison comparison_of(unsigned char op)
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
		enum comparison how = comparison_of(info->aConstraint[i].op);

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

static double table_rows(const struct vtab *vtab)
{
	return lg_count_at(vtab->query, vtab->table->count_at) + 1.0;
}

static double expected_rows(const struct vtab *vtab, const struct lg_access *access,
			    struct usable usable)
{
	double all = table_rows(vtab);

	if (usable.equal >= 0)
		return access->flags & LG_ACCESS_UNIQUE
			       ? 1
			       : 1 + all / (lg_count_at(vtab->query, access->values_at) + 1.0);
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
	enum comparison how;

	if (constraint < 0)
		return;
	how = comparison_of(info->aConstraint[constraint].op);
	info->idxNum |= (int)how << (8 + 4 * *used);
	info->aConstraintUsage[constraint].argvIndex = ++*used;
}

/* What EXPLAIN QUERY PLAN shows. */
static int describe(sqlite3_index_info *info, const struct vtab *vtab,
		    const struct lg_access *access, struct usable usable)
{
	info->idxStr = sqlite3_mprintf("%s%s%s%s", vtab->table->column[access->column].name,
				       usable.equal >= 0 ? "=" : "", usable.lower >= 0 ? ">" : "",
				       usable.upper >= 0 ? "<" : "");
	info->needToFreeIdxStr = 1;
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

static int choose(sqlite3_index_info *info, const struct vtab *vtab, unsigned access_index,
		  double rows)
{
	const struct lg_access *access = &vtab->table->access[access_index];
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
			info->idxNum |= PLAN_DOWN;
	}
	if (usable.equal >= 0 && (access->flags & LG_ACCESS_UNIQUE))
		info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
	info->estimatedRows = (sqlite3_int64)rows;
	info->estimatedCost = rows + 1;
	return describe(info, vtab, access, usable);
}

static int plan_table(const struct vtab *vtab, sqlite3_index_info *info)
{
	unsigned best = LG_MAX_ACCESSES;
	double least = table_rows(vtab);

	for (unsigned i = 0; i < LG_MAX_ACCESSES && vtab->table->access[i].flags; i++) {
		const struct lg_access *access = &vtab->table->access[i];
		double rows = expected_rows(vtab, access, find_usable(info, access));

		if (rows < least || (rows == least && best == LG_MAX_ACCESSES && gives_order(info, access))) {
			least = rows;
			best = i;
		}
	}
	if (best < LG_MAX_ACCESSES)
		return choose(info, vtab, best, least);
	info->estimatedRows = (sqlite3_int64)least;
	info->estimatedCost = least + 1;
	return SQLITE_OK;
}

static int no_argument(struct vtab *vtab)
{
	struct lg_error err = {0};

	lg_fail(&err, LG_E_USAGE, "%s() needs what it is asked about: %s(17), %s('0x7f…')",
		vtab->table->told.name, vtab->table->told.name, vtab->table->told.name);
	return fail(vtab, &err);
}

/* The arguments of a function are equalities with its hidden columns. */
static int plan_function(struct vtab *vtab, sqlite3_index_info *info)
{
	int used = 0, waiting = 0;

	for (int a = 0; a < count_arguments(vtab->table); a++) {
		int given = -1;

		for (int i = 0; i < info->nConstraint; i++) {
			if (info->aConstraint[i].iColumn != count_columns(vtab->table) + a ||
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
	if (used < vtab->table->least_arguments)
		return no_argument(vtab);
	info->estimatedCost = 1000;
	info->estimatedRows = 25;
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	struct vtab *vtab = (struct vtab *)base;

	return vtab->table->told.arguments ? plan_function(vtab, info) : plan_table(vtab, info);
}

/* ---- values of a constraint as bounds ---- */

static const struct lg_bounds everything = {INT64_MIN, INT64_MAX};
static const struct lg_bounds nothing = {INT64_MAX, INT64_MIN};

static void tighten(struct lg_bounds *bounds, int64_t low, int64_t high)
{
	if (low > bounds->low)
		bounds->low = low;
	if (high < bounds->high)
		bounds->high = high;
}

static void tighten_to_integer(struct lg_bounds *bounds, enum comparison how, int64_t value)
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
static void tighten_to_number(struct lg_bounds *bounds, enum comparison how, sqlite3_value *value)
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
					   (int64_t)(how == AT_MOST || how == BELOW ? ceil(real) : floor(real)));
		break;
	default:
		break;
	}
}

/* Texts before this one: among the ranks, those below *lower; up to and with it, those below *upper. */
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

static void tighten_to_type(struct lg_bounds *bounds, enum comparison how, sqlite3_value *value,
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
	const struct lg_access *access = &cursor->table->access[PLAN_ACCESS(plan) - 1];
	struct lg_bounds bounds = everything;
	enum lg_status status = LG_OK;

	if (access->flags & LG_ACCESS_TYPE)
		status = lg_query_need_names(cursor->query, err);
	for (int i = 0; status == LG_OK && i < count; i++) {
		enum comparison how = (enum comparison)PLAN_COMPARE(plan, i);

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

/* ---- a cursor ---- */

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
	struct vtab *vtab = (struct vtab *)base;
	struct lg_cursor *cursor = sqlite3_malloc(sizeof *cursor);

	if (!cursor)
		return SQLITE_NOMEM;
	*cursor = (struct lg_cursor){.query = vtab->query, .table = vtab->table};
	*out = &cursor->base;
	return SQLITE_OK;
}

static void empty(struct lg_cursor *cursor)
{
	for (int i = 0; i < LG_MAX_ARGUMENTS; i++) {
		sqlite3_value_free(cursor->argument[i]);
		cursor->argument[i] = NULL;
	}
	free(cursor->own_list);
	cursor->own_list = NULL;
	cursor->children = cursor->down = false;
	lg_cursor_set(cursor, NULL, 0, 0);
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	empty((struct lg_cursor *)base);
	sqlite3_free(base);
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *text, int count,
		  sqlite3_value **value)
{
	struct lg_cursor *cursor = (struct lg_cursor *)base;
	const struct lg_table *table = cursor->table;
	struct lg_error err = {0};
	enum lg_status status;

	(void)text;
	empty(cursor);
	for (int i = 0; i < count && i < count_arguments(table); i++) {
		cursor->argument[i] = sqlite3_value_dup(value[i]);
		if (!cursor->argument[i])
			return SQLITE_NOMEM;
	}
	status = require_rows(cursor, &err);
	if (status == LG_OK)
		status = PLAN_ACCESS(plan) ? find_rows(cursor, plan, count, value, &err)
					   : all_rows(cursor, &err);
	if (status != LG_OK)
		return fail((struct vtab *)base->pVtab, &err);
	cursor->down = plan & PLAN_DOWN && cursor->end > cursor->first;
	if (cursor->down)
		cursor->at = cursor->end - 1;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
	struct lg_cursor *cursor = (struct lg_cursor *)base;

	cursor->query->rows_read++;
	if (cursor->children)
		cursor->at = lg_child_next(cursor->query->analysis->dominators, (uint32_t)cursor->at);
	else if (!cursor->down)
		cursor->at++;
	else if (cursor->at > cursor->first)
		cursor->at--;
	else
		cursor->at = cursor->end;
	return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base)
{
	const struct lg_cursor *cursor = (struct lg_cursor *)base;

	return cursor->at >= cursor->end;
}

static const void *field_at(const struct lg_cursor *cursor, uint32_t row,
			    const struct lg_column *column)
{
	static const size_t bytes[] = {
		[LG_COLUMN_U8] = 1,        [LG_COLUMN_U32] = 4,   [LG_COLUMN_U64] = 8,
		[LG_COLUMN_NONZERO32] = 4, [LG_COLUMN_INDEX] = 4, [LG_COLUMN_NONZERO64] = 8,
		[LG_COLUMN_STRING] = 4,
	};
	const struct lg_table *table = cursor->table;
	const char *snapshot = (const char *)cursor->query->snapshot;

	if (table->row_bytes)
		return *(char *const *)(snapshot + table->rows_at) + row * table->row_bytes +
		       column->offset;
	return *(char *const *)(snapshot + column->offset) + row * bytes[column->kind];
}

static void give_field(const struct lg_cursor *cursor, uint32_t row, const struct lg_column *column,
		       sqlite3_context *out)
{
	const void *field = field_at(cursor, row, column);

	switch (column->kind) {
	case LG_COLUMN_U8:
		lg_give_number(*(const uint8_t *)field, out);
		break;
	case LG_COLUMN_U32:
		lg_give_number(*(const uint32_t *)field, out);
		break;
	case LG_COLUMN_U64:
		lg_give_number(*(const uint64_t *)field, out);
		break;
	case LG_COLUMN_NONZERO32:
		lg_give_nonzero(*(const uint32_t *)field, out);
		break;
	case LG_COLUMN_NONZERO64:
		lg_give_nonzero(*(const uint64_t *)field, out);
		break;
	case LG_COLUMN_INDEX:
		lg_give_index(*(const uint32_t *)field, out);
		break;
	default:
		lg_give_string(cursor->query, *(const uint32_t *)field, out);
		break;
	}
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int number)
{
	struct lg_cursor *cursor = (struct lg_cursor *)base;
	const struct lg_table *table = cursor->table;
	const struct lg_column *column = &table->column[number];
	uint32_t row = lg_cursor_row(cursor);
	struct lg_error err = {0};

	if (number >= LG_MAX_COLUMNS || !column->name) {
		sqlite3_value *given = cursor->argument[number - count_columns(table)];

		if (given)
			sqlite3_result_value(out, given);
	} else if (column->kind == LG_COLUMN_ROW) {
		lg_give_number(row, out);
	} else if (column->kind < LG_COLUMN_INTEGER) {
		give_field(cursor, row, column, out);
	} else if (table->value(cursor, row, number, out, &err) != LG_OK) {
		return fail((struct vtab *)base->pVtab, &err);
	}
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	const struct lg_cursor *cursor = (struct lg_cursor *)base;

	*out = cursor->table->told.arguments ? (sqlite3_int64)cursor->at : lg_cursor_row(cursor);
	return SQLITE_OK;
}

/* No xCreate: the tables are there without being created, and can't be. */
const sqlite3_module lg_table_module = {
	.xConnect = connect_table,
	.xBestIndex = best_index,
	.xDisconnect = disconnect,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = at_end,
	.xColumn = give_column,
	.xRowid = row_id,
};
