/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "formats/fleet/fleet.h"
#include "formats/tables/tables.h"

#define ROWS_A_CHECK 65536

/* The columns of --csv and --json (formats/tables/README.md), and their rows. */
static const struct lg_parquet_column object_columns[] = {
	{"id", LG_PARQUET_INT64, false},
	{"address", LG_PARQUET_UINT64, false},
	{"type", LG_PARQUET_TEXT, false},
	{"shallow", LG_PARQUET_INT64, false},
	{"retained", LG_PARQUET_INT64, true},
	{"dominator", LG_PARQUET_INT64, true},
	{"refcount", LG_PARQUET_INT64, false},
};

static const struct lg_parquet_column reference_columns[] = {
	{"source", LG_PARQUET_INT64, false},
	{"target", LG_PARQUET_INT64, false},
	{"kind", LG_PARQUET_TEXT, false},
	{"name", LG_PARQUET_TEXT, true},
};

static const struct lg_parquet_column root_columns[] = {
	{"object", LG_PARQUET_INT64, false},
	{"kind", LG_PARQUET_TEXT, false},
	{"name", LG_PARQUET_TEXT, true},
	{"excess", LG_PARQUET_INT64, false},
	{"interpreter", LG_PARQUET_INT64, false},
};

static void put_cell(struct lg_parquet *file, const struct lg_cell *cell)
{
	if (cell->kind == LG_CELL_NUMBER)
		lg_parquet_number(file, cell->number);
	else if (cell->kind == LG_CELL_TEXT)
		lg_put_text(file, cell->text);
	else
		lg_parquet_null(file);
}

static enum lg_status write_rows(const struct lg_fleet *fleet, const char *name,
				 struct lg_parquet *file, struct lg_error *err)
{
	lg_cleanup(lg_row_close) struct lg_row row = {.analysis = fleet->analysis};
	const struct lg_export_table *table;
	uint64_t rows;
	enum lg_status status = lg_export_table_find(name, &table, err);

	if (status != LG_OK)
		return status;
	rows = table->rows(lg_analysis_snapshot(fleet->analysis));
	status = lg_row_open(&row, err);
	for (uint64_t i = 0; i < rows && status == LG_OK; i++) {
		table->read(&row, (uint32_t)i);
		for (size_t column = 0; table->column[column]; column++)
			put_cell(file, &row.cell[column]);
		status = lg_parquet_end_row(file, err);
		if (status == LG_OK && i % ROWS_A_CHECK == 0 &&
		    lg_progress_report(fleet->progress, "writing rows", i, rows, "rows"))
			status = lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	}
	return status == LG_OK ? lg_row_check(&row, err) : status;
}

static enum lg_status write_objects(struct lg_fleet *fleet, struct lg_parquet *file,
				    struct lg_error *err)
{
	return write_rows(fleet, "objects", file, err);
}

static enum lg_status write_references(struct lg_fleet *fleet, struct lg_parquet *file,
				       struct lg_error *err)
{
	return write_rows(fleet, "refs", file, err);
}

static enum lg_status write_roots(struct lg_fleet *fleet, struct lg_parquet *file,
				  struct lg_error *err)
{
	return write_rows(fleet, "roots", file, err);
}

const struct lg_fleet_table lg_fleet_objects = {
	.name = "objects",
	.of_objects = true,
	.column = object_columns,
	.column_count = sizeof object_columns / sizeof *object_columns,
	.write = write_objects,
};

const struct lg_fleet_table lg_fleet_refs = {
	.name = "refs",
	.of_objects = true,
	.column = reference_columns,
	.column_count = sizeof reference_columns / sizeof *reference_columns,
	.write = write_references,
};

const struct lg_fleet_table lg_fleet_roots = {
	.name = "roots",
	.of_objects = true,
	.column = root_columns,
	.column_count = sizeof root_columns / sizeof *root_columns,
	.write = write_roots,
};
