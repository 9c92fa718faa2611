/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_FRAME_H
#define LG_DUMP_FRAME_H

#include "formats/dump/input.h"
#include "formats/dump/schema.h"
#include "leakgraph/dump.h"

/* The steps of reading (SPEC.md, section 7), inside the format. */

struct lg_chunk {
	uint64_t offset, bytes; /* of the value in the file */
	uint64_t hash;          /* XXH3 of it */
	uint64_t blob_first;    /* strings: bytes of all strings before */
	uint64_t blob_bytes;
	uint32_t first, count;
	uint8_t table;
};

/* A file that has passed peek and verify. Zero-initialise. */
struct lg_frame_index {
	struct lg_input input;
	struct lg_dump_header header;
	uint64_t header_bytes;
	bool sealed;
	uint64_t checksum; /* as the seal says */

	/* columns form */
	struct lg_chunk *chunk;
	size_t chunk_count, chunk_capacity;
	uint64_t rows[LG_TABLE_COUNT];
	uint64_t string_bytes;

	/* both forms: "info" */
	uint64_t info_offset, info_bytes;
	bool ended; /* "end" was met */

	/* rows form */
	uint64_t row_count;
};
void lg_frame_release(struct lg_frame_index *frame);

/* Header and seal. frame->input is open. */
enum lg_status lg_frame_peek(struct lg_frame_index *frame, struct lg_error *err) LG_MUST_CHECK;
/* Frame, counts, checksum of a file that was peeked at. */
enum lg_status lg_frame_verify(struct lg_frame_index *frame, const struct lg_progress *progress,
			       struct lg_error *err) LG_MUST_CHECK;

/* The values between header and seal. */
enum lg_status lg_frame_values(const struct lg_frame_index *frame, struct lg_values *out,
			       struct lg_error *err) LG_MUST_CHECK;

/* Compares the checksum of all values with the seal. */
enum lg_status lg_frame_check_seal(const struct lg_frame_index *frame, const struct lg_values *values,
				   struct lg_error *err) LG_MUST_CHECK;

/* Columns or rows of a verified file into an empty snapshot; not validated yet. */
enum lg_status lg_decode_columns(const struct lg_frame_index *frame,
				 const struct lg_progress *progress, struct lg_snapshot *out,
				 struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_decode_rows(const struct lg_frame_index *frame,
			      const struct lg_progress *progress, struct lg_snapshot *out,
			      struct lg_error *err) LG_MUST_CHECK;
/* The frame of a rows file: shapes of rows, counts, checksum where there is one. */
enum lg_status lg_verify_rows(struct lg_frame_index *frame, const struct lg_progress *progress,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
