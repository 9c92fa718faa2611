/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/names.h"
#include "query/table.h"

/* What runs or waits: threads, their frames, what is suspended, tasks. */

const struct lg_table lg_table_threads = {
	.told = {"threads", "each thread of the process", NULL},
	.column =
		{
			{"id", LG_COLUMN_ROW, 0},
			{"object", LG_COLUMN_U32, offsetof(struct lg_thread, object)},
			{"name", LG_COLUMN_STRING, offsetof(struct lg_thread, name)},
			{"native_id", LG_COLUMN_NONZERO64, offsetof(struct lg_thread, native_id)},
			{"ident", LG_COLUMN_NONZERO64, offsetof(struct lg_thread, ident)},
		},
	.count_at = LG_COUNT_AT(thread_count),
	.rows_at = offsetof(struct lg_snapshot, threads),
	.row_bytes = sizeof(struct lg_thread),
	.access = {{0, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL}},
};

enum { FRAME_ID, FRAME_THREAD, FRAME_OBJECT };

static int64_t frame_object(const struct lg_snapshot *s, uint32_t frame)
{
	return s->frames[frame].object;
}

/* Suspended ones stand first, as NULL does. */
static int64_t frame_thread(const struct lg_snapshot *s, uint32_t frame)
{
	return s->frames[frame].thread == LG_NONE ? INT64_MIN : (int64_t)s->frames[frame].thread;
}

static enum lg_status frames_by_object(struct lg_cursor *cursor, struct lg_bounds bounds,
				       struct lg_error *err)
{
	return lg_cursor_find(cursor, LG_ORDER_FRAME_OBJECT, frame_object, bounds, err);
}

static enum lg_status frames_by_thread(struct lg_cursor *cursor, struct lg_bounds bounds,
				       struct lg_error *err)
{
	return lg_cursor_find(cursor, LG_ORDER_FRAME_THREAD, frame_thread, bounds, err);
}

const struct lg_table lg_table_frames = {
	.told = {"frames", "frames of threads, and those that are suspended (thread is NULL)",
		 NULL},
	.column =
		{
			[FRAME_ID] = {"id", LG_COLUMN_ROW, 0},
			[FRAME_THREAD] = {"thread", LG_COLUMN_INDEX,
					  offsetof(struct lg_frame, thread)},
			[FRAME_OBJECT] = {"object", LG_COLUMN_U32,
					  offsetof(struct lg_frame, object)},
			{"function", LG_COLUMN_STRING, offsetof(struct lg_frame, function)},
			{"file", LG_COLUMN_STRING, offsetof(struct lg_frame, file)},
			{"line", LG_COLUMN_NONZERO32, offsetof(struct lg_frame, line)},
			{"depth", LG_COLUMN_U32, offsetof(struct lg_frame, depth)},
			{"awaits", LG_COLUMN_NONZERO32, offsetof(struct lg_frame, awaits)},
		},
	.count_at = LG_COUNT_AT(frame_count),
	.rows_at = offsetof(struct lg_snapshot, frames),
	.row_bytes = sizeof(struct lg_frame),
	.access =
		{
			{FRAME_ID, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL},
			{FRAME_OBJECT, LG_ACCESS_ORDERED, LG_COUNT_AT(frame_count),
			 frames_by_object},
			{FRAME_THREAD, LG_ACCESS_ORDERED, LG_COUNT_AT(thread_count),
			 frames_by_thread},
		},
};

static enum lg_status give_waits(struct lg_cursor *cursor, uint32_t row, int column,
				 sqlite3_context *out, struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	enum lg_status status = lg_query_need_graph(query, err);
	struct lg_buffer buffer = {0};

	(void)column;
	if (status != LG_OK)
		return status;
	lg_waiting_text(query->analysis, query->snapshot->tasks[row].object, &buffer);
	if (buffer.used || buffer.failed)
		lg_give_buffer(&buffer, out);
	return LG_OK;
}

const struct lg_table lg_table_tasks = {
	.told = {"tasks", "tasks of asyncio, and where each waits", NULL},
	.column =
		{
			{"id", LG_COLUMN_ROW, 0},
			{"object", LG_COLUMN_U32, offsetof(struct lg_task, object)},
			{"name", LG_COLUMN_STRING, offsetof(struct lg_task, name)},
			{"coroutine", LG_COLUMN_NONZERO32, offsetof(struct lg_task, coroutine)},
			{"waits", LG_COLUMN_TEXT, 0},
		},
	.count_at = LG_COUNT_AT(task_count),
	.rows_at = offsetof(struct lg_snapshot, tasks),
	.row_bytes = sizeof(struct lg_task),
	.value = give_waits,
	.access = {{0, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL}},
};
