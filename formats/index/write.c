/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "analysis/sums.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/output.h"
#include "base/parallel.h"
#include "formats/index/frame.h"
#include "leakgraph/index.h"

static const uint8_t *chunk_bytes(const struct lg_index_frame *frame, uint64_t index)
{
	const struct lg_index_chunk *chunk = &frame->chunk[index];
	const uint8_t *block;

	memcpy(&block, frame->block[chunk->block].slot, sizeof block);
	return block + chunk->in_block;
}

static enum lg_status hash_chunk(void *context, unsigned worker, uint64_t index,
				 struct lg_error *err)
{
	struct lg_index_frame *frame = context;

	(void)worker;
	(void)err;
	frame->hash[index] = XXH3_64bits(chunk_bytes(frame, index), frame->chunk[index].bytes);
	return LG_OK;
}

static enum lg_status pad_to(struct lg_output *output, uint64_t offset, struct lg_error *err)
{
	static const uint8_t zeroes[LG_INDEX_ALIGNMENT];

	return lg_output_write(output, zeroes, offset - output->bytes, err);
}

static enum lg_status write_chunks(struct lg_output *output, const struct lg_index_frame *frame,
				   const struct lg_progress *progress, struct lg_error *err)
{
	for (uint64_t i = 0; i < frame->chunk_count; i++) {
		const struct lg_index_chunk *chunk = &frame->chunk[i];
		enum lg_status status = pad_to(output, chunk->offset, err);

		if (lg_progress_report(progress, "writing the index", chunk->offset, frame->bytes,
				       "bytes"))
			return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
		if (status == LG_OK)
			status = lg_output_write(output, chunk_bytes(frame, i), chunk->bytes, err);
		if (status != LG_OK)
			return status;
	}
	return pad_to(output, frame->bytes, err);
}

static enum lg_status write_file(const char *index_path, const struct lg_index_head *head,
				 const struct lg_index_frame *frame,
				 const struct lg_progress *progress, struct lg_error *err)
{
	lg_cleanup(lg_output_release) struct lg_output output = {.fd = -1, .directory = -1};
	enum lg_status status = lg_output_open(&output, index_path, err);

	if (status == LG_OK)
		status = lg_output_write(&output, head, sizeof *head, err);
	if (status == LG_OK)
		status = lg_output_write(&output, frame->hash,
					 frame->chunk_count * sizeof *frame->hash, err);
	if (status == LG_OK)
		status = write_chunks(&output, frame, progress, err);
	return status == LG_OK ? lg_output_commit(&output, err) : status;
}

enum lg_status lg_index_write(const char *path, struct lg_analysis *analysis,
			      const struct lg_progress *progress, struct lg_error *err)
{
	/* Nothing is changed: the list of blocks serves the reader, too, which fills them. */
	const struct lg_index_parts parts = {(struct lg_snapshot *)analysis->snapshot, analysis};
	lg_cleanup(lg_index_frame_release) struct lg_index_frame frame = {0};
	struct lg_index_head head = {.magic = LG_INDEX_MAGIC, .version = LG_INDEX_VERSION};
	char index_path[PATH_MAX];
	enum lg_status status = lg_index_path(path, index_path, err);

	if (status == LG_OK)
		status = lg_analysis_need_shortest(analysis, LG_NONE, err);
	if (status == LG_OK)
		status = lg_analysis_need_type_parts(analysis, err);
	if (status == LG_OK)
		status = lg_analysis_need_quality(analysis, err);
	if (status == LG_OK)
		status = lg_index_stamp_of(path, &head.stamp, err);
	if (status == LG_OK)
		status = lg_index_fingerprint(path, &head.dump_hash, err);
	if (status != LG_OK)
		return status;
	head.shape = lg_index_shape();
	head.counts = lg_index_counts_of(&parts);
	status = lg_index_frame_lay(&frame, &parts, &head.counts, err);
	if (status == LG_OK)
		status = lg_parallel_for(frame.chunk_count, hash_chunk, &frame, err);
	if (status != LG_OK)
		return status;
	head.bytes = frame.bytes;
	head.hash = lg_index_hash(&head, &frame);
	return write_file(index_path, &head, &frame, progress, err);
}
