/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_CODING_H
#define LG_DUMP_CODING_H

#include "formats/dump/schema.h"

/*
 * Values as bytes (SPEC.md, section 2, "encoding"), some at a time, so that
 * they stay in the first-level cache between bytes and columns.
 */
#define LG_CODING_BLOCK 2048u
#define LG_MAX_VARINT_BYTES 10u

struct lg_encoder {
	enum lg_encoding encoding;
	uint8_t *p;    /* room for LG_MAX_VARINT_BYTES a value */
	uint64_t rows; /* in all */
	uint64_t row, last;
};
/* Changes the values in place. */
void lg_encoder_put(struct lg_encoder *encoder, uint64_t *value, uint32_t count);

struct lg_decoder {
	enum lg_encoding encoding;
	const uint8_t *p, *end;
	uint64_t rows; /* in all; for split values */
	uint64_t row, last;
};
/* How many were there: fewer than count where bytes ran out or a varint is over 64 bits. */
uint32_t lg_decoder_get(struct lg_decoder *decoder, uint64_t *value, uint32_t count);

/*
 * Split values of one width, all at once, into an array of that width: the
 * bytes are put side by side without being made numbers first.
 */
void lg_unsplit(void *array, const uint8_t *planes, uint64_t rows, unsigned width);

#endif
