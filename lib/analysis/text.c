/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/text.h"
#include "base/array.h"

void lg_buffer_free(struct lg_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct lg_buffer){0};
}

static void add_bytes(struct lg_buffer *buffer, const char *bytes, size_t length)
{
	if (!lg_reserve(buffer->bytes, buffer->capacity, buffer->used + length + 1)) {
		buffer->failed = true;
		return;
	}
	memcpy(buffer->bytes + buffer->used, bytes, length);
	buffer->used += length;
	buffer->bytes[buffer->used] = 0;
}

void lg_buffer_add(struct lg_buffer *buffer, const char *text)
{
	add_bytes(buffer, text, strlen(text));
}

void lg_buffer_format(struct lg_buffer *buffer, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length < 0)
		buffer->failed = true;
	else if ((size_t)length < sizeof text)
		add_bytes(buffer, text, (size_t)length);
	else if (!lg_reserve(buffer->bytes, buffer->capacity, buffer->used + (size_t)length + 1))
		buffer->failed = true;
	else {
		va_start(arguments, format);
		vsnprintf(buffer->bytes + buffer->used, (size_t)length + 1, format, arguments);
		va_end(arguments);
		buffer->used += (size_t)length;
	}
}

const char *lg_buffer_keep(struct lg_buffer *buffer, struct lg_pool *pool)
{
	const char *text;

	if (buffer->failed)
		lg_pool_fail(pool);
	text = lg_pool_text(pool, buffer->bytes ? buffer->bytes : "", buffer->used);
	lg_buffer_free(buffer);
	return text;
}

static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t lg_utf8_next(const char *bytes, size_t length, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = length ? sequence_length((unsigned char)bytes[0]) : 0;
	uint32_t codepoint;

	if (n == 0 || n > length)
		return 0;
	codepoint = (unsigned char)bytes[0] & (n == 1 ? 0x7f : 0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			return 0;
		codepoint = codepoint << 6 | ((unsigned char)bytes[i] & 0x3f);
	}
	if (codepoint < least[n] || codepoint > 0x10ffff ||
	    (codepoint >= 0xd800 && codepoint < 0xe000))
		return 0;
	*out = codepoint;
	return n;
}

struct range {
	uint32_t first, last;
};

static bool within(const struct range *range, size_t count, uint32_t codepoint)
{
	for (size_t i = 0; i < count; i++)
		if (codepoint >= range[i].first && codepoint <= range[i].last)
			return true;
	return false;
}

/*
 * What may act on a terminal, or make a line read otherwise than it is: C0, DEL
 * and C1, direction marks and overrides, line separators, what is invisible.
 */
static bool is_dangerous(uint32_t codepoint)
{
	static const struct range range[] = {
		{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
		{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
	};

	return within(range, sizeof range / sizeof *range, codepoint);
}

size_t lg_codepoint_columns(uint32_t codepoint)
{
	static const struct range combining[] = {
		{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
		{0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
	};
	static const struct range wide[] = {
		{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
		{0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60}, {0xffe0, 0xffe6},
		{0x1f300, 0x1faff}, {0x20000, 0x3fffd},
	};

	if (codepoint < 0x300)
		return 1;
	if (within(combining, sizeof combining / sizeof *combining, codepoint))
		return 0;
	return within(wide, sizeof wide / sizeof *wide, codepoint) ? 2 : 1;
}

size_t lg_text_columns(const char *text)
{
	size_t length = strlen(text), columns = 0;

	for (size_t i = 0; i < length;) {
		uint32_t codepoint;
		size_t n = lg_utf8_next(text + i, length - i, &codepoint);

		columns += n ? lg_codepoint_columns(codepoint) : 1;
		i += n ? n : 1;
	}
	return columns;
}

/* As lg_text_safe(), within quotes. */
static size_t safe_character(const char *bytes, size_t length, char quote,
			     char text[LG_SAFE_TEXT_BYTES], size_t *columns)
{
	uint32_t codepoint;
	size_t n = lg_utf8_next(bytes, length, &codepoint);

	if (n == 0)
		snprintf(text, LG_SAFE_TEXT_BYTES, "\\x%02x", (unsigned char)bytes[0]);
	else if (codepoint == '\n' || codepoint == '\t' || codepoint == '\r')
		snprintf(text, LG_SAFE_TEXT_BYTES, "\\%c", codepoint == '\n' ? 'n' : codepoint == '\t' ? 't' : 'r');
	else if (is_dangerous(codepoint))
		snprintf(text, LG_SAFE_TEXT_BYTES,
			 codepoint < 0x100     ? "\\x%02" PRIx32
			 : codepoint < 0x10000 ? "\\u%04" PRIx32
					       : "\\U%08" PRIx32,
			 codepoint);
	else if (quote && (codepoint == '\\' || codepoint == (uint32_t)quote))
		snprintf(text, LG_SAFE_TEXT_BYTES, "\\%c", (int)codepoint);
	else
		snprintf(text, LG_SAFE_TEXT_BYTES, "%.*s", (int)n, bytes);
	*columns = n && text[0] != '\\' ? lg_codepoint_columns(codepoint) : strlen(text);
	return n ? n : 1;
}

size_t lg_text_safe(const char *bytes, size_t length, char text[LG_SAFE_TEXT_BYTES],
		    size_t *columns)
{
	return safe_character(bytes, length, 0, text, columns);
}

void lg_buffer_name(struct lg_buffer *buffer, struct lg_text name, char quote, size_t columns)
{
	size_t used = 0;
	/* Combining marks take no column: without a cap in bytes they would pile up. */
	uint64_t cap = columns * 8;

	for (uint64_t i = 0; i < name.length;) {
		char text[LG_SAFE_TEXT_BYTES];
		size_t width, n;

		n = safe_character(name.bytes + i, name.length - i, quote, text, &width);
		if (used + width > columns - 1 && (used + width > columns || i + n < name.length)) {
			lg_buffer_add(buffer, "…");
			return;
		}
		if (i + n > cap) {
			lg_buffer_add(buffer, "…");
			return;
		}
		lg_buffer_add(buffer, text);
		used += width;
		i += n;
	}
}

const char *lg_bytes_text(uint64_t bytes, char buffer[LG_NUMBER_TEXT_BYTES])
{
	static const char *const unit[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes / 1000;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(buffer, LG_NUMBER_TEXT_BYTES, "%" PRIu64 " B", bytes);
		return buffer;
	}
	while (value >= 999.95 && u + 1 < sizeof unit / sizeof *unit) {
		value /= 1000;
		u++;
	}
	snprintf(buffer, LG_NUMBER_TEXT_BYTES, "%.1f %s", value, unit[u]);
	return buffer;
}

const char *lg_count_text(uint64_t count, char buffer[LG_NUMBER_TEXT_BYTES])
{
	char digits[LG_NUMBER_TEXT_BYTES];
	size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count), out = 0;

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			buffer[out++] = ',';
		buffer[out++] = digits[i];
	}
	buffer[out] = 0;
	return buffer;
}

const char *lg_share_text(double share, char buffer[LG_NUMBER_TEXT_BYTES])
{
	double percent = share * 100;

	/* Neither all nor nothing is claimed of what only rounds to it. */
	if (percent > 0 && percent < 0.05)
		snprintf(buffer, LG_NUMBER_TEXT_BYTES, "<0.1 %%");
	else if (percent < 100 && percent >= 99.95)
		snprintf(buffer, LG_NUMBER_TEXT_BYTES, ">99.9 %%");
	else
		snprintf(buffer, LG_NUMBER_TEXT_BYTES, "%.1f %%", percent);
	return buffer;
}
