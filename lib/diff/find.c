/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "diff/find.h"
#include "diff/holders.h"

#define ARROW " → "

/* Is the step over at this place of a path? */
static bool is_end(const char *path)
{
	return !*path || strncmp(path, ARROW, strlen(ARROW)) == 0;
}

bool lg_diff_begins_with(const char *path, const char *steps)
{
	size_t length = strlen(steps);
	bool open = length && steps[length - 1] == '*';

	length -= open;
	return strncmp(path, steps, length) == 0 && (open || is_end(path + length));
}

/* Where a row stands to the steps that are looked for. */
enum where { BESIDE = 0, ON_THE_WAY, FOUND };

static enum where where_is(const struct lg_diff_union *u, uint32_t row, const char *steps,
			   struct lg_pool *pool)
{
	struct lg_path path;
	const char *text = lg_diff_path(u, row, &path, pool);
	size_t length = strlen(text);

	if (lg_diff_begins_with(text, steps))
		return FOUND;
	return strncmp(text, steps, length) == 0 && is_end(steps + length) ? ON_THE_WAY : BESIDE;
}

enum lg_status lg_diff_find_rows(const struct lg_diff_union *u, const char *steps,
				 struct lg_pool *pool, uint32_t **out, size_t *out_count,
				 struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *where = lg_alloc_zero(u->paths.count, sizeof *where);
	size_t capacity = 0;

	*out = NULL;
	*out_count = 0;
	if (!where)
		return lg_fail(err, LG_E_MEMORY, "no memory to look through %zu paths",
			       u->paths.count);
	for (uint32_t row = 0; row < u->paths.count; row++) {
		uint32_t parent = u->paths.row[row].parent;

		if (parent != LG_NONE && where[parent] != ON_THE_WAY) {
			where[row] = where[parent];
			continue;
		}
		where[row] = (uint8_t)where_is(u, row, steps, pool);
		if (where[row] != FOUND)
			continue;
		if (!lg_reserve(*out, capacity, *out_count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu paths", *out_count);
		(*out)[(*out_count)++] = row;
	}
	return LG_OK;
}
