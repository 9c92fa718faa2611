/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "base/stream.h"
#include "formats/heapsnapshot/heapsnapshot.h"
#include "leakgraph/export.h"

LG_DEFINE_CLEANUP(lg_stream_free, struct lg_stream *)

static enum lg_status write_format(struct lg_analysis *analysis,
				   const struct lg_export_options *options,
				   struct lg_stream *stream, struct lg_error *err)
{
	switch (options->format) {
	case LG_EXPORT_HEAPSNAPSHOT:
		return lg_heapsnapshot_write(analysis, &options->progress, stream, err);
	default:
		return lg_fail(err, LG_E_USAGE, "there is no format %d", (int)options->format);
	}
}

enum lg_status lg_export_write(struct lg_analysis *analysis, const char *path,
			       const struct lg_export_options *options, struct lg_error *err)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = NULL;
	enum lg_status status = lg_stream_open(path, &stream, err);

	if (status == LG_OK)
		status = write_format(analysis, options, stream, err);
	return status == LG_OK ? lg_stream_commit(stream, err) : status;
}
