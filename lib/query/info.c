/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/table.h"

/* One row: what was dumped and how. */

#define AT(field) offsetof(struct lg_snapshot_info, field)

static enum lg_status scan(struct lg_cursor *cursor, struct lg_error *err)
{
	(void)err;
	lg_cursor_set(cursor, NULL, 0, 1);
	return LG_OK;
}

static enum lg_status value(struct lg_cursor *cursor, uint32_t row, int column,
			    sqlite3_context *out, struct lg_error *err)
{
	const struct lg_column *told = &cursor->table->column[column];
	const char *field = (const char *)&cursor->query->snapshot->info + told->offset;

	(void)row;
	(void)err;
	if (told->kind == LG_COLUMN_TEXT)
		lg_give_string(cursor->query, *(const uint32_t *)field, out);
	else
		lg_give_nonzero(*(const uint64_t *)field, out);
	return LG_OK;
}

const struct lg_table lg_table_info = {
	.told = {"info", "one row: the process, and how it was dumped", NULL},
	.column =
		{
			{"pid", LG_COLUMN_INTEGER, AT(pid)},
			{"command_line", LG_COLUMN_TEXT, AT(command_line)},
			{"executable", LG_COLUMN_TEXT, AT(executable)},
			{"python_version", LG_COLUMN_TEXT, AT(python_version)},
			{"producer", LG_COLUMN_TEXT, AT(producer)},
			{"process_start", LG_COLUMN_INTEGER, AT(process_start)},
			{"taken_at_ns", LG_COLUMN_INTEGER, AT(taken_at_ns)},
			{"pause_ns", LG_COLUMN_INTEGER, AT(pause_ns)},
			{"walk_ns", LG_COLUMN_INTEGER, AT(walk_ns)},
			{"rss_bytes", LG_COLUMN_INTEGER, AT(rss_bytes)},
			{"anonymous_bytes", LG_COLUMN_INTEGER, AT(anonymous_bytes)},
			{"file_bytes", LG_COLUMN_INTEGER, AT(file_bytes)},
			{"shared_bytes", LG_COLUMN_INTEGER, AT(shared_bytes)},
			{"swap_bytes", LG_COLUMN_INTEGER, AT(swap_bytes)},
			{"malloc", LG_COLUMN_TEXT, AT(malloc)},
			{"faults", LG_COLUMN_INTEGER, AT(faults)},
		},
	.count_at = LG_COUNT_AT(collector_count), /* about one: for plans only */
	.value = value,
	.scan = scan,
};
