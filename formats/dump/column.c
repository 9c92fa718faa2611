/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "formats/dump/column.h"

#define MAX_VARINT_BYTES 10

static const char *const encoding_name[LG_ENCODING_COUNT][2] = {
	[LG_ENCODING_U8] = {"u8", "u8+zstd"},
	[LG_ENCODING_U32] = {"u32", "u32+zstd"},
	[LG_ENCODING_U64] = {"u64", "u64+zstd"},
	[LG_ENCODING_VARINT] = {"varint", "varint+zstd"},
	[LG_ENCODING_DELTA] = {"delta", "delta+zstd"},
};

void lg_column_scratch_release(struct lg_column_scratch *scratch)
{
	free(scratch->value);
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

static enum lg_status want_values(struct lg_column_scratch *scratch, struct lg_error *err)
{
	if (!scratch->value)
		scratch->value = lg_alloc(LG_DUMP_CHUNK_ROWS, sizeof *scratch->value);
	return scratch->value ? LG_OK : no_memory(err, LG_DUMP_CHUNK_ROWS * sizeof(uint64_t));
}

static enum lg_status want_raw(struct lg_column_scratch *scratch, size_t bytes, struct lg_error *err)
{
	return lg_reserve(scratch->raw, scratch->raw_capacity, bytes) ? LG_OK
								      : no_memory(err, bytes);
}

/* ---- values between a snapshot and the scratch ---- */

static const char *element(const struct lg_snapshot *s, const struct lg_dump_column *c, uint64_t row)
{
	return (const char *)*lg_dump_elements(s, c) + row * c->stride + c->member;
}

#define GATHER(type)                                                        \
	for (uint32_t i = 0; i < count; i++, p += c->stride) {              \
		type v;                                                     \
		memcpy(&v, p, sizeof v);                                    \
		value[i] = v;                                               \
	}

static void gather(uint64_t *value, const struct lg_snapshot *s, const struct lg_dump_column *c,
		   uint32_t first, uint32_t count)
{
	const char *p = element(s, c, first);

	switch (c->width) {
	case 1:
		GATHER(uint8_t);
		break;
	case 4:
		GATHER(uint32_t);
		break;
	default:
		GATHER(uint64_t);
	}
}

/* The last element of a chunk of sums is the first of the next. */
static void gather_differences(uint64_t *value, const struct lg_snapshot *s,
			       const struct lg_dump_column *c, uint32_t first, uint32_t count)
{
	uint64_t before;

	gather(value, s, c, first, 1);
	before = value[0];
	for (uint32_t i = 0; i < count; i++) {
		uint64_t sum = 0;

		memcpy(&sum, element(s, c, (uint64_t)first + i + 1), c->width);
		value[i] = sum - before;
		before = sum;
	}
}

#define SCATTER(type)                                                       \
	for (uint32_t i = 0; i < count; i++, p += c->stride) {              \
		type v = (type)value[i];                                    \
		memcpy(p, &v, sizeof v);                                    \
	}

static enum lg_status scatter(const uint64_t *value, const struct lg_snapshot *s,
			      const struct lg_dump_column *c, uint32_t first, uint32_t count,
			      struct lg_error *err)
{
	char *p = (char *)element(s, c, (uint64_t)first + c->difference);
	uint64_t all = 0, top = c->width == 1 ? UINT8_MAX : c->width == 4 ? UINT32_MAX : UINT64_MAX;

	for (uint32_t i = 0; i < count; i++)
		all |= value[i];
	for (uint32_t i = 0; all > top && i < count; i++)
		if (value[i] > top)
			return lg_fail(err, LG_E_UNREADABLE, "row %u is %lu, expected at most %lu",
				       first + i, value[i], top);
	switch (c->width) {
	case 1:
		SCATTER(uint8_t);
		break;
	case 4:
		SCATTER(uint32_t);
		break;
	default:
		SCATTER(uint64_t);
	}
	return LG_OK;
}

/* ---- values between the scratch and bytes ---- */

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		*p++ = (uint8_t)(v | 128);
	*p++ = (uint8_t)v;
	return p;
}

static size_t put_values(uint8_t *raw, const uint64_t *value, uint32_t count,
			 enum lg_encoding encoding)
{
	uint8_t *p = raw;
	uint64_t last = 0;
	size_t width = encoding == LG_ENCODING_U8 ? 1 : encoding == LG_ENCODING_U32 ? 4 : 8;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t d = value[i] - last;

