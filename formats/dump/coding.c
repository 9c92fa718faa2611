/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "formats/dump/coding.h"

/* ---- encode ---- */

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		*p++ = (uint8_t)(v | 128);
	*p++ = (uint8_t)v;
	return p;
}

static void make_delta(struct lg_encoder *encoder, uint64_t *value, uint32_t count)
{
	uint64_t last = encoder->last;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t d = value[i] - last;

		last = value[i];
		value[i] = d << 1 ^ (uint64_t)((int64_t)d >> 63);
	}
	encoder->last = last;
}

static uint8_t *put_varints(uint8_t *p, const uint64_t *value, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		p = put_varint(p, value[i]);
	return p;
}

/* All lowest bytes of the chunk, then all second ones, and so on. */
static void put_split(struct lg_encoder *encoder, const uint64_t *value, uint32_t count,
		      unsigned width)
{
	for (unsigned k = 0; k < width; k++) {
		uint8_t *plane = encoder->p + k * encoder->rows + encoder->row;

		for (uint32_t i = 0; i < count; i++)
			plane[i] = (uint8_t)(value[i] >> 8 * k);
	}
	encoder->row += count;
	if (encoder->row == encoder->rows)
		encoder->p += width * encoder->rows;
}

void lg_encoder_put(struct lg_encoder *encoder, uint64_t *value, uint32_t count)
{
	switch (encoder->encoding) {
	case LG_ENCODING_U8:
		for (uint32_t i = 0; i < count; i++)
			encoder->p[i] = (uint8_t)value[i];
		encoder->p += count;
		return;
	case LG_ENCODING_U32:
		for (uint32_t i = 0; i < count; i++)
			memcpy(encoder->p + 4ul * i, &value[i], 4);
		encoder->p += 4ul * count;
		return;
	case LG_ENCODING_U64:
		memcpy(encoder->p, value, 8ul * count);
		encoder->p += 8ul * count;
		return;
	case LG_ENCODING_SPLIT32:
		put_split(encoder, value, count, 4);
		return;
	case LG_ENCODING_SPLIT64:
		put_split(encoder, value, count, 8);
		return;
	case LG_ENCODING_DELTA:
		make_delta(encoder, value, count);
		break;
	default:
		break;
	}
	encoder->p = put_varints(encoder->p, value, count);
}

/* ---- decode ---- */

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

/*
 * A varint of at most 8 bytes from one word: the bytes up to the first without
 * high bit, their groups of seven moved together pairwise. NULL: longer.
 */
static const uint8_t *get_short_varint(const uint8_t *p, uint64_t word, uint64_t *out)
{
	uint64_t stop = ~word & 0x8080808080808080;
	unsigned bits;

	if (!stop)
		return NULL;
	bits = (unsigned)__builtin_ctzll(stop) + 1;
	word &= UINT64_MAX >> (64 - bits) & 0x7f7f7f7f7f7f7f7f;
	word = (word & 0x7f007f007f007f00) >> 1 | (word & 0x007f007f007f007f);
	word = (word & 0x3fff00003fff0000) >> 2 | (word & 0x00003fff00003fff);
	*out = (word & 0x0fffffff00000000) >> 4 | (word & 0x000000000fffffff);
	return p + bits / 8;
}

#define HIGH_BITS 0x8080808080808080

/* Four of one or two bytes each from one word, which has none longer. No branch: lengths are random. */
static inline const uint8_t *get_four_short(const uint8_t *p, uint64_t word, uint64_t *value)
{
	for (int k = 0; k < 4; k++) {
		uint64_t second = word >> 7 & 1;

		value[k] = (word & 0x7f) | (word >> 1 & 0x3f80 & -second);
		word >>= 8 << second;
		p += 1 + second;
	}
	return p;
}

/*
 * Values while there are 8 bytes to load from: one branch for eight of a byte
 * each, and one for four of at most two. In a longer one two bytes with the
 * high bit stand side by side.
 */
