/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_TEXT_H
#define LG_ANALYSIS_TEXT_H

#include "analysis/pool.h"
#include "leakgraph/analysis.h"

/* A growing text. A failed growth sets `failed`; it is seen when the text is kept. */
struct lg_buffer {
	char *bytes;
	size_t used, capacity;
	bool failed;
};

void lg_buffer_free(struct lg_buffer *buffer);
void lg_buffer_add(struct lg_buffer *buffer, const char *text);
void lg_buffer_format(struct lg_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Names in a path may be longer than a screen; what is cut shows as an ellipsis. */
#define LG_NAME_COLUMNS 80

/*
 * A name from the target, safe to print: controls, escapes, direction marks
 * and bytes that are no UTF-8 are written as \n, \xNN or \uNNNN; the quote that
 * stands around it (0: none does) and the backslash in it with a backslash
 * before; cut after `columns`.
 */
void lg_buffer_name(struct lg_buffer *buffer, struct lg_text name, char quote, size_t columns);

/* The text moves into the pool; the buffer is empty after it. */
const char *lg_buffer_keep(struct lg_buffer *buffer, struct lg_pool *pool);

/* One code point of UTF-8. Returns its bytes; 0 where they are none. */
size_t lg_utf8_next(const char *bytes, size_t length, uint32_t *out);
/* 0, 1 or 2. */
size_t lg_codepoint_columns(uint32_t codepoint);

#endif
