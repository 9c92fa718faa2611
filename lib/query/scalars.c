/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/trail.h"
#include "base/array.h"
#include "base/bits.h"
#include "base/cleanup.h"
#include "query/table.h"

#define PATH_BYTES 16384

static void fail(sqlite3_context *out, const struct lg_error *err)
{
	struct lg_query *query = sqlite3_user_data(out);

	if (query->failure.status == LG_OK)
		query->failure = *err;
	sqlite3_result_error(out, err->text, -1);
}

/* ---- path_text(object [, tree]) ---- */

static enum lg_status path_text(struct lg_query *query, uint32_t node, bool dominators, char *text,
				struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	struct lg_analysis *analysis = query->analysis;
	struct lg_pool *pool = lg_pool_new();
	struct lg_path path = {0};
	enum lg_status status;

	if (!pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a path");
	status = dominators ? lg_trail_dominators(analysis, node, &trail, err)
			    : lg_trail_shortest(analysis, node, &trail, err);
	if (status == LG_OK) {
		lg_trail_show(analysis, &trail, false, pool, &path, NULL, 0);
		status = lg_pool_check(pool, err);
	}
	if (status == LG_OK)
		lg_path_text(&path, 0, NULL, text, PATH_BYTES);
	lg_pool_free(pool);
	return status;
}

static void give_path_text(sqlite3_context *out, int count, sqlite3_value **value)
{
	struct lg_query *query = sqlite3_user_data(out);
	lg_cleanup(lg_free) char *text = malloc(PATH_BYTES);
	struct lg_error err = {0};
	bool dominators;
	uint32_t object = 0, node;
	enum lg_status status = lg_argument_tree(count > 1 ? value[1] : NULL, &dominators, &err);

	if (!text) {
		sqlite3_result_error_nomem(out);
		return;
	}
	if (status == LG_OK)
		status = lg_argument_object(query, value[0], &object, &err);
	if (status == LG_OK && object)
		status = lg_query_need_shortest(query, &err);
	if (status == LG_OK && object) {
		node = lg_analysis_node(query->analysis, object);
		if (query->analysis->dominators->immediate[node] == LG_NONE)
			return;
		status = path_text(query, node, dominators, text, &err);
	}
	if (status != LG_OK)
		fail(out, &err);
	else if (object)
		sqlite3_result_text(out, text, -1, SQLITE_TRANSIENT);
}

/* ---- bytes_text(number) ---- */

static void give_bytes_text(sqlite3_context *out, int count, sqlite3_value **value)
{
	char text[LG_NUMBER_TEXT_BYTES];
	int64_t bytes = sqlite3_value_int64(value[0]);

	(void)count;
	if (sqlite3_value_type(value[0]) == SQLITE_NULL)
		return;
	lg_bytes_text(bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes, text);
	if (bytes < 0)
		sqlite3_result_text(out, sqlite3_mprintf("-%s", text), -1, sqlite3_free);
	else
		sqlite3_result_text(out, text, -1, SQLITE_TRANSIENT);
}

/* ---- retained_size(object): of all objects of a group together ---- */

/* A bit for each object, so that a set takes no more memory however often each is named. */
struct set {
	uint64_t *is;
	uint32_t count;
};

static void add_to_set(sqlite3_context *out, int count, sqlite3_value **value)
{
	struct lg_query *query = sqlite3_user_data(out);
	struct set *set = sqlite3_aggregate_context(out, sizeof *set);
	struct lg_error err = {0};
	uint32_t object;

	(void)count;
	if (set && !set->is)
		set->is =
			lg_alloc_zero(lg_bit_words(query->snapshot->object_count), sizeof *set->is);
	if (!set || !set->is)
		sqlite3_result_error_nomem(out);
	else if (lg_argument_object(query, value[0], &object, &err) != LG_OK)
		fail(out, &err);
	else if (object && !lg_bit_get(set->is, object)) {
		lg_bit_set(set->is, object);
		set->count++;
	}
}

static enum lg_status measure(struct lg_query *query, const struct set *set, uint64_t *bytes,
			      struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *node = lg_alloc(set->count, sizeof *node);
	enum lg_status status = lg_query_need_graph(query, err);
	uint32_t count = 0;

	if (!node)
		return lg_fail(err, LG_E_MEMORY, "no memory for a set of %u objects", set->count);
	for (uint32_t i = 1; i < query->snapshot->object_count; i++)
		if (lg_bit_get(set->is, i))
			node[count++] = i;
	if (status == LG_OK)
		status = lg_set_retained(query->analysis->graph, node, count, bytes, err);
	return status;
}

static void give_set(sqlite3_context *out)
{
	struct set *set = sqlite3_aggregate_context(out, 0);
	struct lg_error err = {0};
	uint64_t bytes = 0;

	if (!set || !set->is)
		return;
	/* SQLite ends a group after a failure, too, to have its memory released. */
	if (((struct lg_query *)sqlite3_user_data(out))->failure.status != LG_OK)
		bytes = 0;
	else if (measure(sqlite3_user_data(out), set, &bytes, &err) != LG_OK)
		fail(out, &err);
	else
		lg_give_number(bytes, out);
	free(set->is);
}

int lg_query_add_functions(struct lg_query *query)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int code = SQLITE_OK;

	for (int count = 1; code == SQLITE_OK && count <= 2; count++)
		code = sqlite3_create_function(query->db, "path_text", count, flags, query,
					       give_path_text, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_create_function(query->db, "bytes_text", 1, flags, query,
					       give_bytes_text, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_create_function(query->db, "retained_size", 1, flags, query, NULL,
					       add_to_set, give_set);
	return code;
}
