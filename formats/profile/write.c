/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <msgpack.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "formats/dump/utf8.h"
#include "formats/profile/file.h"
#include "leakgraph/profile.h"

#define LEVEL 12 /* a second for the largest: it is written once and kept for months */

/* ---- packing: each answers 0, or nonzero when memory is out, as msgpack-c does ---- */

static int pack_key(msgpack_packer *pk, const char *key)
{
	return msgpack_pack_str_with_body(pk, key, strlen(key));
}

static int pack_text(msgpack_packer *pk, const struct lg_profile *profile, uint32_t string)
{
	uint64_t start = profile->strings.offset[string];
	size_t length = profile->strings.offset[string + 1] - start;
	const char *bytes = profile->strings.bytes + start;

	if (lg_utf8_valid(bytes, length))
		return msgpack_pack_str_with_body(pk, bytes, length);
	return msgpack_pack_bin_with_body(pk, bytes, length);
}

static int pack_field(msgpack_packer *pk, const struct lg_profile *profile,
		      const struct lg_profile_field *field)
{
	const void *slot = (const char *)profile + field->slot;

	if (pack_key(pk, field->name))
		return -1;
	switch (field->kind) {
	case LG_PROFILE_NUMBER:
		return msgpack_pack_uint64(pk, *(const uint64_t *)slot);
	case LG_PROFILE_STRING:
		return msgpack_pack_uint32(pk, *(const uint32_t *)slot);
	default:
		return *(const bool *)slot ? msgpack_pack_true(pk) : msgpack_pack_false(pk);
	}
}

static int pack_header(msgpack_packer *pk, const struct lg_profile *profile)
{
	int failed = msgpack_pack_map(pk, 4 + lg_profile_field_count) ||
		     pack_key(pk, LG_PROFILE_MAGIC) || msgpack_pack_array(pk, 2) ||
		     msgpack_pack_uint32(pk, LG_PROFILE_MAJOR) ||
		     msgpack_pack_uint32(pk, LG_PROFILE_MINOR) || pack_key(pk, "strings") ||
		     msgpack_pack_uint32(pk, profile->strings.count - 1) || pack_key(pk, "rows") ||
		     msgpack_pack_uint32(pk, profile->row_count) || pack_key(pk, "suspects") ||
		     msgpack_pack_uint32(pk, profile->suspect_count);

	for (size_t i = 0; i < lg_profile_field_count && !failed; i++)
		failed = pack_field(pk, profile, &lg_profile_fields[i]);
	return failed;
}

/* Depths come from those of the parents, which stand before. */
static int pack_rows(msgpack_packer *pk, const struct lg_profile *profile, uint8_t *depth)
{
	int failed = 0;

	for (uint32_t i = 0; i < profile->row_count && !failed; i++) {
		const struct lg_profile_row *row = &profile->row[i];

		depth[i] = row->parent == LG_NONE ? 0 : (uint8_t)(depth[row->parent] + 1);
		failed = msgpack_pack_array(pk, LG_PROFILE_ROW_PARTS) ||
			 msgpack_pack_uint8(pk, depth[i]) || msgpack_pack_uint32(pk, row->label) ||
			 msgpack_pack_uint32(pk, row->type) || msgpack_pack_uint64(pk, row->count) ||
			 msgpack_pack_uint64(pk, row->shallow_bytes) ||
			 msgpack_pack_uint64(pk, row->retained_bytes);
	}
	return failed;
}

static int pack_suspects(msgpack_packer *pk, const struct lg_profile *profile)
{
	int failed = 0;

	for (uint32_t i = 0; i < profile->suspect_count && !failed; i++) {
		const struct lg_profile_suspect *suspect = &profile->suspect[i];

		failed = msgpack_pack_array(pk, LG_PROFILE_SUSPECT_PARTS) ||
			 msgpack_pack_uint32(pk, suspect->signature) ||
			 msgpack_pack_uint32(pk, suspect->row) ||
			 msgpack_pack_uint32(pk, suspect->words) ||
			 msgpack_pack_uint32(pk, suspect->type) ||
			 msgpack_pack_uint64(pk, suspect->count) ||
			 msgpack_pack_uint64(pk, suspect->retained_bytes);
	}
	return failed;
}

static enum lg_status pack(const struct lg_profile *profile, msgpack_sbuffer *out,
			   struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *depth = malloc((size_t)profile->row_count + 1);
	msgpack_packer pk;
	int failed = !depth;

	msgpack_packer_init(&pk, out, msgpack_sbuffer_write);
	failed = failed || pack_header(&pk, profile);
	for (uint32_t i = 1; i < profile->strings.count && !failed; i++)
		failed = pack_text(&pk, profile, i);
	failed = failed || pack_rows(&pk, profile, depth) || pack_suspects(&pk, profile);
	if (failed)
		return lg_fail(err, LG_E_MEMORY, "no memory to pack a profile of %u rows",
			       profile->row_count);
	return LG_OK;
}

/* ---- the file ---- */

static void free_compressor(ZSTD_CCtx **context)
{
	ZSTD_freeCCtx(*context);
}

static enum lg_status write_frame(struct lg_output *output, const msgpack_sbuffer *content,
				  struct lg_error *err)
{
	lg_cleanup(free_compressor) ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(content->size), bytes;
	lg_cleanup(lg_free) void *frame = malloc(bound);

	if (!context || !frame)
		return lg_fail(err, LG_E_MEMORY, "no memory to compress a profile of %zu bytes",
			       content->size);
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	bytes = ZSTD_compress2(context, frame, bound, content->data, content->size);
	if (ZSTD_isError(bytes))
		return lg_fail(err, LG_E_INTERNAL, "zstd: %s", ZSTD_getErrorName(bytes));
	return lg_output_write(output, frame, bytes, err);
}

enum lg_status lg_profile_write(const char *path, const struct lg_profile *profile,
				struct lg_error *err)
{
	lg_cleanup(lg_output_release) struct lg_output output = {.fd = -1, .directory = -1};
	lg_cleanup(msgpack_sbuffer_destroy) msgpack_sbuffer content = {0};
	enum lg_status status;

	msgpack_sbuffer_init(&content);
	status = pack(profile, &content, err);
	if (status == LG_OK)
		status = lg_output_open(&output, path, err);
	if (status == LG_OK)
		status = write_frame(&output, &content, err);
	return status == LG_OK ? lg_output_commit(&output, err) : status;
}
