/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/dump/info.h"

LG_DEFINE_CLEANUP(lg_snapshot_free, struct lg_snapshot *)

static enum lg_status read_file(struct lg_frame_index *frame, const char *path,
				const struct lg_progress *progress, struct lg_snapshot *out,
				struct lg_error *err)
{
	enum lg_status status = lg_input_open(&frame->input, path, err);

	if (status == LG_OK)
		status = lg_frame_peek(frame, err);
	if (status == LG_OK)
		status = lg_frame_verify(frame, progress, err);
	if (status != LG_OK)
		return status;
	status = frame->header.rows ? lg_decode_rows(frame, progress, out, err)
				    : lg_decode_columns(frame, progress, out, err);
	return status == LG_OK ? lg_snapshot_validate(out, err) : status;
}

enum lg_status lg_dump_read(const char *path, const struct lg_progress *progress,
			    struct lg_snapshot **out, struct lg_error *err)
{
	lg_cleanup(lg_frame_release) struct lg_frame_index frame = {.input.fd = -1};
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *snapshot = lg_snapshot_new();
	enum lg_status status;

	*out = NULL;
	if (!snapshot)
		return lg_fail(err, LG_E_MEMORY, "%s: no memory for a snapshot", path);
	status = read_file(&frame, path, progress, snapshot, err);
	if (status != LG_OK) {
		lg_fail_within(err, "%s", path);
		return status;
	}
	*out = lg_take(snapshot);
	return LG_OK;
}

static enum lg_status read_info(struct lg_frame_index *frame, const char *path,
				struct lg_snapshot *out, struct lg_error *err)
{
	enum lg_status status = lg_input_open(&frame->input, path, err);

	/* Of no strings, to which its texts are added. */
	out->strings.offset = lg_alloc_zero(1, sizeof *out->strings.offset);
	if (status == LG_OK && !out->strings.offset)
		status = lg_fail(err, LG_E_MEMORY, "no memory for a snapshot");
	if (status == LG_OK)
		status = lg_frame_peek(frame, err);
	if (status == LG_OK)
		status = lg_frame_verify(frame, NULL, err);
	return status == LG_OK ? lg_decode_info(frame, out, err) : status;
}

enum lg_status lg_dump_read_info(const char *path, struct lg_snapshot_info *out,
				 struct lg_error *err)
{
	lg_cleanup(lg_frame_release) struct lg_frame_index frame = {.input.fd = -1};
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *snapshot = lg_snapshot_new();
	enum lg_status status;

	if (!snapshot)
		return lg_fail(err, LG_E_MEMORY, "%s: no memory for a snapshot", path);
	status = read_info(&frame, path, snapshot, err);
	if (status != LG_OK) {
		lg_fail_within(err, "%s", path);
		return status;
	}
	*out = snapshot->info;
	out->command_line = out->executable = out->python_version = out->producer = 0;
	return LG_OK;
}
