/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "formats/fleet/fleet.h"
#include "leakgraph/memory.h"

LG_DEFINE_CLEANUP(lg_histogram_free, struct lg_histogram *)
LG_DEFINE_CLEANUP(lg_memory_free, struct lg_memory_report *)

/* Tables of reports that want the dump: of a profile they have no rows. */

static const struct lg_parquet_column type_columns[] = {
	{"type", LG_PARQUET_TEXT, false},
	{"objects", LG_PARQUET_INT64, false},
	{"shallow_bytes", LG_PARQUET_INT64, false},
	{"retained_bytes", LG_PARQUET_INT64, false},
};

static enum lg_status write_types(struct lg_fleet *fleet, struct lg_parquet *file,
				  struct lg_error *err)
{
	lg_cleanup(lg_histogram_free_slot) struct lg_histogram *histogram = NULL;
	enum lg_status status = LG_OK;

	if (!fleet->analysis)
		return LG_OK;
	status = lg_histogram_build(fleet->analysis, LG_BY_SHALLOW, 0, &histogram, err);
	for (size_t i = 0; status == LG_OK && i < histogram->type_count; i++) {
		const struct lg_type_sum *type = &histogram->type[i];

		lg_put_text(file, type->name);
		lg_parquet_number(file, type->count);
		lg_parquet_number(file, type->shallow_bytes);
		lg_parquet_number(file, type->retained_bytes);
		status = lg_parquet_end_row(file, err);
	}
	return status;
}

const struct lg_fleet_table lg_fleet_types = {
	.name = "types",
	.column = type_columns,
	.column_count = sizeof type_columns / sizeof *type_columns,
	.write = write_types,
};

static const struct lg_parquet_column memory_columns[] = {
	{"part", LG_PARQUET_TEXT, false},
	{"bytes", LG_PARQUET_INT64, false},
};

static enum lg_status write_memory(struct lg_fleet *fleet, struct lg_parquet *file,
				   struct lg_error *err)
{
	lg_cleanup(lg_memory_free_slot) struct lg_memory_report *report = NULL;
	enum lg_status status = LG_OK;

	if (!fleet->analysis)
		return LG_OK;
	status = lg_memory_build(fleet->analysis, 1, &report, err);
	if (status != LG_OK || !report->accounting.known)
		return status;
	for (int part = 0; part < LG_PART_COUNT && status == LG_OK; part++) {
		lg_put_text(file, lg_memory_part_key((enum lg_memory_part)part));
		lg_parquet_number(file, report->accounting.part[part]);
		status = lg_parquet_end_row(file, err);
	}
	return status;
}

const struct lg_fleet_table lg_fleet_memory = {
	.name = "memory",
	.column = memory_columns,
	.column_count = sizeof memory_columns / sizeof *memory_columns,
	.write = write_memory,
};
