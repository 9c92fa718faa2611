/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dump/coding.h"

/* Values of any length come back as they were, however they stand side by side; cut ones do not. */

#define MOST 200

static uint64_t state = 88172645463325252u;

static uint64_t random_word(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* `longest` bits at most; those at the edges of a byte more often. */
static uint64_t random_value(unsigned longest)
{
	unsigned bits = 1 + (unsigned)(random_word() >> 33) % longest;
	uint64_t most = UINT64_MAX >> (64 - bits);

	return random_word() >> 60 == 0 ? most : random_word() & most;
}

/* A copy just as long as it is, so that a sanitizer sees a read behind it. */
static struct lg_decoder decoder_of(enum lg_encoding encoding, const uint8_t *bytes, size_t length,
				    uint8_t **copy)
{
	*copy = malloc(length ? length : 1);
	memcpy(*copy, bytes, length);
	return (struct lg_decoder){.encoding = encoding, .p = *copy, .end = *copy + length};
}

static void check(enum lg_encoding encoding, uint32_t count, unsigned longest)
{
	uint64_t value[MOST], in[MOST], out[MOST];
	uint8_t bytes[MOST * LG_MAX_VARINT_BYTES], *copy;
	struct lg_encoder encoder = {.encoding = encoding, .p = bytes, .rows = count};
	struct lg_decoder decoder;
	size_t length;

	for (uint32_t i = 0; i < count; i++)
		in[i] = value[i] = random_value(longest);
	lg_encoder_put(&encoder, in, count);
	length = (size_t)(encoder.p - bytes);
	decoder = decoder_of(encoding, bytes, length, &copy);
	cr_assert_eq(lg_decoder_get(&decoder, out, count), count);
	cr_assert_eq(decoder.p, decoder.end);
	cr_assert_arr_eq(out, value, count * sizeof *out);
	free(copy);
	decoder = decoder_of(encoding, bytes, length - 1, &copy);
	cr_assert_eq(lg_decoder_get(&decoder, out, count), count - 1);
	cr_assert_arr_eq(out, value, (count - 1) * sizeof *out);
	free(copy);
}

Test(coding, varints_of_all_lengths)
{
	static const unsigned longest[] = {7, 8, 9, 14, 15, 21, 32, 56, 57, 63, 64};

	for (int round = 0; round < 2000; round++)
		for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
			uint32_t count = 1 + (uint32_t)(random_word() >> 40) % MOST;

			check(LG_ENCODING_VARINT, count, longest[i]);
			check(LG_ENCODING_DELTA, count, longest[i]);
		}
}

Test(coding, a_varint_over_64_bits)
{
	static const uint8_t bytes[] = {1, 2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
					0x80, 0x80, 0x80, 2, 1, 1, 1, 1, 1, 1};
	struct lg_decoder decoder = {
		.encoding = LG_ENCODING_VARINT, .p = bytes, .end = bytes + sizeof bytes};
	uint64_t out[18];

	cr_assert_eq(lg_decoder_get(&decoder, out, 18), 2);
}
