/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * Room for one more row; the caller fills it and then raises `count`, so that
 * a stop in between leaves no half row. All columns are handed over together:
 * a row never refers to one that comes later than its own window, save for
 * objects that are numbered and not yet walked.
 */
void *blob_row(struct lg_walker *w, enum lg_walker_column_id id, uint32_t bytes)
{
	struct lg_walker_column *column = &w->column[id];

	if (unlikely(column->count == column->capacity))
		blob_stop(w, LG_WALKER_TICK);
	return (char *)w + column->rows + (uint64_t)column->count * bytes;
}

/* The column of texts counts bytes. */
void blob_text(struct lg_walker *w, uint32_t name, const char *text, uint32_t bytes)
{
	struct lg_walker_column *column = &w->column[LG_WALKER_TEXTS];
	struct lg_walker_text head = { .name = name, .bytes = bytes };
	char *to;

	if (column->capacity - column->count < sizeof head + LG_WALKER_MAX_NAME_BYTES)
		blob_stop(w, LG_WALKER_TICK);
	to = (char *)w + column->rows + column->count;
	__builtin_memcpy(to, &head, sizeof head);
	for (uint32_t i = 0; i < bytes; i++)
		to[sizeof head + i] = text[i];
	barrier();
	column->count += sizeof head + bytes;
}
