/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_SCREEN_H
#define LG_CLI_SCREEN_H

#include "cli.h"

/* What stdout can show: colours only on a terminal, and not against the user's wish. */
struct screen {
	size_t width;
	const char *bold, *dim, *suspect, *plain; /* "" without colours */
};
struct screen screen_open(void);

/* A path over at most `lines` lines, the further ones indented; the first starts at `column`. */
void print_path(const struct screen *screen, const struct lg_path *path, size_t column,
		size_t indent, size_t lines);

/* Words of a text, broken at blanks; the first line starts at `column`, the further at `indent`. */
void print_wrapped(const struct screen *screen, const char *text, size_t column, size_t indent);

/* Text cut to `columns`, with an ellipsis where it is cut, no line end. */
void print_cut(const char *text, size_t columns);

/*
 * Progress on stderr: only on a terminal, from half a second on, one line that
 * is erased at the end. Gives lg_progress whose report asks to stop once
 * `stopped` (may be NULL) says so.
 */
struct lg_progress progress_open(bool (*stopped)(void));
void progress_erase(void);

#endif
