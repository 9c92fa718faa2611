/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include <zstd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "formats/dump/input.h"
#include "formats/profile/file.h"
#include "leakgraph/profile.h"

LG_DEFINE_CLEANUP(lg_profile_free, struct lg_profile *)

/* A little-endian word: what every zstd frame begins with. */
#define ZSTD_FRAME_MAGIC "\x28\xb5\x2f\xfd"
#define ZSTD_FRAME_MAGIC_BYTES 4

struct reading {
	struct lg_profile *profile;
	struct lg_token_reader tokens;
	uint8_t *content;
	uint64_t strings, rows, suspects; /* as the header claims */
	struct lg_error *err;
};

static void release(struct reading *r)
{
	free(r->content);
}

enum lg_status lg_profile_is_one(const char *path, bool *out, struct lg_error *err)
{
	lg_cleanup(lg_input_release) struct lg_input input = {.fd = -1};
	enum lg_status status = lg_input_open(&input, path, err);
	char head[ZSTD_FRAME_MAGIC_BYTES];

	*out = false;
	if (status != LG_OK || input.bytes < sizeof head)
		return status;
	status = lg_input_read(&input, 0, head, sizeof head, err);
	*out = status == LG_OK && memcmp(head, ZSTD_FRAME_MAGIC, sizeof head) == 0;
	return status;
}

/* ---- the frame ---- */

static enum lg_status decompress(struct reading *r, const void *frame, size_t bytes)
{
	unsigned long long content = ZSTD_getFrameContentSize(frame, bytes);
	size_t got;

	if (content == ZSTD_CONTENTSIZE_ERROR || content == ZSTD_CONTENTSIZE_UNKNOWN)
		return lg_fail(r->err, LG_E_UNREADABLE,
			       "no profile: expected a zstd frame with its content size");
	if (content > LG_PROFILE_MAX_CONTENT)
		return lg_fail(r->err, LG_E_UNREADABLE, "claims %llu bytes of content, at most %u "
			       "are read", content, LG_PROFILE_MAX_CONTENT);
	r->content = malloc(content + 1);
	if (!r->content)
		return lg_fail(r->err, LG_E_MEMORY, "no memory for %llu bytes of a profile", content);
	got = ZSTD_decompress(r->content, content, frame, bytes);
	if (ZSTD_isError(got))
		return lg_fail(r->err, LG_E_UNREADABLE, "zstd: %s", ZSTD_getErrorName(got));
	r->tokens = (struct lg_token_reader){r->content, r->content + got};
	return LG_OK;
}

static enum lg_status open_frame(struct reading *r, const char *path)
{
	lg_cleanup(lg_input_release) struct lg_input input = {.fd = -1};
	lg_cleanup(lg_free) void *frame = NULL;
	enum lg_status status = lg_input_open(&input, path, r->err);

	if (status != LG_OK)
		return status;
	if (input.bytes > LG_PROFILE_MAX_BYTES)
		return lg_fail(r->err, LG_E_UNREADABLE, "has %" PRIu64 " bytes, a profile has at "
			       "most %u", input.bytes, LG_PROFILE_MAX_BYTES);
	frame = malloc(input.bytes + 1);
	if (!frame)
		return lg_fail(r->err, LG_E_MEMORY, "no memory for %" PRIu64 " bytes", input.bytes);
	status = lg_input_read(&input, 0, frame, input.bytes, r->err);
	return status == LG_OK ? decompress(r, frame, input.bytes) : status;
}

/* ---- its values ---- */

static uint64_t place_of(const struct reading *r)
{
	return (uint64_t)(r->tokens.p - r->content);
}

static enum lg_status expect(struct reading *r, enum lg_token_kind kind, struct lg_token *out)
{
	uint64_t place = place_of(r);

