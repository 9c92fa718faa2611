/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "formats/fleet/fleet.h"

#define NS_A_MICROSECOND 1000
#define PATH_COLUMNS     4096

static const struct lg_parquet_column columns[] = {
	{"process_start", LG_PARQUET_INT64, true},
	{"taken_at", LG_PARQUET_TIMESTAMP, true},
	{"python_version", LG_PARQUET_TEXT, true},
	{"python_hex", LG_PARQUET_INT64, true},
	{"producer", LG_PARQUET_TEXT, true},
	{"objects", LG_PARQUET_INT64, false},
	{"object_bytes", LG_PARQUET_INT64, false},
	{"garbage_objects", LG_PARQUET_INT64, false},
	{"garbage_bytes", LG_PARQUET_INT64, false},
	{"rss_bytes", LG_PARQUET_INT64, true},
	{"anonymous_bytes", LG_PARQUET_INT64, true},
	{"paths", LG_PARQUET_INT64, false},
	{"pruned", LG_PARQUET_BOOLEAN, false},
	/* What a profile does not have. */
	{"executable", LG_PARQUET_TEXT, true},
	{"pause_ns", LG_PARQUET_INT64, true},
	{"file_bytes", LG_PARQUET_INT64, true},
	{"shared_bytes", LG_PARQUET_INT64, true},
	{"swap_bytes", LG_PARQUET_INT64, true},
	{"pss_bytes", LG_PARQUET_INT64, true},
	{"private_bytes", LG_PARQUET_INT64, true},
};
#define DUMP_COLUMNS 7 /* of the last ones */

/* The row of what no root reaches; LG_NONE: there is nothing. */
static uint32_t garbage_row(const struct lg_fleet *fleet)
{
	const struct lg_profile *profile = fleet->profile;

	for (uint32_t i = 0; i < profile->row_count; i++)
		if (profile->row[i].parent == LG_NONE &&
		    strcmp(fleet->text[profile->row[i].label], LG_PROFILE_GARBAGE) == 0)
			return i;
	return LG_NONE;
}

static void put_profile(const struct lg_fleet *fleet, struct lg_parquet *file)
{
	const struct lg_profile *profile = fleet->profile;
	uint32_t garbage = garbage_row(fleet);

	lg_put_known(file, profile->process_start);
	lg_put_known(file, profile->taken_at_ns / NS_A_MICROSECOND);
	lg_put_name(file, fleet->text[profile->python_version]);
	lg_put_known(file, profile->python_hex);
	lg_put_name(file, fleet->text[profile->producer]);
	lg_parquet_number(file, profile->objects);
	lg_parquet_number(file, profile->object_bytes);
	lg_parquet_number(file, garbage == LG_NONE ? 0 : fleet->total_objects[garbage]);
	lg_parquet_number(file, garbage == LG_NONE ? 0 : fleet->total_bytes[garbage]);
	lg_put_known(file, profile->rss_bytes);
	lg_put_known(file, profile->anonymous_bytes);
	lg_parquet_number(file, profile->row_count);
	lg_parquet_number(file, profile->pruned);
}

static enum lg_status put_dump(const struct lg_fleet *fleet, struct lg_parquet *file,
			       struct lg_error *err)
{
	const struct lg_snapshot *snapshot = lg_analysis_snapshot(fleet->analysis);
	const struct lg_snapshot_info *info = &snapshot->info;
	/* The parts of RSS may be 0, and are known where one of them is. */
	bool parts = info->anonymous_bytes != 0;
	lg_cleanup(lg_buffer_free) struct lg_buffer executable = {0};

	lg_buffer_name(&executable, lg_snapshot_string(snapshot, info->executable), 0,
		       PATH_COLUMNS);
	if (executable.failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for the name of an executable");
	lg_put_name(file, executable.bytes ? executable.bytes : "");
	lg_put_known(file, info->pause_ns);
	lg_put_number_if(file, parts, info->file_bytes);
	lg_put_number_if(file, parts, info->shared_bytes);
	lg_put_number_if(file, parts, info->swap_bytes);
	lg_put_known(file, info->pss_bytes);
	lg_put_known(file, info->private_bytes);
	return LG_OK;
}

static enum lg_status write_process(struct lg_fleet *fleet, struct lg_parquet *file,
				    struct lg_error *err)
{
	enum lg_status status = LG_OK;

	put_profile(fleet, file);
	if (fleet->analysis)
		status = put_dump(fleet, file, err);
	else
		for (size_t i = 0; i < DUMP_COLUMNS; i++)
			lg_parquet_null(file);
	return status == LG_OK ? lg_parquet_end_row(file, err) : status;
}

const struct lg_fleet_table lg_fleet_process = {
	.name = "process",
	.column = columns,
	.column_count = sizeof columns / sizeof *columns,
	.write = write_process,
};
