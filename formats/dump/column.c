/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "formats/dump/cells.h"
#include "formats/dump/coding.h"
#include "formats/dump/column.h"

static const char *const encoding_name[LG_ENCODING_COUNT][2] = {
	[LG_ENCODING_U8] = {"u8", "u8+zstd"},
	[LG_ENCODING_U32] = {"u32", "u32+zstd"},
	[LG_ENCODING_U64] = {"u64", "u64+zstd"},
	[LG_ENCODING_SPLIT32] = {"split32", "split32+zstd"},
	[LG_ENCODING_SPLIT64] = {"split64", "split64+zstd"},
	[LG_ENCODING_VARINT] = {"varint", "varint+zstd"},
	[LG_ENCODING_DELTA] = {"delta", "delta+zstd"},
};

void lg_column_scratch_release(struct lg_column_scratch *scratch)
{
	free(scratch->raw);
	free(scratch->packed);
	ZSTD_freeCCtx(scratch->compressor);
	ZSTD_freeDCtx(scratch->decompressor);
	*scratch = (struct lg_column_scratch){0};
}

static enum lg_status no_memory(struct lg_error *err, size_t bytes)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for %zu bytes of a column", bytes);
}

static enum lg_status want_raw(struct lg_column_scratch *scratch, size_t bytes, struct lg_error *err)
{
	return lg_reserve(scratch->raw, scratch->raw_capacity, bytes) ? LG_OK
								      : no_memory(err, bytes);
}

/* ---- compression ---- */

static enum lg_status compress(struct lg_column_scratch *scratch, const void *raw, size_t bytes,
			       int level, struct lg_column_bytes *out, struct lg_error *err)
{
	size_t bound = ZSTD_compressBound(bytes), packed;

	if (!scratch->compressor)
		scratch->compressor = ZSTD_createCCtx();
	if (!scratch->compressor || !lg_reserve(scratch->packed, scratch->packed_capacity, bound))
		return no_memory(err, bound);
	packed = ZSTD_compressCCtx(scratch->compressor, scratch->packed, bound, raw, bytes, level);
	if (ZSTD_isError(packed))
		return lg_fail(err, LG_E_INTERNAL, "zstd: %s", ZSTD_getErrorName(packed));
	out->bytes = scratch->packed;
	out->count = packed;
	return LG_OK;
}

static enum lg_status finish(struct lg_column_scratch *scratch, enum lg_encoding encoding,
			     const void *raw, size_t bytes, int level, struct lg_column_bytes *out,
			     struct lg_error *err)
{
	enum lg_status status;

	if (level) {
		status = compress(scratch, raw, bytes, level, out, err);
		out->encoding = encoding_name[encoding][1];
		if (status != LG_OK || out->count < bytes)
			return status;
	}
	*out = (struct lg_column_bytes){encoding_name[encoding][0], raw, bytes};
	return LG_OK;
}

enum lg_status lg_column_encode(struct lg_column_scratch *scratch, const struct lg_snapshot *snapshot,
				const struct lg_dump_column *column, uint32_t first, uint32_t count,
				int level, struct lg_column_bytes *out, struct lg_error *err)
{
	uint64_t value[LG_CODING_BLOCK];
	struct lg_encoder encoder = {
		.encoding = level ? column->packed : column->encoding,
		.rows = count,
	};
	enum lg_status status = want_raw(scratch, (size_t)count * LG_MAX_VARINT_BYTES, err);

	if (status != LG_OK)
		return status;
	encoder.p = scratch->raw;
	for (uint32_t done = 0; done < count; done += LG_CODING_BLOCK) {
		uint32_t some = count - done < LG_CODING_BLOCK ? count - done : LG_CODING_BLOCK;

		lg_cells_gather(value, snapshot, column, (uint64_t)first + done, some);
		lg_encoder_put(&encoder, value, some);
	}
	return finish(scratch, encoder.encoding, scratch->raw, (size_t)(encoder.p - scratch->raw),
		      level, out, err);
}

enum lg_status lg_column_encode_blob(struct lg_column_scratch *scratch, const void *blob,
				     size_t bytes, int level, struct lg_column_bytes *out,
				     struct lg_error *err)
{
	return finish(scratch, LG_ENCODING_U8, blob, bytes, level, out, err);
}