	if (!lg_token_next(&r->tokens, out))
		return lg_fail(r->err, LG_E_UNREADABLE, "content byte %" PRIu64 ": cut off", place);
	if (out->kind != kind)
		return lg_fail(r->err, LG_E_UNREADABLE,
			       "content byte %" PRIu64 ": %s, expected %s", place,
			       lg_token_kind_name(out->kind), lg_token_kind_name(kind));
	return LG_OK;
}

static enum lg_status read_number(struct reading *r, uint64_t most, uint64_t *out)
{
	struct lg_token token;
	uint64_t place = place_of(r);
	enum lg_status status = expect(r, LG_TOKEN_UNSIGNED, &token);

	*out = 0;
	if (status != LG_OK)
		return status;
	if (token.value > most)
		return lg_fail(r->err, LG_E_UNREADABLE, "content byte %" PRIu64 ": %" PRIu64
			       ", expected at most %" PRIu64, place, token.value, most);
	*out = token.value;
	return LG_OK;
}

static enum lg_status read_u32(struct reading *r, uint32_t *out)
{
	uint64_t number;
	enum lg_status status = read_number(r, UINT32_MAX, &number);

	*out = (uint32_t)number;
	return status;
}

/* ---- the header ---- */

static bool is_text(const struct lg_token *token, const char *text)
{
	return token->value == strlen(text) && memcmp(token->body, text, token->value) == 0;
}

static enum lg_status read_magic(struct reading *r, uint64_t *pairs)
{
	struct lg_token token;
	uint64_t major = 0, minor = 0;
	enum lg_status status = expect(r, LG_TOKEN_MAP, &token);

	*pairs = token.value;
	if (status == LG_OK)
		status = expect(r, LG_TOKEN_STR, &token);
	if (status == LG_OK && !is_text(&token, LG_PROFILE_MAGIC))
		status = lg_fail(r->err, LG_E_UNREADABLE, "no profile: '%s' is not its first key",
				 LG_PROFILE_MAGIC);
	if (status == LG_OK)
		status = expect(r, LG_TOKEN_ARRAY, &token);
	if (status == LG_OK && token.value != 2)
		status = lg_fail(r->err, LG_E_UNREADABLE, "a version of %" PRIu64 " parts, expected 2",
				 token.value);
	if (status == LG_OK)
		status = read_number(r, UINT32_MAX, &major);
	if (status == LG_OK)
		status = read_number(r, UINT32_MAX, &minor);
	if (status == LG_OK && major != LG_PROFILE_MAJOR)
		status = lg_fail(r->err, LG_E_UNREADABLE,
				 "profile version %" PRIu64 ".%" PRIu64 ", expected %d.x", major,
				 minor, LG_PROFILE_MAJOR);
	return status;
}

static enum lg_status read_truth(struct reading *r, bool *out)
{
	struct lg_token token;
	enum lg_status status = expect(r, LG_TOKEN_BOOL, &token);

	*out = status == LG_OK && token.value;
	return status;
}

static enum lg_status read_field(struct reading *r, const struct lg_token *key)
{
	if (is_text(key, "strings"))
		return read_number(r, UINT32_MAX, &r->strings);
	if (is_text(key, "rows"))
		return read_number(r, UINT32_MAX, &r->rows);
	if (is_text(key, "suspects"))
		return read_number(r, LG_PROFILE_MAX_SUSPECTS, &r->suspects);
	for (size_t i = 0; i < lg_profile_field_count; i++) {
		const struct lg_profile_field *field = &lg_profile_fields[i];
		void *slot = (char *)r->profile + field->slot;

		if (!is_text(key, field->name))
			continue;
		if (field->kind == LG_PROFILE_NUMBER)
			return read_number(r, UINT64_MAX, slot);
		return field->kind == LG_PROFILE_STRING ? read_u32(r, slot) : read_truth(r, slot);
	}
	if (!lg_token_skip(&r->tokens))
		return lg_fail(r->err, LG_E_UNREADABLE, "content byte %" PRIu64 ": cut off",
			       place_of(r));
	return LG_OK;
}

