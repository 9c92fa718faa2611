/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "formats/fleet/fleet.h"
#include "leakgraph/signature.h"

static const struct lg_parquet_column columns[] = {
	{"rank", LG_PARQUET_INT64, false},
	{"signature", LG_PARQUET_TEXT, false},
	{"words", LG_PARQUET_TEXT, true},
	{"type", LG_PARQUET_TEXT, true},
	{"objects", LG_PARQUET_INT64, false},
	{"retained_bytes", LG_PARQUET_INT64, false},
	{"path_id", LG_PARQUET_INT64, true},
	{"path", LG_PARQUET_TEXT, true},
};

static enum lg_status put_suspect(struct lg_fleet *fleet, struct lg_parquet *file, uint32_t i,
				  struct lg_error *err)
{
	const struct lg_profile_suspect *suspect = &fleet->profile->suspect[i];
	char signature[LG_SIGNATURE_DIGITS + 1];
	const char *path = "";
	enum lg_status status = LG_OK;

	if (suspect->row != LG_NONE)
		status = lg_fleet_path(fleet, suspect->row, &path, err);
	if (status != LG_OK)
		return status;
	snprintf(signature, sizeof signature, "%08x", suspect->signature);
	lg_parquet_number(file, (uint64_t)i + 1);
	lg_put_text(file, signature);
	lg_put_name(file, fleet->text[suspect->words]);
	lg_put_name(file, fleet->text[suspect->type]);
	lg_parquet_number(file, suspect->count);
	lg_parquet_number(file, suspect->retained_bytes);
	lg_put_number_if(file, suspect->row != LG_NONE, suspect->row);
	lg_put_name(file, path);
	return lg_parquet_end_row(file, err);
}

static enum lg_status write_suspects(struct lg_fleet *fleet, struct lg_parquet *file,
				     struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (uint32_t i = 0; i < fleet->profile->suspect_count && status == LG_OK; i++)
		status = put_suspect(fleet, file, i, err);
	return status;
}

const struct lg_fleet_table lg_fleet_suspects = {
	.name = "suspects",
	.column = columns,
	.column_count = sizeof columns / sizeof *columns,
	.write = write_suspects,
};
