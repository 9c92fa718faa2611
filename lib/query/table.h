/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_QUERY_TABLE_H
#define LG_QUERY_TABLE_H

#include "query/session.h"

#define LG_MAX_ARGUMENTS 2

/*
 * Where a query stands in a table: at a position of a list of rows, which is a
 * column of the snapshot, an index, or (NULL) the rows as they are numbered.
 */
struct lg_cursor {
	sqlite3_vtab_cursor base;
	struct lg_query *query;
	const struct lg_table *table;
	const uint32_t *list;
	uint64_t first, at, end;
	bool down;     /* from the last to the first */
	bool children; /* of the dominator tree: the next one stands behind what this one keeps */
	bool by_dominators; /* a path */
	uint32_t object;    /* of a function: what it was asked about; of refs: the last source */
	uint32_t *own_list; /* list, where it is ours to free */
	sqlite3_value *argument[LG_MAX_ARGUMENTS];
};

static inline uint32_t lg_cursor_row(const struct lg_cursor *cursor)
{
	return cursor->list ? cursor->list[cursor->at] : (uint32_t)cursor->at;
}

/* The values of a column that are asked for, both ends included. */
struct lg_bounds {
	int64_t low, high;
};

/* How the value of a column is had. */
enum lg_column_kind {
	LG_COLUMN_ROW, /* the number of the row */
	LG_COLUMN_U8,  /* a field of the row ... */
	LG_COLUMN_U32,
	LG_COLUMN_U64,
	LG_COLUMN_NONZERO32, /* ... of which 0 is NULL */
	LG_COLUMN_NONZERO64,
	LG_COLUMN_INDEX,   /* ... of which LG_NONE is NULL */
	LG_COLUMN_STRING,  /* ... that is a string's number */
	LG_COLUMN_INTEGER, /* by the table's own function */
	LG_COLUMN_TEXT,
};

struct lg_column {
	const char *name;
	enum lg_column_kind kind;
	size_t offset; /* of a field in its row, or of the column in the snapshot */
};

enum {
	LG_ACCESS_UNIQUE = 1 << 0,  /* a value has one row at most */
	LG_ACCESS_ORDERED = 1 << 1, /* rows come in the column's order */
	LG_ACCESS_TYPE = 1 << 2,    /* the column is the text of a type, the bounds are ranks */
	LG_ACCESS_EQUAL = 1 << 3,   /* by one value only, not by a range */
};

/* A way to rows by the value of a column. It may give more rows than were asked for. */
struct lg_access {
	int column;
	unsigned flags;
	size_t values_at; /* where the snapshot says about how many different ones there are */
	/* NULL: the value is the number of the row. */
	enum lg_status (*find)(struct lg_cursor *cursor, struct lg_bounds bounds,
			       struct lg_error *err);
};

#define LG_MAX_COLUMNS 20
#define LG_MAX_ACCESSES 5

struct lg_table {
	struct lg_query_table told;
	struct lg_column column[LG_MAX_COLUMNS];
	size_t count_at;    /* where the snapshot has the count of its rows ... */
	uint32_t from;      /* ... and the first of them */
	size_t rows_at;     /* where it has the rows themselves, */
	size_t row_bytes;   /* each of so many bytes; 0: each column stands for itself */
	const char *absent; /* why a dump may have no rows, which is an error then; or NULL */
	/* Its own columns; may be NULL where it has none. */
	enum lg_status (*value)(struct lg_cursor *cursor, uint32_t row, int column,
				sqlite3_context *out, struct lg_error *err);
	/* All rows; NULL: by count. Of a function: those of its arguments. */
	enum lg_status (*scan)(struct lg_cursor *cursor, struct lg_error *err);
	int least_arguments;                      /* hidden columns behind the others */
	struct lg_access access[LG_MAX_ACCESSES]; /* ended by one without flags */
};

#define LG_COUNT_AT(field) offsetof(struct lg_snapshot, field)

