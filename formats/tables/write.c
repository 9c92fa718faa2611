/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "formats/tables/tables.h"

#define ROWS_A_CHECK 65536

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
	enum lg_status status = lg_row_check(row, err);

	if (status != LG_OK)
		return status;
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
	lg_cleanup(lg_row_close) struct lg_row row = {.analysis = analysis};
	uint64_t rows = table->rows(analysis->snapshot);
	enum lg_status status = lg_row_open(&row, err);

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
