/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/dump/schema.h"
#include "formats/dump/token.h"

static uint64_t big_endian(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

/* What the bytes c0 to df begin: the kind, and how many bytes of number follow. */
static const struct {
	uint8_t kind, number, extra; /* extra: the type byte of an ext */
} lead[32] = {
	[0x00] = {LG_TOKEN_NIL, 0, 0},	[0x02] = {LG_TOKEN_BOOL, 0, 0},
	[0x03] = {LG_TOKEN_BOOL, 0, 0}, [0x04] = {LG_TOKEN_BIN, 1, 0},
	[0x05] = {LG_TOKEN_BIN, 2, 0},	[0x06] = {LG_TOKEN_BIN, 4, 0},
	[0x07] = {LG_TOKEN_EXT, 1, 1},	[0x08] = {LG_TOKEN_EXT, 2, 1},
	[0x09] = {LG_TOKEN_EXT, 4, 1},	[0x0a] = {LG_TOKEN_FLOAT, 4, 0},
	[0x0b] = {LG_TOKEN_FLOAT, 8, 0},    [0x0c] = {LG_TOKEN_UNSIGNED, 1, 0},
	[0x0d] = {LG_TOKEN_UNSIGNED, 2, 0}, [0x0e] = {LG_TOKEN_UNSIGNED, 4, 0},
	[0x0f] = {LG_TOKEN_UNSIGNED, 8, 0}, [0x10] = {LG_TOKEN_NEGATIVE, 1, 0},
	[0x11] = {LG_TOKEN_NEGATIVE, 2, 0}, [0x12] = {LG_TOKEN_NEGATIVE, 4, 0},
	[0x13] = {LG_TOKEN_NEGATIVE, 8, 0}, [0x14] = {LG_TOKEN_EXT, 0, 1},
	[0x15] = {LG_TOKEN_EXT, 0, 1},	[0x16] = {LG_TOKEN_EXT, 0, 1},
	[0x17] = {LG_TOKEN_EXT, 0, 1},	[0x18] = {LG_TOKEN_EXT, 0, 1},
	[0x19] = {LG_TOKEN_STR, 1, 0},	[0x1a] = {LG_TOKEN_STR, 2, 0},
	[0x1b] = {LG_TOKEN_STR, 4, 0},	[0x1c] = {LG_TOKEN_ARRAY, 2, 0},
	[0x1d] = {LG_TOKEN_ARRAY, 4, 0},    [0x1e] = {LG_TOKEN_MAP, 2, 0},
	[0x1f] = {LG_TOKEN_MAP, 4, 0},
};

#define NEVER_USED 0xc1

static enum lg_token_status with_body(const uint8_t *p, uint64_t have, uint64_t head,
				      struct lg_token *out)
{
	out->body = p + head;
	out->bytes = head + out->value;
	return out->bytes <= have ? LG_TOKEN_OK : LG_TOKEN_MORE;
}

/* A signed number of fewer than 8 bytes, widened. One that is not negative is unsigned. */
static void fix_sign(struct lg_token *out, unsigned bytes)
{
	unsigned unused = 64 - 8 * bytes;

	out->value = (uint64_t)((int64_t)(out->value << unused) >> unused);
	if (!(out->value >> 63))
		out->kind = LG_TOKEN_UNSIGNED;
}

static enum lg_token_status read_long(const uint8_t *p, uint64_t have, struct lg_token *out)
{
	uint8_t code = *p - 0xc0;
	unsigned number = lead[code].number;
	uint64_t head = 1 + number + lead[code].extra;

	out->kind = (enum lg_token_kind)lead[code].kind;
	out->bytes = head;
	if (have < head)
		return LG_TOKEN_MORE;
	out->value = big_endian(p + 1, number);
	switch (out->kind) {
	case LG_TOKEN_NEGATIVE:
		fix_sign(out, number);
		return LG_TOKEN_OK;
	case LG_TOKEN_EXT:
		if (code >= 0x14)
			out->value = 1u << (code - 0x14);
		return with_body(p, have, head, out);
	case LG_TOKEN_STR:
	case LG_TOKEN_BIN:
		return with_body(p, have, head, out);
	case LG_TOKEN_BOOL:
		out->value = code & 1;
		return LG_TOKEN_OK;
	default:
		return LG_TOKEN_OK;
	}
}

enum lg_token_status lg_token_read(const uint8_t *p, uint64_t have, struct lg_token *out)
{
	uint8_t byte;

	out->body = NULL;
	out->bytes = 1;
	if (have == 0)
		return LG_TOKEN_MORE;
	byte = *p;
	if (byte < 0x80 || byte >= 0xe0) {
		out->kind = byte < 0x80 ? LG_TOKEN_UNSIGNED : LG_TOKEN_NEGATIVE;
		out->value = byte < 0x80 ? byte : (uint64_t)(int64_t)(int8_t)byte;
		return LG_TOKEN_OK;
	}
	if (byte >= 0xc0)
		return byte == NEVER_USED ? LG_TOKEN_BAD : read_long(p, have, out);
	out->value = byte & 0x0f;
	out->kind = byte < 0x90 ? LG_TOKEN_MAP : LG_TOKEN_ARRAY;
	if (byte < 0xa0)
		return LG_TOKEN_OK;
	out->kind = LG_TOKEN_STR;
	out->value = byte & 0x1f;
	return with_body(p, have, 1, out);
}

const char *lg_token_kind_name(enum lg_token_kind kind)
{
	static const char *const name[] = {
		"nil", "a boolean", "an unsigned integer", "a negative integer", "a float",
		"a str", "a bin", "an ext", "an array", "a map",
	};

	return name[kind];
}

/* Elements that follow a token as values of their own. */
static uint64_t elements(const struct lg_token *token)
{
	if (token->kind == LG_TOKEN_ARRAY)
		return token->value;
	return token->kind == LG_TOKEN_MAP ? 2 * token->value : 0;
}

enum lg_scan_status lg_token_scan(const uint8_t *p, uint64_t have, uint64_t limit,
				  struct lg_scan *out)
{
	uint64_t left[LG_DUMP_MAX_DEPTH + 1];
	unsigned depth = 0;

	left[0] = 1;
	*out = (struct lg_scan){0};
	for (;;) {
		struct lg_token token;
		enum lg_token_status status;

		while (left[depth] == 0) {
			if (depth == 0)
				return LG_SCAN_OK;
			depth--;
		}
		status = lg_token_read(p + out->bytes, have - out->bytes, &token);
		if (status == LG_TOKEN_BAD)
			return LG_SCAN_BAD;
		/* Each element takes a byte at least: no claim is larger than the file. */
		out->claim = status == LG_TOKEN_OK && elements(&token) ? elements(&token)
								       : token.bytes;
		if (out->claim > limit - out->bytes)
			return LG_SCAN_CLAIM;
		out->bytes += token.bytes;
		if (status == LG_TOKEN_MORE)
			return LG_SCAN_MORE;
		out->parts++;
		left[depth]--;
		if (elements(&token) == 0)
			continue;
		if (depth == LG_DUMP_MAX_DEPTH)
			return LG_SCAN_DEEP;
		left[++depth] = elements(&token);
	}
}

bool lg_token_skip(struct lg_token_reader *reader)
{
	uint64_t have = (uint64_t)(reader->end - reader->p);
	struct lg_scan scan;

	if (lg_token_scan(reader->p, have, have, &scan) != LG_SCAN_OK)
		return false;
	reader->p += scan.bytes;
	return true;
}