/* Every string and row has a byte at least: a claim beyond that is refused before memory is taken. */
static enum lg_status check_counts(const struct reading *r)
{
	uint64_t left = (uint64_t)(r->tokens.end - r->tokens.p);

	if (r->strings + r->rows > left)
		return lg_fail(r->err, LG_E_UNREADABLE,
			       "claims %" PRIu64 " strings and %" PRIu64 " rows, %" PRIu64
			       " bytes follow", r->strings, r->rows, left);
	if (r->rows > LG_PROFILE_MAX_ROWS + LG_PROFILE_MAX_ROWS / 4)
		return lg_fail(r->err, LG_E_UNREADABLE, "claims %" PRIu64 " rows, expected at most %u",
			       r->rows, LG_PROFILE_MAX_ROWS);
	return LG_OK;
}

static enum lg_status read_header(struct reading *r)
{
	struct lg_token key;
	uint64_t pairs;
	enum lg_status status = read_magic(r, &pairs);

	for (uint64_t i = 1; i < pairs && status == LG_OK; i++) {
		status = expect(r, LG_TOKEN_STR, &key);
		if (status == LG_OK)
			status = read_field(r, &key);
	}
	return status == LG_OK ? check_counts(r) : status;
}

/* ---- strings and rows ---- */

static enum lg_status read_string(struct reading *r, uint64_t *used)
{
	struct lg_strings *strings = &r->profile->strings;
	struct lg_token token;
	uint64_t place = place_of(r);

	if (!lg_token_next(&r->tokens, &token))
		return lg_fail(r->err, LG_E_UNREADABLE, "content byte %" PRIu64 ": cut off", place);
	if (token.kind != LG_TOKEN_STR && token.kind != LG_TOKEN_BIN)
		return lg_fail(r->err, LG_E_UNREADABLE,
			       "content byte %" PRIu64 ": %s, expected a str", place,
			       lg_token_kind_name(token.kind));
	memcpy(strings->bytes + *used, token.body, token.value);
	*used += token.value;
	strings->offset[++strings->count] = *used;
	return LG_OK;
}

static enum lg_status read_strings(struct reading *r)
{
	struct lg_strings *strings = &r->profile->strings;
	uint64_t used = 0;
	enum lg_status status = LG_OK;

	strings->offset = lg_alloc(r->strings + 2, sizeof *strings->offset);
	/* What is left of the content holds all of them. */
	strings->bytes = lg_alloc((size_t)(r->tokens.end - r->tokens.p) + 1, 1);
	if (!strings->offset || !strings->bytes)
		return lg_fail(r->err, LG_E_MEMORY, "no memory for %" PRIu64 " strings", r->strings);
	strings->offset[0] = strings->offset[1] = 0;
	strings->count = 1;
	for (uint64_t i = 0; i < r->strings && status == LG_OK; i++)
		status = read_string(r, &used);
	return status;
}

/* above[d]: the last row of depth d. */
static enum lg_status read_row(struct reading *r, uint32_t *above, uint64_t *depth)
{
	struct lg_profile *profile = r->profile;
	struct lg_profile_row *row = &profile->row[profile->row_count];
	struct lg_token token;
	uint64_t before = *depth;
	enum lg_status status = expect(r, LG_TOKEN_ARRAY, &token);

	if (status == LG_OK && token.value != LG_PROFILE_ROW_PARTS)
		status = lg_fail(r->err, LG_E_UNREADABLE, "row %u has %" PRIu64 " parts, expected %d",
				 profile->row_count, token.value, LG_PROFILE_ROW_PARTS);
	if (status == LG_OK)
		status = read_number(r, LG_PROFILE_MAX_STEPS - 1, depth);
	if (status == LG_OK && *depth > (profile->row_count ? before + 1 : 0))
		status = lg_fail(r->err, LG_E_UNREADABLE,
				 "row %u has depth %" PRIu64 ", the one before it %" PRIu64,
				 profile->row_count, *depth, before);
	if (status == LG_OK)
		status = read_u32(r, &row->label);
	if (status == LG_OK)
		status = read_u32(r, &row->type);
	if (status == LG_OK)
		status = read_number(r, UINT64_MAX, &row->count);
	if (status == LG_OK)
		status = read_number(r, UINT64_MAX, &row->shallow_bytes);
	if (status == LG_OK)
		status = read_number(r, UINT64_MAX, &row->retained_bytes);
	if (status != LG_OK)
		return status;
	row->parent = *depth ? above[*depth - 1] : LG_NONE;
	above[*depth] = profile->row_count++;
	return LG_OK;
}