bool lg_encoding_parse(const char *name, size_t length, enum lg_encoding *out, bool *compressed)
{
	for (int i = 0; i < LG_ENCODING_COUNT; i++)
		for (int z = 0; z < 2; z++) {
			const char *known = encoding_name[i][z];

			if (strlen(known) != length || memcmp(known, name, length) != 0)
				continue;
			*out = (enum lg_encoding)i;
			*compressed = z;
			return true;
		}
	return false;
}

/* Bytes before compression, as the frame states them. */
static enum lg_status stated_bytes(bool compressed, const void *bytes, size_t length, uint64_t *out,
				   struct lg_error *err)
{
	*out = compressed ? ZSTD_getFrameContentSize(bytes, length) : length;
	if (compressed && *out == ZSTD_CONTENTSIZE_ERROR)
		return lg_fail(err, LG_E_UNREADABLE, "%zu bytes that are no zstd frame", length);
	if (compressed && *out == ZSTD_CONTENTSIZE_UNKNOWN)
		return lg_fail(err, LG_E_UNREADABLE, "a zstd frame that does not state its size");
	return LG_OK;
}

enum lg_status lg_column_raw_bytes(enum lg_encoding encoding, bool compressed, const void *bytes,
				   size_t length, uint64_t count, uint64_t *out,
				   struct lg_error *err)
{
	static const uint8_t most[LG_ENCODING_COUNT] = {
		1, 4, 8, 4, 8, LG_MAX_VARINT_BYTES, LG_MAX_VARINT_BYTES};
	uint64_t high = count * most[encoding];
	uint64_t low = encoding >= LG_ENCODING_VARINT ? count : high;
	enum lg_status status = stated_bytes(compressed, bytes, length, out, err);

	if (status != LG_OK || (*out >= low && *out <= high))
		return status;
	if (low == high)
		return lg_fail(err, LG_E_UNREADABLE, "%lu bytes, expected %lu for %lu values", *out,
			       high, count);
	return lg_fail(err, LG_E_UNREADABLE, "%lu bytes, expected %lu to %lu for %lu values", *out,
		       low, high, count);
}

enum lg_status lg_column_blob_bytes(enum lg_encoding encoding, bool compressed, const void *bytes,
				    size_t length, uint64_t most, uint64_t *out,
				    struct lg_error *err)
{
	enum lg_status status = stated_bytes(compressed, bytes, length, out, err);

	if (status != LG_OK)
		return status;
	if (encoding != LG_ENCODING_U8)
		return lg_fail(err, LG_E_UNREADABLE, "encoding '%s', expected u8",
			       encoding_name[encoding][compressed]);
	if (*out > most)
		return lg_fail(err, LG_E_UNREADABLE, "%lu bytes, expected at most %lu", *out, most);
	return LG_OK;
}

static enum lg_status decompress(struct lg_column_scratch *scratch, const struct lg_column_bytes *in,
				 void *out, size_t bytes, struct lg_error *err)
{
	size_t got;

	if (!scratch->decompressor)
		scratch->decompressor = ZSTD_createDCtx();
	if (!scratch->decompressor)
		return lg_fail(err, LG_E_MEMORY, "no memory for a zstd decompressor");
	got = ZSTD_decompressDCtx(scratch->decompressor, out, bytes, in->bytes, in->count);
	if (ZSTD_isError(got))
		return lg_fail(err, LG_E_UNREADABLE, "zstd: %s", ZSTD_getErrorName(got));
	if (got != bytes)
		return lg_fail(err, LG_E_UNREADABLE, "zstd gave %zu bytes, expected %zu", got, bytes);
	return LG_OK;
}

static enum lg_status parse_encoding(const struct lg_column_bytes *in, enum lg_encoding *encoding,
				     bool *compressed, struct lg_error *err)
{
	if (lg_encoding_parse(in->encoding, strlen(in->encoding), encoding, compressed))
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE, "encoding '%s' is not known", in->encoding);
}

/*
 * Where the snapshot keeps values of the encoding's own width side by side, or
 * NULL: the column's chunk can be copied, or put together from its planes.
 */
