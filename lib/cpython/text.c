/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cpython/object.h"
#include "cpython/roots.h"

#define REPLACEMENT 0xfffd
#define CHUNK_BYTES 1024 /* a multiple of every character width */

/* A str, looked at: where its characters lie and how wide they are. */
struct text {
	uint64_t data;
	uint64_t length;
	uint32_t width; /* 1, 2, 4 */
	bool ascii;
};

static enum lg_status open_text(const struct lg_python *python, uint64_t unicode, struct text *out,
				struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint32_t state;
	enum lg_status status;

	if (!lg_object_has_flag(python, unicode, l->type.flag_unicode_bit))
		return lg_fail(err, LG_E_UNREADABLE, "no str at 0x%" PRIx64, unicode);
	status = lg_memory_read_u64(python->memory, unicode + l->unicode.length, &out->length, err);
	if (status == LG_OK)
		status = lg_memory_read_u32(python->memory, unicode + l->unicode.state, &state, err);
	if (status != LG_OK)
		return status;
	out->width = state >> l->unicode.kind_shift & ((1u << l->unicode.kind_bits) - 1);
	out->ascii = state >> l->unicode.ascii_bit & 1;
	if (out->width != 1 && out->width != 2 && out->width != 4)
		return lg_fail(err, LG_E_UNREADABLE, "no str at 0x%" PRIx64 ": characters of %u bytes",
			       unicode, out->width);
	if (!(state >> l->unicode.compact_bit & 1))
		return lg_memory_read_u64(python->memory, unicode + l->unicode.any_data, &out->data,
					  err);
	out->data = unicode + (out->ascii ? l->unicode.ascii_data : l->unicode.compact_data);
	return LG_OK;
}

static uint32_t character(const unsigned char *at, uint32_t width)
{
	uint32_t c = 0;

	memcpy(&c, at, width); /* little-endian, as the target is */
	return c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? REPLACEMENT : c;
}

/* Bytes written to out, which holds four. */
static size_t encode(uint32_t c, char out[4])
{
	size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = count - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(lead[count] | c);
	return count;
}

enum lg_status lg_python_text(const struct lg_python *python, uint64_t unicode, char *buffer,
			      size_t capacity, struct lg_error *err)
{
	unsigned char chunk[CHUNK_BYTES];
	struct text text;
	size_t used = 0;
	enum lg_status status;

	if (capacity == 0)
		return lg_fail(err, LG_E_INTERNAL, "text buffer of 0 bytes");
	buffer[0] = 0;
	status = open_text(python, unicode, &text, err);
	if (status != LG_OK)
		return status;
	/* Whatever length is claimed, a character gives a byte at least. */
	if (text.length > capacity)
		text.length = capacity;
	for (uint64_t done = 0; done < text.length;) {
		uint64_t count = text.length - done;

		if (count > CHUNK_BYTES / text.width)
			count = CHUNK_BYTES / text.width;
		status = lg_memory_read(python->memory, text.data + done * text.width, chunk,
					count * text.width, err);
		if (status != LG_OK)
			return status;
		for (uint64_t i = 0; i < count; i++) {
			char encoded[4];
			size_t bytes = encode(character(chunk + i * text.width, text.width), encoded);

			if (used + bytes > capacity - 1)
				return LG_OK;
			memcpy(buffer + used, encoded, bytes);
			used += bytes;
			buffer[used] = 0;
		}
		done += count;
	}
	return LG_OK;
}

bool lg_text_equals(const struct lg_python *python, uint64_t unicode, const char *expected)
{
	char found[128];
	struct text text;
	struct lg_error ignored;
	size_t length = strlen(expected);

	if (open_text(python, unicode, &text, &ignored) != LG_OK || !text.ascii ||
	    text.length != length || length > sizeof found)
		return false;
	return lg_memory_read(python->memory, text.data, found, length, &ignored) == LG_OK &&
	       memcmp(found, expected, length) == 0;
}