static enum lg_status read_rows(struct reading *r)
{
	uint32_t above[LG_PROFILE_MAX_STEPS];
	uint64_t depth = 0;
	enum lg_status status = LG_OK;

	r->profile->row = lg_alloc(r->rows, sizeof *r->profile->row);
	if (!r->profile->row)
		return lg_fail(r->err, LG_E_MEMORY, "no memory for %" PRIu64 " rows", r->rows);
	for (uint64_t i = 0; i < r->rows && status == LG_OK; i++)
		status = read_row(r, above, &depth);
	return status;
}

static enum lg_status read_suspect(struct reading *r)
{
	struct lg_profile_suspect *suspect = &r->profile->suspect[r->profile->suspect_count];
	struct lg_token token;
	enum lg_status status = expect(r, LG_TOKEN_ARRAY, &token);

	if (status == LG_OK && token.value != LG_PROFILE_SUSPECT_PARTS)
		status = lg_fail(r->err, LG_E_UNREADABLE, "suspect %u has %" PRIu64
				 " parts, expected %d", r->profile->suspect_count, token.value,
				 LG_PROFILE_SUSPECT_PARTS);
	if (status == LG_OK)
		status = read_u32(r, &suspect->signature);
	if (status == LG_OK)
		status = read_u32(r, &suspect->row);
	if (status == LG_OK)
		status = read_u32(r, &suspect->words);
	if (status == LG_OK)
		status = read_u32(r, &suspect->type);
	if (status == LG_OK)
		status = read_number(r, UINT64_MAX, &suspect->count);
	if (status == LG_OK)
		status = read_number(r, UINT64_MAX, &suspect->retained_bytes);
	r->profile->suspect_count += status == LG_OK;
	return status;
}

static enum lg_status read_suspects(struct reading *r)
{
	enum lg_status status = LG_OK;

	r->profile->suspect = lg_alloc(r->suspects, sizeof *r->profile->suspect);
	if (!r->profile->suspect)
		return lg_fail(r->err, LG_E_MEMORY, "no memory for %" PRIu64 " suspects", r->suspects);
	for (uint64_t i = 0; i < r->suspects && status == LG_OK; i++)
		status = read_suspect(r);
	if (status == LG_OK && r->tokens.p != r->tokens.end)
		status = lg_fail(r->err, LG_E_UNREADABLE,
				 "content byte %" PRIu64 ": more behind the last suspect",
				 place_of(r));
	return status;
}

enum lg_status lg_profile_read(const char *path, struct lg_profile **out, struct lg_error *err)
{
	lg_cleanup(lg_profile_free_slot) struct lg_profile *profile = calloc(1, sizeof *profile);
	lg_cleanup(release) struct reading r = {.profile = profile, .err = err};
	enum lg_status status;

	*out = NULL;
	if (!profile)
		return lg_fail(err, LG_E_MEMORY, "no memory for a profile");
	status = open_frame(&r, path);
	if (status == LG_OK)
		status = read_header(&r);
	if (status == LG_OK)
		status = read_strings(&r);
	if (status == LG_OK)
		status = read_rows(&r);
	if (status == LG_OK)
		status = read_suspects(&r);
	if (status == LG_OK)
		status = lg_profile_validate(profile, err);
	if (status != LG_OK)
		return lg_fail_within(err, "%s", path);
	*out = lg_take(profile);
	return LG_OK;
}