		switch (encoding) {
		case LG_ENCODING_VARINT:
			p = put_varint(p, value[i]);
			break;
		case LG_ENCODING_DELTA:
			p = put_varint(p, d << 1 ^ (uint64_t)((int64_t)d >> 63));
			last = value[i];
			break;
		default:
			memcpy(p, &value[i], width);
			p += width;
		}
	}
	return (size_t)(p - raw);
}

/* The end of the varint at p, or NULL where it is cut off or over 64 bits. */
static const uint8_t *get_varint(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
		uint8_t byte = *p++;

		v |= (uint64_t)(byte & 127) << shift;
		if (byte < 128) {
			*out = v;
			return shift == 63 && byte > 1 ? NULL : p;
		}
	}
	return NULL;
}

static enum lg_status get_varints(uint64_t *value, uint32_t count, const uint8_t *raw, size_t bytes,
				  struct lg_error *err)
{
	const uint8_t *p = raw, *end = raw + bytes;

	for (uint32_t i = 0; i < count; i++) {
		if (p < end && *p < 128) {
			value[i] = *p++;
			continue;
		}
		p = get_varint(p, end, &value[i]);
		if (!p)
			return lg_fail(err, LG_E_UNREADABLE,
				       "value %u of %u is cut off or longer than 64 bits", i, count);
	}
	if (p != end)
		return lg_fail(err, LG_E_UNREADABLE, "%td bytes are left over after %u values",
			       end - p, count);
	return LG_OK;
}

static void undo_delta(uint64_t *value, uint32_t count)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < count; i++) {
		last += value[i] >> 1 ^ -(value[i] & 1);
		value[i] = last;
	}
}

/* Length is already known to fit. */
static enum lg_status get_values(uint64_t *value, uint32_t count, enum lg_encoding encoding,
				 const uint8_t *raw, size_t bytes, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	switch (encoding) {
	case LG_ENCODING_U8:
		for (uint32_t i = 0; i < count; i++)
			value[i] = raw[i];
		break;
	case LG_ENCODING_U32:
		for (uint32_t i = 0; i < count; i++) {
			uint32_t v;

			memcpy(&v, raw + 4ul * i, sizeof v);
			value[i] = v;
		}
		break;
	case LG_ENCODING_U64:
		memcpy(value, raw, 8ul * count);
		break;
	default:
		status = get_varints(value, count, raw, bytes, err);
		if (encoding == LG_ENCODING_DELTA)
			undo_delta(value, count);
	}
	return status;
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
	enum lg_status status = want_values(scratch, err);

	if (status == LG_OK)
		status = want_raw(scratch, (size_t)count * MAX_VARINT_BYTES, err);
	if (status != LG_OK)
		return status;
	if (column->difference)
		gather_differences(scratch->value, snapshot, column, first, count);
	else
		gather(scratch->value, snapshot, column, first, count);
	return finish(scratch, column->encoding, scratch->raw,
		      put_values(scratch->raw, scratch->value, count, column->encoding), level, out,
		      err);
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
	static const uint8_t most[] = {1, 4, 8, MAX_VARINT_BYTES, MAX_VARINT_BYTES};
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

enum lg_status lg_column_decode(struct lg_column_scratch *scratch, const struct lg_snapshot *snapshot,
				const struct lg_dump_column *column, uint32_t first, uint32_t count,
				const struct lg_column_bytes *in, struct lg_error *err)
{
	const uint8_t *raw = in->bytes;
	enum lg_encoding encoding;
	bool compressed;
	uint64_t raw_bytes;
	enum lg_status status = parse_encoding(in, &encoding, &compressed, err);

	if (status == LG_OK)
		status = lg_column_raw_bytes(encoding, compressed, in->bytes, in->count, count,
					     &raw_bytes, err);
	if (status == LG_OK)
		status = want_values(scratch, err);
	if (status == LG_OK && compressed) {
		status = want_raw(scratch, raw_bytes, err);
		if (status == LG_OK)
			status = decompress(scratch, in, scratch->raw, raw_bytes, err);
		raw = scratch->raw;
	}
	if (status == LG_OK)
		status = get_values(scratch->value, count, encoding, raw, raw_bytes, err);
	if (status != LG_OK)
		return status;
	return scatter(scratch->value, snapshot, column, first, count, err);
}

enum lg_status lg_column_decode_blob(struct lg_column_scratch *scratch, void *blob, size_t bytes,
				     const struct lg_column_bytes *in, struct lg_error *err)
{
	enum lg_encoding encoding;
	bool compressed;
	uint64_t raw_bytes;
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
