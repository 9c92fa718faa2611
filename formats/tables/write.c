/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/tables/tables.h"

#define ROWS_A_CHECK 65536

static void row_close(struct lg_row *row)
{
	for (size_t i = 0; i < LG_EXPORT_MOST_COLUMNS; i++)
		lg_buffer_free(&row->text[i]);
	free(row->type_text);
	lg_pool_free(row->pool);
}

/* As lg_type_text() has it, but not cut. */
static void add_type_name(const struct lg_analysis *analysis, uint32_t type, struct lg_buffer *out)
{
	const struct lg_type *row = &analysis->snapshot->types[type];

	if (!analysis->type_plain[type]) {
		lg_buffer_name(out, lg_snapshot_string(analysis->snapshot, row->module), 0,
			       LG_EXPORT_WHOLE);
		lg_buffer_add(out, ".");
	}
	lg_buffer_name(out, lg_snapshot_string(analysis->snapshot, row->name), 0, LG_EXPORT_WHOLE);
}

/* Names of types once: most rows have one. */
static enum lg_status row_open(struct lg_row *row, struct lg_error *err)
{
	uint32_t types = row->analysis->snapshot->type_count;

	row->pool = lg_pool_new();
	row->type_text = lg_alloc(types, sizeof *row->type_text);
	if (!row->pool || !row->type_text)
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of %u types", types);
	for (uint32_t type = 0; type < types; type++) {
		struct lg_buffer text = {0};

		add_type_name(row->analysis, type, &text);
		row->type_text[type] = lg_buffer_keep(&text, row->pool);
	}
	return lg_pool_check(row->pool, err);
}

static void put_csv_cell(struct lg_stream *stream, const struct lg_cell *cell)
{
	if (cell->kind == LG_CELL_NUMBER)
		lg_stream_number(stream, cell->number);
	else if (cell->kind == LG_CELL_TEXT)
		lg_stream_quoted(stream, cell->text, '"');
}

static void put_csv_row(struct lg_stream *stream, const struct lg_export_table *table,
			const struct lg_row *row)
{
	for (size_t i = 0; table->column[i]; i++) {
		if (i)
			lg_stream_char(stream, ',');
		put_csv_cell(stream, &row->cell[i]);
	}
	lg_stream_text(stream, "\r\n");
}

static void put_json_cell(struct lg_stream *stream, const struct lg_cell *cell)
{
	if (cell->kind == LG_CELL_NUMBER)
		lg_stream_number(stream, cell->number);
	else if (cell->kind == LG_CELL_TEXT)
		lg_stream_quoted(stream, cell->text, '\\');
	else
		lg_stream_text(stream, "null");
}

static void put_json_row(struct lg_stream *stream, const struct lg_export_table *table,
			 const struct lg_row *row)
{
	for (size_t i = 0; table->column[i]; i++) {
		lg_stream_text(stream, i ? ",\"" : "{\"");
		lg_stream_text(stream, table->column[i]);
		lg_stream_text(stream, "\":");
		put_json_cell(stream, &row->cell[i]);
	}
	lg_stream_text(stream, "}\n");
}

static enum lg_status check(const struct lg_row *row, const struct lg_progress *progress,
			    uint64_t done, uint64_t total, const struct lg_stream *stream,
			    struct lg_error *err)
{
	for (size_t i = 0; i < LG_EXPORT_MOST_COLUMNS; i++)
		if (row->text[i].failed)
			return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	if (lg_progress_report(progress, "writing rows", done, total, "rows"))
		return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	return lg_stream_check(stream, err);
}

static void put_csv_head(struct lg_stream *stream, const struct lg_export_table *table)
{
	for (size_t i = 0; table->column[i]; i++) {
		lg_stream_text(stream, i ? "," : "");
		lg_stream_text(stream, table->column[i]);
	}
	lg_stream_text(stream, "\r\n");
}

enum lg_status lg_export_table_write(const struct lg_analysis *analysis,
				     const struct lg_export_table *table, bool json,
				     const struct lg_progress *progress, struct lg_stream *stream,
				     struct lg_error *err)
{
	lg_cleanup(row_close) struct lg_row row = {.analysis = analysis};
	uint64_t rows = table->rows(analysis->snapshot);
	enum lg_status status = row_open(&row, err);

	if (!json)
		put_csv_head(stream, table);
	for (uint64_t i = 0; i < rows && status == LG_OK; i++) {
		table->read(&row, (uint32_t)i);
		if (json)
			put_json_row(stream, table, &row);
		else
			put_csv_row(stream, table, &row);
		if (i % ROWS_A_CHECK == 0)
			status = check(&row, progress, i, rows, stream, err);
	}
	return status == LG_OK ? check(&row, progress, rows, rows, stream, err) : status;
}
