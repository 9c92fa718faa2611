/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_TOKEN_H
#define LG_DUMP_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One MessagePack token at a time, without memory of its own. It is what
 * looks at bytes before msgpack-c does, which would take memory for whatever
 * an array's header claims; and it reads rows, ten times as fast as objects
 * built by a library.
 */
enum lg_token_kind {
	LG_TOKEN_NIL,
	LG_TOKEN_BOOL,
	LG_TOKEN_UNSIGNED,
	LG_TOKEN_NEGATIVE, /* value: two's complement */
	LG_TOKEN_FLOAT,
	LG_TOKEN_STR,
	LG_TOKEN_BIN,
	LG_TOKEN_EXT,
	LG_TOKEN_ARRAY,
	LG_TOKEN_MAP,
};

struct lg_token {
	enum lg_token_kind kind;
	uint64_t value;      /* number; bytes of a body; elements of an array, pairs of a map */
	const uint8_t *body; /* of a str, bin or ext */
	uint64_t bytes;      /* of the token with its body, without elements */
};

enum lg_token_status {
	LG_TOKEN_OK,
	LG_TOKEN_MORE, /* out->bytes: as many are needed at least */
	LG_TOKEN_BAD,  /* a byte that begins nothing (c1) */
};

enum lg_token_status lg_token_read(const uint8_t *p, uint64_t have, struct lg_token *out);

/* "an array", "a str": for messages. */
const char *lg_token_kind_name(enum lg_token_kind kind);

/* A walk over the tokens of a whole value that lg_token_scan() has passed. */
struct lg_token_reader {
	const uint8_t *p, *end;
};
static inline bool lg_token_next(struct lg_token_reader *reader, struct lg_token *out)
{
	if (lg_token_read(reader->p, (uint64_t)(reader->end - reader->p), out) != LG_TOKEN_OK)
		return false;
	reader->p += out->bytes;
	return true;
}
/* Step over one value with all its elements. */
bool lg_token_skip(struct lg_token_reader *reader);

/*
 * Bytes of the whole value at p: what it claims is bounded by `limit`, the
 * bytes there are from p to the end of the file.
 */
enum lg_scan_status {
	LG_SCAN_OK,
	LG_SCAN_MORE,  /* `bytes`: as many are needed at least */
	LG_SCAN_BAD,   /* `bytes`: where the bad byte stands */
	LG_SCAN_CLAIM, /* `claim` elements or bytes are claimed, more than limit holds */
	LG_SCAN_DEEP,  /* nested deeper than LG_DUMP_MAX_DEPTH */
};
struct lg_scan {
	uint64_t bytes;
	uint64_t parts; /* tokens */
	uint64_t claim;
};
enum lg_scan_status lg_token_scan(const uint8_t *p, uint64_t have, uint64_t limit,
				  struct lg_scan *out);

#endif
