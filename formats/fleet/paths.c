/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/fleet/fleet.h"

#define ROWS_A_CHECK 4096

static const struct lg_parquet_column columns[] = {
	{"id", LG_PARQUET_INT64, false},
	{"parent", LG_PARQUET_INT64, true},
	{"depth", LG_PARQUET_INT64, false},
	{"root", LG_PARQUET_TEXT, false},
	{"path", LG_PARQUET_TEXT, false},
	{"label", LG_PARQUET_TEXT, true},
	{"type", LG_PARQUET_TEXT, true},
	{"objects", LG_PARQUET_INT64, false},
	{"shallow_bytes", LG_PARQUET_INT64, false},
	{"retained_bytes", LG_PARQUET_INT64, false},
	{"total_objects", LG_PARQUET_INT64, false},
	{"total_bytes", LG_PARQUET_INT64, false},
};

/* A row stands behind its parent: it is one of the last chain of rows. */
struct chain {
	uint32_t row[LG_PROFILE_MAX_STEPS];
	uint32_t depth; /* of the last row */
};

static void follow(const struct lg_profile *profile, uint32_t i, struct chain *chain)
{
	uint32_t parent = profile->row[i].parent;

	if (parent == LG_NONE) {
		chain->depth = 0;
	} else {
		while (chain->depth > 0 && chain->row[chain->depth] != parent)
			chain->depth--;
		chain->depth++;
	}
	chain->row[chain->depth] = i;
}

static enum lg_status put_path(struct lg_fleet *fleet, struct lg_parquet *file, uint32_t i,
			       const struct chain *chain, struct lg_error *err)
{
	const struct lg_profile_row *row = &fleet->profile->row[i];
	const char *path;
	enum lg_status status = lg_fleet_path(fleet, i, &path, err);

	if (status != LG_OK)
		return status;
	lg_parquet_number(file, i);
	lg_put_number_if(file, row->parent != LG_NONE, row->parent);
	lg_parquet_number(file, chain->depth);
	lg_put_text(file, fleet->text[fleet->profile->row[chain->row[0]].label]);
	lg_put_text(file, path);
	lg_put_name(file, fleet->text[row->label]);
	lg_put_name(file, fleet->text[row->type]);
	lg_parquet_number(file, row->count);
	lg_parquet_number(file, row->shallow_bytes);
	lg_parquet_number(file, row->retained_bytes);
	lg_parquet_number(file, fleet->total_objects[i]);
	lg_parquet_number(file, fleet->total_bytes[i]);
	return lg_parquet_end_row(file, err);
}

static enum lg_status write_paths(struct lg_fleet *fleet, struct lg_parquet *file,
				  struct lg_error *err)
{
	uint32_t rows = fleet->profile->row_count;
	struct chain chain = {0};
	enum lg_status status = LG_OK;

	for (uint32_t i = 0; i < rows && status == LG_OK; i++) {
		follow(fleet->profile, i, &chain);
		status = put_path(fleet, file, i, &chain, err);
		if (status == LG_OK && i % ROWS_A_CHECK == 0 &&
		    lg_progress_report(fleet->progress, "writing paths", i, rows, "paths"))
			status = lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	}
	return status;
}

const struct lg_fleet_table lg_fleet_paths = {
	.name = "paths",
	.column = columns,
	.column_count = sizeof columns / sizeof *columns,
	.write = write_paths,
};
