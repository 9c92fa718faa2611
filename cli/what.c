/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "what.h"

/* Indexes of some 30 million objects. */
#define MAX_LIST_BYTES ((size_t)256 << 20)
#define FIRST_BYTES    4096

void text_close(char **text)
{
	free(*text);
}

enum lg_status read_stdin(size_t most, char **out, size_t *length, struct lg_error *err)
{
	size_t capacity = 0, used = 0, got;

	*out = NULL;
	do {
		size_t more = capacity ? capacity : FIRST_BYTES;
		char *grown;

		capacity = most + 1 - capacity < more ? most + 1 : capacity + more;
		grown = realloc(*out, capacity + 2);
		if (!grown)
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu bytes of stdin", capacity);
		*out = grown;
		got = fread(*out + used, 1, capacity - used, stdin);
		used += got;
	} while (got && used == capacity && used <= most);
	if (ferror(stdin))
		return lg_fail(err, LG_E_IO, "stdin: %s", strerror(errno));
	(*out)[used] = 0;
	*length = used;
	return LG_OK;
}

enum lg_status read_what(const char *operand, char **out, struct lg_error *err)
{
	enum lg_status status;
	size_t length;

	*out = NULL;
	if (strcmp(operand, "-") != 0) {
		*out = strdup(operand);
		return *out ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory for a name");
	}
	status = read_stdin(MAX_LIST_BYTES, out, &length, err);
	if (status == LG_OK && length > MAX_LIST_BYTES)
		return lg_fail(err, LG_E_LIMIT, "a list of more than %zu bytes", MAX_LIST_BYTES);
	if (status == LG_OK && strlen(*out) != length)
		return lg_fail(err, LG_E_USAGE, "the list on stdin has a byte 0 at %zu, expected text",
			       strlen(*out));
	/* A line end makes it a list, also where there is one line only. */
	if (status == LG_OK)
		strcpy(*out + length, "\n");
	return status;
}