static uint32_t get_varints_fast(struct lg_decoder *d, uint64_t *value, uint32_t count)
{
	const uint8_t *p = d->p, *next;
	uint32_t i = 0;

	while (i + 8 <= count && d->end - p >= 8) {
		uint64_t word;

		memcpy(&word, p, sizeof word);
		if (!(word & HIGH_BITS)) {
			for (int k = 0; k < 8; k++)
				value[i + k] = p[k];
			i += 8;
			p += 8;
			continue;
		}
		if (!(word & word << 8 & HIGH_BITS)) {
			p = get_four_short(p, word, &value[i]);
			i += 4;
			continue;
		}
		next = get_short_varint(p, word, &value[i]);
		if (!next)
			next = get_varint(p, d->end, &value[i]);
		if (!next)
			break;
		p = next;
		i++;
	}
	d->p = p;
	return i;
}

static uint32_t get_varints(struct lg_decoder *d, uint64_t *value, uint32_t count)
{
	uint32_t i = get_varints_fast(d, value, count);

	for (; i < count; i++) {
		const uint8_t *next = get_varint(d->p, d->end, &value[i]);

		if (!next)
			break;
		d->p = next;
	}
	return i;
}

static void undo_delta(struct lg_decoder *d, uint64_t *value, uint32_t count)
{
	uint64_t last = d->last;

	for (uint32_t i = 0; i < count; i++) {
		last += value[i] >> 1 ^ -(value[i] & 1);
		value[i] = last;
	}
	d->last = last;
}

static uint32_t get_fixed(struct lg_decoder *d, uint64_t *value, uint32_t count, uint32_t width)
{
	uint64_t there = (uint64_t)(d->end - d->p) / width;

	if (there < count)
		count = (uint32_t)there;
	for (uint32_t i = 0; width == 1 && i < count; i++)
		value[i] = d->p[i];
	for (uint32_t i = 0; width == 4 && i < count; i++) {
		uint32_t v;

		memcpy(&v, d->p + 4ul * i, sizeof v);
		value[i] = v;
	}
	if (width == 8)
		memcpy(value, d->p, 8ul * count);
	d->p += (uint64_t)width * count;
	return count;
}

/* There are rows * width bytes, and no more rows are asked for: column.c has checked. */
static uint32_t get_split(struct lg_decoder *d, uint64_t *value, uint32_t count, unsigned width)
{
	const uint8_t *plane = d->p + d->row;

	for (uint32_t i = 0; i < count; i++)
		value[i] = plane[i];
	for (unsigned k = 1; k < width; k++) {
		plane += d->rows;
		for (uint32_t i = 0; i < count; i++)
			value[i] |= (uint64_t)plane[i] << 8 * k;
	}
	d->row += count;
	if (d->row == d->rows)
		d->p = d->end;
	return count;
}

uint32_t lg_decoder_get(struct lg_decoder *d, uint64_t *value, uint32_t count)
{
	switch (d->encoding) {
	case LG_ENCODING_U8:
		return get_fixed(d, value, count, 1);
	case LG_ENCODING_U32:
		return get_fixed(d, value, count, 4);
	case LG_ENCODING_U64:
		return get_fixed(d, value, count, 8);
	case LG_ENCODING_SPLIT32:
		return get_split(d, value, count, 4);
	case LG_ENCODING_SPLIT64:
		return get_split(d, value, count, 8);
	case LG_ENCODING_DELTA:
		count = get_varints(d, value, count);
		undo_delta(d, value, count);
		return count;
	default:
		return get_varints(d, value, count);
	}
}

/* Plain loops that the compiler turns into interleaving vector code. */
void lg_unsplit(void *array, const uint8_t *planes, uint64_t rows, unsigned width)
{
	const uint8_t *a = planes, *b = a + rows, *c = b + rows, *d = c + rows;
	uint8_t *restrict out = array;

	if (width == 4) {
		for (uint64_t i = 0; i < rows; i++) {
			out[4 * i] = a[i];
			out[4 * i + 1] = b[i];
			out[4 * i + 2] = c[i];
			out[4 * i + 3] = d[i];
		}
		return;
	}
	for (uint64_t i = 0; i < rows; i++) {
		out[8 * i] = a[i];
		out[8 * i + 1] = b[i];
		out[8 * i + 2] = c[i];
		out[8 * i + 3] = d[i];
		out[8 * i + 4] = d[i + rows];
		out[8 * i + 5] = d[i + 2 * rows];
		out[8 * i + 6] = d[i + 3 * rows];
		out[8 * i + 7] = d[i + 4 * rows];
	}
}
