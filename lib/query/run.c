/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/text.h"
#include "base/cleanup.h"
#include "query/session.h"

/* Statements from a text, one after the other, and what became of each. */

#define MAX_COLUMNS 1000 /* SQLite's own limit is set to it */

struct run {
	struct lg_query *query;
	const char *sql; /* all of it */
	const char *at;  /* the statement */
	const struct lg_rows *rows;
	struct lg_error *err;
};

static void finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

/* Line and column, both from 1, of a byte of the SQL. */
static void place_of(const struct run *run, const char *byte, unsigned *line, unsigned *column)
{
	const char *start = run->sql;

	*line = *column = 1;
	for (const char *c = run->sql; c < byte; c++)
		if (*c == '\n') {
			++*line;
			start = c + 1;
		}
	while (start < byte)
		*column += ((unsigned char)*start++ & 0xc0) != 0x80;
}

static enum lg_status fail_at(const struct run *run, const char *byte, const char *text)
{
	unsigned line, column;

	place_of(run, byte, &line, &column);
	return lg_fail(run->err, LG_E_USAGE, "line %u, column %u: %s", line, column, text);
}

static enum lg_status timed_out(const struct run *run)
{
	return lg_fail(run->err, LG_E_USAGE,
		       "the query was not done after %g s (--timeout), and was stopped; rows that "
		       "came before are not all",
		       (double)run->query->timeout_ns / 1e9);
}

static enum lg_status out_of_memory(const struct run *run)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	return lg_fail(
		run->err, LG_E_MEMORY,
		"the query needs more than %s of working memory (--memory): sorting, GROUP BY, "
		"DISTINCT and recursion hold rows, a LIMIT or a WHERE makes them fewer",
		lg_bytes_text(run->query->memory_bytes, bytes));
}

/* What stopped SQLite, in our words where it was us. */
static enum lg_status explain(const struct run *run, int code)
{
	const struct lg_query *query = run->query;
	int offset = sqlite3_error_offset(query->db);

	if (query->interrupted)
		return lg_fail(run->err, LG_E_INTERRUPTED, "interrupted");
	if (query->timed_out)
		return timed_out(run);
	if (query->failure.status != LG_OK) {
		*run->err = query->failure;
		return query->failure.status;
	}
	if (code == SQLITE_NOMEM)
		return out_of_memory(run);
	if (code == SQLITE_AUTH)
		return fail_at(
			run, run->at,
			"only questions are answered (SELECT, VALUES, WITH, EXPLAIN): nothing can "
			"be written, attached, loaded or set");
	if (offset >= 0)
		return fail_at(run, run->at + offset, sqlite3_errmsg(query->db));
	return lg_fail(run->err, LG_E_USAGE, "%s", sqlite3_errmsg(query->db));
}

static struct lg_value value_of(sqlite3_stmt *statement, int column)
{
	struct lg_value value = {.bytes = ""};

	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		value.kind = LG_VALUE_INTEGER;
		value.integer = sqlite3_column_int64(statement, column);
		return value;
	case SQLITE_FLOAT:
		value.kind = LG_VALUE_REAL;
		value.real = sqlite3_column_double(statement, column);
		return value;
	case SQLITE_TEXT:
		value.kind = LG_VALUE_TEXT;
		value.bytes = (const char *)sqlite3_column_text(statement, column);
		break;
	case SQLITE_BLOB:
		value.kind = LG_VALUE_BLOB;
		value.bytes = sqlite3_column_blob(statement, column);
		break;
	default:
		return value;
	}
	value.length = (size_t)sqlite3_column_bytes(statement, column);
	if (!value.bytes)
		value.bytes = "";
	return value;
}

static enum lg_status not_taken(const struct run *run)
{
	return lg_fail(run->err, LG_E_IO, "the rows could not be written");
}

static enum lg_status give_rows(const struct run *run, sqlite3_stmt *statement)
{
	int count = sqlite3_column_count(statement), code;
	const struct lg_rows *rows = run->rows;
	const char *name[MAX_COLUMNS];
	struct lg_value value[MAX_COLUMNS];

	for (int i = 0; i < count; i++)
		name[i] = sqlite3_column_name(statement, i);
	if (!rows->begin(rows->context, name, (size_t)count))
		return not_taken(run);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		for (int i = 0; i < count; i++)
			value[i] = value_of(statement, i);
		if (!rows->row(rows->context, value, (size_t)count))
			return not_taken(run);
	}
	if (code != SQLITE_DONE)
		return explain(run, code);
	return rows->end(rows->context) ? LG_OK : not_taken(run);
}

static enum lg_status run_statement(struct run *run, const char **next, const char *end)
{
	lg_cleanup(finalize) sqlite3_stmt *statement = NULL;
	int code;

	code = sqlite3_prepare_v2(run->query->db, run->at, (int)(end - run->at), &statement, next);
	if (code != SQLITE_OK)
		return explain(run, code);
	if (!statement)
		return LG_OK;
	if (sqlite3_bind_parameter_count(statement))
		return fail_at(run, run->at, "parameters (?, :name) have no values here");
	if (!sqlite3_stmt_readonly(statement) || !sqlite3_column_count(statement))
		return explain(run, SQLITE_AUTH);
	return give_rows(run, statement);
}

/* SQLite would stop at a NUL byte, and take bytes that are no UTF-8 for characters. */
static enum lg_status check_text(const struct run *run, size_t length)
{
	char text[64];

	if (length > LG_MAX_SQL_BYTES)
		return lg_fail(run->err, LG_E_USAGE, "%zu bytes of SQL: at most %zu are taken",
			       length, LG_MAX_SQL_BYTES);
	for (size_t i = 0; i < length;) {
		uint32_t codepoint;
		size_t n = lg_utf8_next(run->sql + i, length - i, &codepoint);

		if (n && codepoint) {
			i += n;
			continue;
		}
		snprintf(text, sizeof text,
			 n ? "a NUL byte in the SQL" : "the byte 0x%02x is no UTF-8",
			 (unsigned char)run->sql[i]);
		return fail_at(run, run->sql + i, text);
	}
	return LG_OK;
}

enum lg_status lg_query_run(struct lg_query *query, const char *sql, size_t length,
			    const struct lg_rows *rows, struct lg_error *err)
{
	struct run run = {query, sql, sql, rows, err};
	enum lg_status status = check_text(&run, length);
	const char *end = sql + length, *next;

	lg_query_begin(query);
	for (; status == LG_OK && run.at < end; run.at = next)
		status = run_statement(&run, &next, end);
	return status;
}

bool lg_query_is_complete(const char *sql)
{
	return sqlite3_complete(sql) != 0;
}
