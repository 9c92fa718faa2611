/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "formats/fleet/fleet.h"
#include "formats/fleet/partition.h"

LG_DEFINE_CLEANUP(lg_parquet_free, struct lg_parquet *)

#define MOST_TABLES 8

/* All files are written before the first has a name. */
struct export {
	struct lg_fleet fleet;
	const struct lg_fleet_options *options;
	struct lg_partition partition;
	struct lg_stream *stream[MOST_TABLES];
	char path[MOST_TABLES][PATH_MAX]; /* of these */
	size_t stream_count;
};

static void release(struct export **slot)
{
	struct export *export = *slot;

	if (!export)
		return;
	for (size_t i = 0; i < export->stream_count; i++)
		lg_stream_free(export->stream[i]);
	lg_fleet_release(&export->fleet);
	lg_partition_release(&export->partition);
	free(export);
}

/* So that a file says what it is wherever it lies. */
static enum lg_status finish(const struct export *export, const struct lg_fleet_table *table,
			     struct lg_parquet *file, struct lg_error *err)
{
	const struct lg_profile *profile = export->fleet.profile;
	char pid[32], taken[LG_TAKEN_BYTES];
	const struct lg_parquet_note note[] = {
		{"leakgraph.table", table->name},
		{"leakgraph.version", LG_FLEET_VERSION},
		{"leakgraph.service", export->options->service},
		{"leakgraph.build", export->options->build},
		{"leakgraph.host", export->options->host},
		{"leakgraph.pid", pid},
		{"leakgraph.taken", taken},
	};

	snprintf(pid, sizeof pid, "%" PRIu64, profile->pid);
	lg_partition_taken(profile->taken_at_ns, taken);
	return lg_parquet_finish(file, note, sizeof note / sizeof *note, err);
}

static enum lg_status write_table(struct export *export, const struct lg_fleet_table *table,
				  struct lg_error *err)
{
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *file = NULL;
	struct lg_stream **stream = &export->stream[export->stream_count];
	char *path = export->path[export->stream_count];
	enum lg_status status;

	lg_partition_file(&export->partition, table->name, path);
	status = lg_stream_open(path, stream, err);
	if (status != LG_OK)
		return status;
	export->stream_count++;
	status = lg_parquet_open(*stream, table->column, table->column_count, &file, err);
	if (status == LG_OK)
		status = table->write(&export->fleet, file, err);
	if (status == LG_OK)
		status = finish(export, table, file, err);
	/* A number that no column holds: of which table? */
	return status == LG_E_LIMIT ? lg_fail_within(err, "%s", table->name) : status;
}

static enum lg_status write_tables(struct export *export, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (const struct lg_fleet_table *const *table = lg_fleet_tables;
	     *table && status == LG_OK; table++)
		if (!(*table)->of_objects || export->options->objects)
			status = write_table(export, *table, err);
	for (size_t i = 0; i < export->stream_count && status == LG_OK; i++)
		status = lg_stream_commit(export->stream[i], err);
	return status;
}

static enum lg_status open_partition(struct export *export, const char *directory,
				     struct lg_error *err)
{
	const struct lg_fleet_options *options = export->options;
	const struct lg_partition_place place = {
		.service = options->service,
		.build = options->build,
		.host = options->host,
		.pid = export->fleet.profile->pid,
		.taken_at_ns = export->fleet.profile->taken_at_ns,
	};

	return lg_partition_open(&export->partition, directory, &place, options->replace, err);
}

enum lg_status lg_fleet_export(const char *directory, const struct lg_profile *profile,
			       struct lg_analysis *analysis, const struct lg_fleet_options *options,
			       char **out, struct lg_error *err)
{
	lg_cleanup(release) struct export *export = calloc(1, sizeof *export);
	enum lg_status status;

	*out = NULL;
	if (!export)
		return lg_fail(err, LG_E_MEMORY, "no memory for an export");
	export->partition.top = -1;
	export->options = options;
	export->fleet = (struct lg_fleet){
		.profile = profile,
		.analysis = analysis,
		.progress = &options->progress,
	};
	if (options->objects && !analysis)
		return lg_fail(err, LG_E_USAGE, "a profile has no objects: export the dump");
	status = open_partition(export, directory, err);
	if (status == LG_OK)
		status = lg_fleet_open(&export->fleet, err);
	if (status == LG_OK)
		status = write_tables(export, err);
	if (status == LG_OK)
		status = lg_partition_commit(&export->partition, err);
	if (status != LG_OK)
		return status;
	*out = strdup(export->partition.path);
	return *out ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory for a path");
}
