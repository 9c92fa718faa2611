/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_QUERY_H
#define LEAKGRAPH_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "leakgraph/analysis.h"

/*
 * SQL over a snapshot: SQLite's language on virtual tables that read the columns
 * where they lie. Nothing is copied into a database; dominators, shortest paths
 * and referrers are computed when a query first reads a column that needs them.
 * The schema, with worked questions: lib/query/README.md.
 *
 * Texts that come from the dump are as safe to print as those of analysis.h, but
 * cut only where they are very long; texts that a query makes itself hold what
 * it puts into them.
 */
struct lg_query;

struct lg_query_options {
	uint64_t memory_bytes; /* of SQLite's working memory, in the whole program; 0: 1 GiB */
	uint64_t timeout_ns;   /* of one lg_query_run(); 0: none */
	struct lg_progress progress;
};

/*
 * Borrows the snapshot, which has passed lg_snapshot_validate(), and its analysis,
 * which may be NULL: it is made when a query needs it. One session at a time in a
 * program (SQLite's limit of memory is one for all). The caller owns *out. O(1).
 */
enum lg_status lg_query_open(const struct lg_snapshot *snapshot, struct lg_analysis *analysis,
			     const struct lg_query_options *options, struct lg_query **out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_query_close(struct lg_query *query);

enum lg_value_kind {
	LG_VALUE_NULL = 0,
	LG_VALUE_INTEGER,
	LG_VALUE_REAL,
	LG_VALUE_TEXT, /* UTF-8 unless the query made it of something else; may hold any byte */
	LG_VALUE_BLOB,
};

struct lg_value {
	enum lg_value_kind kind;
	int64_t integer;
	double real;
	const char *bytes; /* of text and blob; not NULL; valid during the call */
	size_t length;
};

/* Who takes the rows of each statement as they come. An answer of false ends the run. */
struct lg_rows {
	bool (*begin)(void *context, const char *const *name, size_t count);
	bool (*row)(void *context, const struct lg_value *value, size_t count);
	bool (*end)(void *context);
	void *context;
};

#define LG_MAX_SQL_BYTES ((size_t)1 << 20)

/*
 * Run statements, separated by semicolons, one after the other until one fails.
 *
 * LG_E_USAGE: SQLite refuses it ("line 2, column 8: no such column: siz"), it is more
 * than a query (nothing can be written, attached or loaded), it took longer than its
 * timeout, or a table is not in this dump; LG_E_NOT_FOUND: an object that it names is
 * not; LG_E_MEMORY: more working memory than allowed; LG_E_INTERRUPTED; LG_E_IO: the rows
 * were not taken. The session goes on after any of them.
 */
enum lg_status lg_query_run(struct lg_query *query, const char *sql, size_t length,
			    const struct lg_rows *rows, struct lg_error *err) LG_MUST_CHECK;

/* Does the text end with a whole statement, its semicolon included? */
bool lg_query_is_complete(const char *sql);

struct lg_query_table {
	const char *name, *summary;
	const char *arguments; /* of a table-valued function: "object, tree"; NULL for a table */
};

/*
 * The tables and table-valued functions that there are, ended by one without a
 * name. Their columns tells pragma_table_info('objects').
 */
const struct lg_query_table *lg_query_tables(void);

#endif
