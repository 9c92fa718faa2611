/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_COLUMN_H
#define LG_DUMP_COLUMN_H

#include <zstd.h>

#include "base/cleanup.h"
#include "formats/dump/schema.h"

/* What coding a chunk needs, one for each worker; zero-initialised, grows on demand. */
struct lg_column_scratch {
	uint8_t *raw;
	size_t raw_capacity;
	uint8_t *packed;
	size_t packed_capacity;
	ZSTD_CCtx *compressor;
	ZSTD_DCtx *decompressor;
};
void lg_column_scratch_release(struct lg_column_scratch *scratch);

/* An encoded column; bytes belong to the scratch (or the caller's blob) until the next call. */
struct lg_column_bytes {
	const char *encoding; /* "delta+zstd" */
	const void *bytes;
	size_t count;
};

/* Encode rows first .. first+count-1 of a column. level 0: not compressed. */
enum lg_status lg_column_encode(struct lg_column_scratch *scratch, const struct lg_snapshot *snapshot,
				const struct lg_dump_column *column, uint32_t first, uint32_t count,
				int level, struct lg_column_bytes *out,
				struct lg_error *err) LG_MUST_CHECK;

/* The same for bytes as they are (encoding u8). */
enum lg_status lg_column_encode_blob(struct lg_column_scratch *scratch, const void *blob,
				     size_t bytes, int level, struct lg_column_bytes *out,
				     struct lg_error *err) LG_MUST_CHECK;

/* An encoding's name, as found in a file. False for a name that is none. */
bool lg_encoding_parse(const char *name, size_t length, enum lg_encoding *out, bool *compressed);

/*
 * Bytes of a column before compression, from its length or its zstd frame,
 * checked against what `count` values may take. Nothing is decompressed.
 */
enum lg_status lg_column_raw_bytes(enum lg_encoding encoding, bool compressed, const void *bytes,
				   size_t length, uint64_t count, uint64_t *out,
				   struct lg_error *err) LG_MUST_CHECK;

/* The same for a blob of at most `most` bytes. */
enum lg_status lg_column_blob_bytes(enum lg_encoding encoding, bool compressed, const void *bytes,
				    size_t length, uint64_t most, uint64_t *out,
				    struct lg_error *err) LG_MUST_CHECK;

/*
 * Decode a column's chunk into rows first .. first+count-1 of the snapshot,
 * which has room for them. The values of a `difference` column are left as
 * they are, one element further: whoever reads adds them up.
 */
enum lg_status lg_column_decode(struct lg_column_scratch *scratch, const struct lg_snapshot *snapshot,
				const struct lg_dump_column *column, uint32_t first, uint32_t count,
				const struct lg_column_bytes *in,
				struct lg_error *err) LG_MUST_CHECK;

/* The same for `bytes` bytes as they are. */
enum lg_status lg_column_decode_blob(struct lg_column_scratch *scratch, void *blob, size_t bytes,
				     const struct lg_column_bytes *in,
				     struct lg_error *err) LG_MUST_CHECK;

#endif
