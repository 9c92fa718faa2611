/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "query/plan.h"

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

static int declare(sqlite3 *db, const struct lg_table *table)
{
	sqlite3_str *schema = sqlite3_str_new(db);
	char *text;
	int code;

	sqlite3_str_appendall(schema, "CREATE TABLE x(");
	for (int i = 0; i < lg_count_columns(table); i++)
		sqlite3_str_appendf(schema, "%s%s %s", i ? ", " : "", table->column[i].name,
				    is_text(table->column[i].kind) ? "TEXT" : "INTEGER");
	for (int i = 0; i < lg_count_arguments(table); i++)
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

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	struct vtab *vtab = (struct vtab *)base;
	struct lg_error err = {0};
	int code = lg_plan(vtab->query, vtab->table, info, &err);

	return err.status == LG_OK ? code : fail(vtab, &err);
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
	for (int i = 0; i < count && i < lg_count_arguments(table); i++) {
		cursor->argument[i] = sqlite3_value_dup(value[i]);
		if (!cursor->argument[i])
			return SQLITE_NOMEM;
	}
	status = lg_plan_rows(cursor, plan, count, value, &err);
	if (status != LG_OK)
		return fail((struct vtab *)base->pVtab, &err);
	cursor->down = plan & LG_PLAN_DOWN && cursor->end > cursor->first;
	if (cursor->down)
		cursor->at = cursor->end - 1;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
	struct lg_cursor *cursor = (struct lg_cursor *)base;

	cursor->query->rows_read++;
	if (cursor->children)
		cursor->at =
			lg_child_next(cursor->query->analysis->dominators, (uint32_t)cursor->at);
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
		sqlite3_value *given = cursor->argument[number - lg_count_columns(table)];

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
