/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_QUERY_SESSION_H
#define LG_QUERY_SESSION_H

#include <sqlite3.h>

#include "analysis/model.h"
#include "leakgraph/query.h"
#include "query/order.h"

/* Indexes of tables, each made when a query first asks by that column. */
enum lg_order_of {
	LG_ORDER_OBJECT_TYPE,
	LG_ORDER_OBJECT_ADDRESS,
	LG_ORDER_OBJECT_SITE,
	LG_ORDER_REF_TARGET,
	LG_ORDER_ROOT_OBJECT,
	LG_ORDER_FRAME_OBJECT,
	LG_ORDER_FRAME_THREAD,
	LG_ORDER_EQUAL_CONTENT,
	LG_ORDER_COUNT
};

/* Texts of types, and their order as SQLite compares texts. */
struct lg_type_names {
	char **text;      /* type; NULL before */
	uint32_t *rank;   /* type: how many different texts stand before its own */
	uint32_t *sorted; /* types by rank */
	uint32_t rank_count;
};

struct lg_query {
	const struct lg_snapshot *snapshot;
	struct lg_analysis *analysis;
	struct lg_analysis *own_analysis; /* the same where it is ours, else NULL */
	sqlite3 *db;
	uint64_t memory_bytes, timeout_ns;
	struct lg_progress asked; /* the caller's ... */
	struct lg_progress tick;  /* ... and what long calls get: with the timeout */
	/* Of the run. */
	uint64_t deadline_ns; /* 0: none */
	uint64_t rows_read;
	bool timed_out, interrupted;
	bool declaring;          /* a table of ours: SQLite notes it in a schema of its own */
	struct lg_error failure; /* of ours, inside SQLite */
	/* Made when first needed. */
	struct lg_type_names names;
	struct lg_order order[LG_ORDER_COUNT];
	struct lg_type_sum *type_sum; /* type */
	bool retained_summed;
};

/* What a column needs; each does nothing where it is there. */
enum lg_status lg_query_need_graph(struct lg_query *query, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_query_need_shortest(struct lg_query *query, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_query_need_names(struct lg_query *query, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_query_need_targets(struct lg_query *query, struct lg_error *err) LG_MUST_CHECK;

void lg_type_names_free(struct lg_type_names *names, uint32_t type_count);

/* A run begins: the time is taken. */
void lg_query_begin(struct lg_query *query);

/* Makes the functions known: path_text(), bytes_text(), retained_size(). An SQLite code. */
int lg_query_add_functions(struct lg_query *query);
/* Makes the tables known. An SQLite code. */
int lg_query_add_tables(struct lg_query *query);

#endif
