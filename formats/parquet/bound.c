/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "analysis/text.h"
#include "formats/parquet/bound.h"

#define FIRST_SURROGATE 0xd800u
#define LAST_SURROGATE  0xdfffu
#define LAST_CODEPOINT  0x10ffffu

/* The beginning of a text, whole characters, that leaves room for `spare` bytes. */
static void begin(struct lg_text text, size_t spare, struct lg_text_bound *out)
{
	size_t length = text.length;

	if (length > LG_BOUND_BYTES - spare) {
		length = LG_BOUND_BYTES - spare;
		while (length && ((unsigned char)text.bytes[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(out->bytes, text.bytes, length);
	out->length = length;
	out->exact = length == text.length;
}

void lg_bound_below(struct lg_text text, struct lg_text_bound *out)
{
	begin(text, 0, out);
}

static size_t put_codepoint(uint32_t codepoint, char *out)
{
	static const unsigned char mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = codepoint < 0x80 ? 1 : codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;

	for (size_t i = length; i-- > 1; codepoint >>= 6)
		out[i] = (char)(0x80 | (codepoint & 0x3f));
	out[0] = (char)(mark[length] | codepoint);
	return length;
}

/* Where the last character of a text begins. */
static size_t last_character(const struct lg_text_bound *bound)
{
	size_t at = bound->length - 1;

	while (at && ((unsigned char)bound->bytes[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* What is cut off is made up for by the next greater last character; where there is none, it goes. */
bool lg_bound_above(struct lg_text text, struct lg_text_bound *out)
{
	begin(text, 0, out);
	if (out->exact)
		return true;
	/* The next one may be a byte longer. */
	begin(text, 1, out);
	while (out->length) {
		size_t at = last_character(out);
		uint32_t codepoint;

		if (lg_utf8_next(out->bytes + at, out->length - at, &codepoint) == 0)
			return false;
		out->length = at;
		if (codepoint == LAST_CODEPOINT)
			continue;
		codepoint = codepoint + 1 == FIRST_SURROGATE ? LAST_SURROGATE + 1 : codepoint + 1;
		out->length += put_codepoint(codepoint, out->bytes + at);
		return true;
	}
	return false;
}
