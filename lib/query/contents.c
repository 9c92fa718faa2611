/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bisect.h"
#include "query/table.h"

/* What is known of what is in objects: equal contents, how full containers are, and may be. */

#define A_NEW_DUMP "'leakgraph dump PID' records them, other producers need not"

enum { OBJECT, CONTENT };

/* The object of a row: the first column of each of these tables, ascending. */
static uint32_t object_of(const struct lg_cursor *cursor, uint32_t row)
{
	const struct lg_table *table = cursor->table;
	const char *rows = *(char *const *)((const char *)cursor->query->snapshot + table->rows_at);

	return *(const uint32_t *)(rows + row * table->row_bytes + table->column[OBJECT].offset);
}

static enum lg_status rows_by_object(struct lg_cursor *cursor, struct lg_bounds bounds,
				     struct lg_error *err)
{
	uint32_t count = lg_count_at(cursor->query, cursor->table->count_at);

	(void)err;
	lg_cursor_set(cursor, NULL, lg_bisect(i, count, object_of(cursor, i) < bounds.low),
		      lg_bisect(i, count, object_of(cursor, i) <= bounds.high));
	return LG_OK;
}

static int64_t content_of(const struct lg_snapshot *s, uint32_t row)
{
	return s->equals[row].group;
}

static enum lg_status equals_by_content(struct lg_cursor *cursor, struct lg_bounds bounds,
					struct lg_error *err)
{
	return lg_cursor_find(cursor, LG_ORDER_EQUAL_CONTENT, content_of, bounds, err);
}

#define BY_OBJECT {OBJECT, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, rows_by_object}

const struct lg_table lg_table_equals = {
	.told = {"equals", "strings, bytes and numbers that are equal to others", NULL},
	.column =
		{
			[OBJECT] = {"object", LG_COLUMN_U32, offsetof(struct lg_equal, object)},
			[CONTENT] = {"content", LG_COLUMN_U32, offsetof(struct lg_equal, group)},
		},
	.count_at = LG_COUNT_AT(equal_count),
	.rows_at = offsetof(struct lg_snapshot, equals),
	.row_bytes = sizeof(struct lg_equal),
	.absent = "'leakgraph dump PID' records them, without --no-contents and --redact",
	.access = {BY_OBJECT,
		   {CONTENT, LG_ACCESS_ORDERED, LG_COUNT_AT(equal_count), equals_by_content}},
};

const struct lg_table lg_table_containers = {
	.told = {"containers", "lists, dicts, sets and deques that are empty or larger than need be",
		 NULL},
	.column =
		{
			[OBJECT] = {"object", LG_COLUMN_U32, offsetof(struct lg_container, object)},
			{"used", LG_COLUMN_U32, offsetof(struct lg_container, used)},
			{"room", LG_COLUMN_U32, offsetof(struct lg_container, room)},
			{"apart_bytes", LG_COLUMN_U64, offsetof(struct lg_container, apart_bytes)},
			{"needed_bytes", LG_COLUMN_U64, offsetof(struct lg_container, needed_bytes)},
		},
	.count_at = LG_COUNT_AT(container_count),
	.rows_at = offsetof(struct lg_snapshot, containers),
	.row_bytes = sizeof(struct lg_container),
	.absent = A_NEW_DUMP,
	.access = {BY_OBJECT},
};

const struct lg_table lg_table_bounds = {
	.told = {"bounds", "deques, caches and queues that take only so many items", NULL},
	.column =
		{
			[OBJECT] = {"object", LG_COLUMN_U32, offsetof(struct lg_bound, object)},
			{"most", LG_COLUMN_U32, offsetof(struct lg_bound, most)},
		},
	.count_at = LG_COUNT_AT(bound_count),
	.rows_at = offsetof(struct lg_snapshot, bounds),
	.row_bytes = sizeof(struct lg_bound),
	.absent = A_NEW_DUMP,
	.access = {BY_OBJECT},
};
