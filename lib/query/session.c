/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"
#include "query/session.h"

#define DEFAULT_MEMORY_BYTES ((uint64_t)1 << 30)
/* SQLite counts the steps of its machine; so many pass in a fraction of a millisecond. */
#define STEPS_A_TICK 4000

/*
 * One value is bounded so that no single function call (which nothing interrupts)
 * takes long; the patterns of LIKE and GLOB, because their time is that of text times
 * pattern.
 */
static const struct {
	int id, value;
} limits[] = {
	{SQLITE_LIMIT_LENGTH, 1 << 20},
	{SQLITE_LIMIT_SQL_LENGTH, LG_MAX_SQL_BYTES},
	{SQLITE_LIMIT_COLUMN, 1000},
	{SQLITE_LIMIT_EXPR_DEPTH, 500},
	{SQLITE_LIMIT_COMPOUND_SELECT, 100},
	{SQLITE_LIMIT_VDBE_OP, 1000000},
	{SQLITE_LIMIT_FUNCTION_ARG, 100},
	{SQLITE_LIMIT_ATTACHED, 0},
	{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
	{SQLITE_LIMIT_VARIABLE_NUMBER, 1},
	{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
	{SQLITE_LIMIT_WORKER_THREADS, 0},
};

LG_DEFINE_CLEANUP(lg_query_close, struct lg_query *)

void lg_query_close(struct lg_query *query)
{
	if (!query)
		return;
	sqlite3_close_v2(query->db);
	lg_type_names_free(&query->names, query->snapshot->type_count);
	for (unsigned i = 0; i < LG_ORDER_COUNT; i++)
		lg_order_free(&query->order[i]);
	free(query->type_sum);
	lg_analysis_free(query->own_analysis);
	free(query);
}

/* ---- what stops a statement ---- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int must_stop(struct lg_query *query, const char *stage, uint64_t done, uint64_t total,
		     const char *unit)
{
	query->interrupted =
		query->interrupted || lg_progress_report(&query->asked, stage, done, total, unit);
	query->timed_out =
		query->timed_out || (query->deadline_ns && now_ns() > query->deadline_ns);
	return query->interrupted || query->timed_out;
}

static int tick(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit)
{
	return must_stop(context, stage, done, total, unit);
}

static int tick_of_sqlite(void *context)
{
	struct lg_query *query = context;

	return must_stop(query, "running the query", query->rows_read, 0, "rows");
}

void lg_query_begin(struct lg_query *query)
{
	query->timed_out = query->interrupted = false;
	query->failure = (struct lg_error){0};
	query->rows_read = 0;
	query->deadline_ns = query->timeout_ns ? now_ns() + query->timeout_ns : 0;
}

/* ---- what a column needs ---- */

enum lg_status lg_query_need_graph(struct lg_query *query, struct lg_error *err)
{
	return lg_analysis_need_graph(query->analysis, &query->tick, err);
}

enum lg_status lg_query_need_shortest(struct lg_query *query, struct lg_error *err)
{
	enum lg_status status = lg_query_need_graph(query, err);

	return status == LG_OK ? lg_analysis_need_shortest(query->analysis, LG_NONE, err) : status;
}

enum lg_status lg_query_need_targets(struct lg_query *query, struct lg_error *err)
{
	const struct lg_snapshot *s = query->snapshot;

	return lg_order_small(&query->order[LG_ORDER_REF_TARGET], 0, s->reference_count,
			      s->ref_target, NULL, s->object_count, err);
}

/* ---- a database that can do nothing but answer ---- */

/* The pragmas that tell of tables and functions; all others set something. */
static bool tells_only(const char *pragma)
{
	static const char *const known[] = {"table_info",    "table_xinfo", "table_list",
					    "function_list", "module_list", "compile_options"};

	for (size_t i = 0; pragma && i < sizeof known / sizeof *known; i++)
		if (strcasecmp(pragma, known[i]) == 0)
			return true;
	return false;
}

static int authorize(void *context, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	const struct lg_query *query = context;

	(void)database;
	(void)trigger;
	if (query->declaring)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return second && strcasecmp(second, "load_extension") == 0 ? SQLITE_DENY
									   : SQLITE_OK;
	case SQLITE_PRAGMA:
		return tells_only(first) ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

/*
 * SQLite makes tables of its own when they are first named, and asks then whether
 * its schema may be written. These are the ones that can be asked.
 */
static const char preparation[] = "PRAGMA temp_store = MEMORY;"
				  "SELECT * FROM pragma_table_info('objects') LIMIT 0;"
				  "SELECT * FROM pragma_table_xinfo('objects') LIMIT 0;"
				  "SELECT * FROM pragma_function_list LIMIT 0;"
				  "SELECT * FROM json_each('[]') LIMIT 0;"
				  "SELECT * FROM json_tree('[]') LIMIT 0;";

static int lock_down(struct lg_query *query)
{
	int code = sqlite3_exec(query->db, preparation, NULL, NULL, NULL);

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		sqlite3_limit(query->db, limits[i].id, limits[i].value);
	if (code == SQLITE_OK)
		code = sqlite3_db_config(query->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_db_config(query->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_set_authorizer(query->db, authorize, query);
	sqlite3_progress_handler(query->db, STEPS_A_TICK, tick_of_sqlite, query);
	return code;
}

static enum lg_status open_database(struct lg_query *query, struct lg_error *err)
{
	int code = sqlite3_open_v2(":memory:", &query->db,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX,
				   NULL);

	sqlite3_hard_heap_limit64((sqlite3_int64)query->memory_bytes);
	if (code == SQLITE_OK)
		code = lg_query_add_tables(query);
	if (code == SQLITE_OK)
		code = lg_query_add_functions(query);
	if (code == SQLITE_OK)
		code = lock_down(query);
	if (code == SQLITE_OK)
		return LG_OK;
	return lg_fail(err, code == SQLITE_NOMEM ? LG_E_MEMORY : LG_E_INTERNAL,
		       "SQLite could not be set up: %s", sqlite3_errstr(code));
}

enum lg_status lg_query_open(const struct lg_snapshot *snapshot, struct lg_analysis *analysis,
			     const struct lg_query_options *options, struct lg_query **out,
			     struct lg_error *err)
{
	lg_cleanup(lg_query_close_slot) struct lg_query *query = calloc(1, sizeof *query);
	enum lg_status status = LG_OK;

	*out = NULL;
	if (!query)
		return lg_fail(err, LG_E_MEMORY, "no memory for a query");
	query->snapshot = snapshot;
	query->memory_bytes = options->memory_bytes ? options->memory_bytes : DEFAULT_MEMORY_BYTES;
	query->timeout_ns = options->timeout_ns;
	query->asked = options->progress;
	query->tick = (struct lg_progress){.report = tick, .context = query};
	if (!analysis)
		status = lg_analysis_start(snapshot, &query->own_analysis, err);
	query->analysis = analysis ? analysis : query->own_analysis;
	if (status == LG_OK)
		status = open_database(query, err);
	if (status == LG_OK)
		*out = lg_take(query);
	return status;
}
