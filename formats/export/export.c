/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "base/stream.h"
#include "formats/dot/dot.h"
#include "formats/folded/folded.h"
#include "formats/heapsnapshot/heapsnapshot.h"
#include "formats/pprof/pprof.h"
#include "formats/tables/tables.h"
#include "leakgraph/export.h"

LG_DEFINE_CLEANUP(lg_stream_free, struct lg_stream *)
LG_DEFINE_CLEANUP(lg_pprof_free, struct lg_pprof *)

struct export
{
	struct lg_analysis *analysis;
	const struct lg_export_options *options;
	struct lg_stream *stream;
};

static enum lg_status visit_stacks(const struct export *export,
				   const struct lg_stack_visitor *visitor, struct lg_error *err)
{
	const struct lg_export_options *options = export->options;
	uint32_t depth = options->depth ? options->depth : LG_EXPORT_DEPTH;
	double min_share = options->min_share > 0 ? options->min_share : LG_EXPORT_MIN_SHARE;

	if (options->sites)
		return lg_stacks_of_sites(export->analysis, visitor, err);
	return lg_stacks_of_dominators(export->analysis, depth, min_share, visitor, err);
}

static enum lg_status write_folded(const struct export *export, struct lg_error *err)
{
	const struct lg_stack_visitor visitor = {lg_folded_visit, export->stream};

	return visit_stacks(export, &visitor, err);
}

static enum lg_status write_pprof(const struct export *export, struct lg_error *err)
{
	lg_cleanup(lg_pprof_free_slot) struct lg_pprof *pprof = NULL;
	struct lg_stack_visitor visitor = {.visit = lg_pprof_visit};
	enum lg_status status =
		lg_pprof_open(export->analysis->snapshot, export->stream, &pprof, err);

	visitor.context = pprof;
	if (status == LG_OK)
		status = visit_stacks(export, &visitor, err);
	return status == LG_OK ? lg_pprof_finish(pprof, err) : status;
}

static enum lg_status write_table(const struct export *export, struct lg_error *err)
{
	const struct lg_export_options *options = export->options;
	const struct lg_export_table *table;
	enum lg_status status = lg_export_table_find(options->what, &table, err);

	if (status != LG_OK)
		return status;
	return lg_export_table_write(export->analysis, table, options->format == LG_EXPORT_JSON,
				     &options->progress, export->stream, err);
}

static enum lg_status write_format(const struct export *export, struct lg_error *err)
{
	const struct lg_export_options *options = export->options;

	switch (options->format) {
	case LG_EXPORT_HEAPSNAPSHOT:
		return lg_heapsnapshot_write(export->analysis, options->min_retained_bytes,
					     &options->progress, export->stream, err);
	case LG_EXPORT_PPROF:
		return write_pprof(export, err);
	case LG_EXPORT_FOLDED:
		return write_folded(export, err);
	case LG_EXPORT_DOT:
		return lg_dot_write(export->analysis, options->what, export->stream, err);
	case LG_EXPORT_CSV:
	case LG_EXPORT_JSON:
		return write_table(export, err);
	default:
		return lg_fail(err, LG_E_USAGE, "there is no format %d", (int)options->format);
	}
}

enum lg_status lg_export_write(struct lg_analysis *analysis, const char *path,
			       const struct lg_export_options *options, struct lg_error *err)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = NULL;
	struct export export = {.analysis = analysis, .options = options};
	enum lg_status status = lg_stream_open(path, &stream, err);

	export.stream = stream;
	if (status == LG_OK)
		status = write_format(&export, err);
	return status == LG_OK ? lg_stream_commit(stream, err) : status;
}
