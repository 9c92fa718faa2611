/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "base/stream.h"

#define BUFFER_BYTES ((size_t)256 << 10)
#define MAX_DIGITS 20

struct lg_stream {
	bool to_stdout;
	struct lg_output output;
	struct lg_error failure; /* LG_OK: none yet */
	size_t used;
	char buffer[BUFFER_BYTES];
};

LG_DEFINE_CLEANUP(lg_stream_free, struct lg_stream *)

enum lg_status lg_stream_open(const char *path, struct lg_stream **out, struct lg_error *err)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = calloc(1, sizeof *stream);
	enum lg_status status = LG_OK;

	*out = NULL;
	if (!stream)
		return lg_fail(err, LG_E_MEMORY, "no memory for the output of %s", path);
	stream->to_stdout = strcmp(path, "-") == 0;
	if (!stream->to_stdout)
		status = lg_output_open(&stream->output, path, err);
	if (status == LG_OK)
		*out = lg_take(stream);
	return status;
}

void lg_stream_free(struct lg_stream *stream)
{
	if (stream && !stream->to_stdout)
		lg_output_release(&stream->output);
	free(stream);
}

static void write_out(struct lg_stream *stream, const void *bytes, size_t count)
{
	if (stream->failure.status != LG_OK || count == 0)
		return;
	if (!stream->to_stdout)
		stream->failure.status =
			lg_output_write(&stream->output, bytes, count, &stream->failure);
	else if (fwrite(bytes, 1, count, stdout) != count)
		lg_fail(&stream->failure, LG_E_IO, "stdout: %s", strerror(errno));
}

static void flush(struct lg_stream *stream)
{
	write_out(stream, stream->buffer, stream->used);
	stream->used = 0;
}

enum lg_status lg_stream_check(const struct lg_stream *stream, struct lg_error *err)
{
	if (stream->failure.status != LG_OK && err)
		*err = stream->failure;
	return stream->failure.status;
}

enum lg_status lg_stream_commit(struct lg_stream *stream, struct lg_error *err)
{
	flush(stream);
	if (stream->to_stdout && stream->failure.status == LG_OK && fflush(stdout) != 0)
		lg_fail(&stream->failure, LG_E_IO, "stdout: %s", strerror(errno));
	if (stream->to_stdout || stream->failure.status != LG_OK)
		return lg_stream_check(stream, err);
	return lg_output_commit(&stream->output, err);
}

void lg_stream_bytes(struct lg_stream *stream, const void *bytes, size_t count)
{
	if (count > BUFFER_BYTES - stream->used)
		flush(stream);
	if (count > BUFFER_BYTES) {
		write_out(stream, bytes, count);
		return;
	}
	memcpy(stream->buffer + stream->used, bytes, count);
	stream->used += count;
}

void lg_stream_text(struct lg_stream *stream, const char *text)
{
	lg_stream_bytes(stream, text, strlen(text));
}

void lg_stream_char(struct lg_stream *stream, char character)
{
	if (stream->used == BUFFER_BYTES)
		flush(stream);
	stream->buffer[stream->used++] = character;
}

void lg_stream_number(struct lg_stream *stream, uint64_t number)
{
	char digit[MAX_DIGITS];
	size_t first = MAX_DIGITS;

	do {
		digit[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	lg_stream_bytes(stream, digit + first, MAX_DIGITS - first);
}

void lg_stream_quoted(struct lg_stream *stream, const char *text, char by)
{
	lg_stream_char(stream, '"');
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == by)
			lg_stream_char(stream, by);
		lg_stream_char(stream, *c);
	}
	lg_stream_char(stream, '"');
}
