/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_STREAM_H
#define LG_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leakgraph/status.h"

/*
 * Output that is written as it comes, in constant memory: to a file that
 * appears whole or not at all (base/output.h), or to stdout. The first failure
 * is kept, and what follows it goes nowhere, so that a writer asks once in a
 * while whether to go on, and is told at the end.
 */
struct lg_stream;

/* path "-": stdout. It is borrowed. *out is the caller's. */
enum lg_status lg_stream_open(const char *path, struct lg_stream **out,
			      struct lg_error *err) LG_MUST_CHECK;
/* LG_OK as long as all could be written; else the failure, again and again. */
enum lg_status lg_stream_check(const struct lg_stream *stream, struct lg_error *err) LG_MUST_CHECK;
/* What was written gets its name; on stdout it is flushed. */
enum lg_status lg_stream_commit(struct lg_stream *stream, struct lg_error *err) LG_MUST_CHECK;
/* A file that was not committed is gone. Takes NULL. */
void lg_stream_free(struct lg_stream *stream);

void lg_stream_bytes(struct lg_stream *stream, const void *bytes, size_t count);
void lg_stream_text(struct lg_stream *stream, const char *text);
void lg_stream_char(struct lg_stream *stream, char character);
/* In decimal digits. */
void lg_stream_number(struct lg_stream *stream, uint64_t number);
/*
 * In double quotes, before each of which in the text, and before each `by`, stands
 * a `by`: a backslash for JSON and DOT, a quote for CSV. The text has no controls.
 */
void lg_stream_quoted(struct lg_stream *stream, const char *text, char by);

#endif