static void *same_layout(const struct lg_snapshot *snapshot, const struct lg_dump_column *column,
			 enum lg_encoding encoding, uint32_t first)
{
	static const uint8_t width[LG_ENCODING_COUNT] = {1, 4, 8, 4, 8};

	if (column->width != width[encoding] || column->stride != column->width ||
	    column->difference)
		return NULL;
	return (char *)*lg_dump_elements(snapshot, column) + (size_t)first * column->stride;
}

/* From bytes to rows, a block at a time. */
static enum lg_status decode_rows(struct lg_decoder *decoder, const struct lg_snapshot *snapshot,
				  const struct lg_dump_column *column, uint32_t first,
				  uint32_t count, struct lg_error *err)
{
	uint64_t value[LG_CODING_BLOCK];

	for (uint32_t done = 0; done < count; done += LG_CODING_BLOCK) {
		uint32_t some = count - done < LG_CODING_BLOCK ? count - done : LG_CODING_BLOCK;
		uint32_t got = lg_decoder_get(decoder, value, some);
		enum lg_status status;

		if (got < some)
			return lg_fail(err, LG_E_UNREADABLE,
				       "value %u of %u is cut off or longer than 64 bits",
				       done + got, count);
		status = lg_cells_scatter(value, snapshot, column, (uint64_t)first + done, some,
					  err);
		if (status != LG_OK)
			return status;
	}
	if (decoder->p != decoder->end)
		return lg_fail(err, LG_E_UNREADABLE, "%td bytes are left over after %u values",
			       decoder->end - decoder->p, count);
	return LG_OK;
}

enum lg_status lg_column_decode(struct lg_column_scratch *scratch, const struct lg_snapshot *snapshot,
				const struct lg_dump_column *column, uint32_t first, uint32_t count,
				const struct lg_column_bytes *in, struct lg_error *err)
{
	struct lg_decoder decoder = {.p = in->bytes, .rows = count};
	bool compressed = false, split;
	uint64_t raw_bytes = 0;
	void *direct;
	enum lg_status status = parse_encoding(in, &decoder.encoding, &compressed, err);

	if (status == LG_OK)
		status = lg_column_raw_bytes(decoder.encoding, compressed, in->bytes, in->count,
					     count, &raw_bytes, err);
	if (status != LG_OK)
		return status;
	direct = same_layout(snapshot, column, decoder.encoding, first);
	split = decoder.encoding == LG_ENCODING_SPLIT32 || decoder.encoding == LG_ENCODING_SPLIT64;
	if (direct && !split && compressed)
		return decompress(scratch, in, direct, raw_bytes, err);
	if (direct && !split) {
		memcpy(direct, in->bytes, raw_bytes);
		return LG_OK;
	}
	if (compressed) {
		status = want_raw(scratch, raw_bytes, err);
		if (status == LG_OK)
			status = decompress(scratch, in, scratch->raw, raw_bytes, err);
		decoder.p = scratch->raw;
	}
	if (status != LG_OK)
		return status;
	if (direct) {
		lg_unsplit(direct, decoder.p, count, column->width);
		return LG_OK;
	}
	decoder.end = decoder.p + raw_bytes;
	return decode_rows(&decoder, snapshot, column, first, count, err);
}

enum lg_status lg_column_decode_blob(struct lg_column_scratch *scratch, void *blob, size_t bytes,
				     const struct lg_column_bytes *in, struct lg_error *err)
{
	enum lg_encoding encoding = LG_ENCODING_U8;
	bool compressed = false;
	uint64_t raw_bytes = 0;
	enum lg_status status = parse_encoding(in, &encoding, &compressed, err);

	if (status == LG_OK)
		status = lg_column_blob_bytes(encoding, compressed, in->bytes, in->count, bytes,
					      &raw_bytes, err);
	if (status != LG_OK)
		return status;
	if (raw_bytes != bytes)
		return lg_fail(err, LG_E_UNREADABLE, "%lu bytes, expected %zu", raw_bytes, bytes);
	if (compressed)
		return decompress(scratch, in, blob, bytes, err);
	memcpy(blob, in->bytes, bytes);
	return LG_OK;
}
