/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "json.h"

/* Length of the UTF-8 sequence at text, 0 where it is none. Ends at the terminator by itself. */
static size_t utf8_length(const unsigned char *text)
{
	unsigned char c = text[0];
	size_t n = c < 0x80                ? 1
		   : c >= 0xc2 && c < 0xe0 ? 2
		   : c >= 0xe0 && c < 0xf0 ? 3
		   : c >= 0xf0 && c < 0xf5 ? 4
					   : 0;

	for (size_t i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] >= 0xa0) ||
	    (c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] >= 0x90))
		return 0;
	return n;
}

static void write_string(FILE *out, const char *value)
{
	const unsigned char *c = (const unsigned char *)value;

	fputc('"', out);
	while (*c) {
		size_t n = utf8_length(c);

		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			fprintf(out, "\\u%04x", *c);
		else if (n == 0)
			fputs("\\ufffd", out);
		else
			fwrite(c, 1, n, out);
		c += n ? n : 1;
	}
	fputc('"', out);
}

static void new_line(struct json *json)
{
	fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
}

/* What stands before a value: a comma, a line, its key. */
static void before(struct json *json, const char *key)
{
	if (json->depth) {
		if (json->has_member[json->depth - 1])
			fputc(',', json->out);
		json->has_member[json->depth - 1] = true;
		new_line(json);
	}
	if (key) {
		write_string(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_with(struct json *json, const char *key, char bracket)
{
	before(json, key);
	fputc(bracket, json->out);
	if (json->depth < JSON_MAX_DEPTH)
		json->has_member[json->depth++] = false;
}

static void close_with(struct json *json, char bracket)
{
	bool any = json->has_member[--json->depth];

	if (any)
		new_line(json);
	fputc(bracket, json->out);
	if (json->depth == 0)
		fputc('\n', json->out);
}

void json_open_object(struct json *json, const char *key)
{
	open_with(json, key, '{');
}

void json_close_object(struct json *json)
{
	close_with(json, '}');
}

void json_open_array(struct json *json, const char *key)
{
	open_with(json, key, '[');
}

void json_close_array(struct json *json)
{
	close_with(json, ']');
}

void json_string(struct json *json, const char *key, const char *value)
{
	before(json, key);
	write_string(json->out, value);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	before(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
	before(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_real(struct json *json, const char *key, double value)
{
	before(json, key);
	if (isfinite(value))
		fprintf(json->out, "%.6g", value);
	else
		fputs("null", json->out);
}

void json_bool(struct json *json, const char *key, bool value)
{
	before(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	before(json, key);
	fputs("null", json->out);
}