/* A count of the snapshot. */
static inline uint32_t lg_count_at(const struct lg_query *query, size_t offset)
{
	return *(const uint32_t *)((const char *)query->snapshot + offset);
}

int lg_count_columns(const struct lg_table *table);
int lg_count_arguments(const struct lg_table *table);

/* Rows [first, end) of a list (NULL: of the numbers themselves). */
static inline void lg_cursor_set(struct lg_cursor *cursor, const uint32_t *list, uint64_t first,
				 uint64_t end)
{
	cursor->list = list;
	cursor->first = cursor->at = first;
	cursor->end = end > first ? end : first;
}

/* What numbers from..end-1 have in common with the bounds. */
void lg_cursor_set_numbers(struct lg_cursor *cursor, uint32_t from, uint32_t end,
			   struct lg_bounds bounds);
/* The rows of an index by small numbers, below bound. */
void lg_cursor_set_small(struct lg_cursor *cursor, const struct lg_order *order, uint32_t bound,
			 struct lg_bounds bounds);
/* The rows of an index by any number of the snapshot's rows. */
void lg_cursor_set_any(struct lg_cursor *cursor, const struct lg_order *order,
		       int64_t (*number)(const struct lg_snapshot *s, uint32_t row),
		       struct lg_bounds bounds);
/* The same; the index is made where it is not there yet. */
enum lg_status lg_cursor_find(struct lg_cursor *cursor, enum lg_order_of which,
			      int64_t (*number)(const struct lg_snapshot *s, uint32_t row),
			      struct lg_bounds bounds, struct lg_error *err) LG_MUST_CHECK;
/* What a node immediately dominates; the graph is there. */
void lg_cursor_set_children(struct lg_cursor *cursor, uint32_t node);

/* The object that has a reference. O(log objects). */
uint32_t lg_source_of(const struct lg_snapshot *snapshot, uint32_t reference);

/* An SQLite module for all tables; its client data says which. */
struct lg_table_client {
	struct lg_query *query;
	const struct lg_table *table;
};
extern const sqlite3_module lg_table_module;

extern const struct lg_table lg_table_info, lg_table_objects, lg_table_refs, lg_table_types,
	lg_table_roots, lg_table_dominators, lg_table_threads, lg_table_frames, lg_table_tasks,
	lg_table_sites, lg_table_equals, lg_table_containers, lg_table_bounds, lg_table_mappings, lg_table_arenas, lg_table_pools, lg_table_heaps,
	lg_table_path, lg_table_retained, lg_table_dominated, lg_table_referrers,
	lg_table_referents;

/* Which tree a path goes along: 'dominators', or 'shortest' (also without the argument, NULL). */
enum lg_status lg_argument_tree(sqlite3_value *value, bool *dominators,
				struct lg_error *err) LG_MUST_CHECK;
/* The object that an argument names: 17, '#17', '0x7f…'. *out is 0 for NULL. */
enum lg_status lg_argument_object(struct lg_query *query, sqlite3_value *value, uint32_t *out,
				  struct lg_error *err) LG_MUST_CHECK;

/* Values as SQLite's. A name from the dump is made safe; string 0 is NULL. */
void lg_give_string(const struct lg_query *query, uint32_t string, sqlite3_context *out);
void lg_give_number(uint64_t number, sqlite3_context *out);
/* NULL for 0, for LG_NONE. */
void lg_give_nonzero(uint64_t number, sqlite3_context *out);
void lg_give_index(uint32_t index, sqlite3_context *out);
void lg_give_kind(uint8_t kind, sqlite3_context *out);
/* The label of a reference, as it is in the dump. */
void lg_give_label(const struct lg_query *query, uint32_t reference, sqlite3_context *out);
/* Takes the buffer. */
void lg_give_buffer(struct lg_buffer *buffer, sqlite3_context *out);
enum lg_status lg_give_type(struct lg_query *query, uint32_t type, sqlite3_context *out,
			    struct lg_error *err) LG_MUST_CHECK;

#endif
