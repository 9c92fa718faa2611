/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/folded/folded.h"

/* The format has no escape of its own: what ends a frame stands as in other names. */
static void put_frame(struct lg_stream *stream, const char *name)
{
	for (const char *c = name; *c; c++) {
		if (*c == ';')
			lg_stream_text(stream, "\\x3b");
		else
			lg_stream_char(stream, *c);
	}
}

enum lg_status lg_folded_visit(void *context, const struct lg_stack *stack, struct lg_error *err)
{
	struct lg_stream *stream = context;

	if (stack->bytes == 0)
		return LG_OK;
	for (size_t i = 0; i < stack->depth; i++) {
		if (i)
			lg_stream_char(stream, ';');
		put_frame(stream, stack->frame[i].name);
	}
	lg_stream_char(stream, ' ');
	lg_stream_number(stream, stack->bytes);
	lg_stream_char(stream, '\n');
	return lg_stream_check(stream, err);
}
