/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_WHAT_H
#define LG_CLI_WHAT_H

#include <stddef.h>

#include "leakgraph/status.h"

/*
 * What a command is asked about: the operand, or, where that is "-", all of
 * stdin. The caller frees *out (text_close). LG_E_LIMIT beyond 256 MiB.
 */
enum lg_status read_what(const char *operand, char **out, struct lg_error *err) LG_MUST_CHECK;

/* All of stdin, terminated, or one byte more than `most`; there is room for one more. The caller frees *out. */
enum lg_status read_stdin(size_t most, char **out, size_t *length,
			  struct lg_error *err) LG_MUST_CHECK;

void text_close(char **text);

#endif
