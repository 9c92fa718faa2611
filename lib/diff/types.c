/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/text.h"
#include "base/cleanup.h"
#include "base/word_map.h"
#include "diff/types.h"

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct lg_diff_type *)left)->name,
		      ((const struct lg_diff_type *)right)->name);
}

static const char *name_of(const struct lg_diff_union *u, uint32_t string, struct lg_pool *pool)
{
	struct lg_buffer name = {0};

	lg_buffer_name(&name, lg_intern_text(u->strings, string), 0, LG_NAME_COLUMNS);
	return lg_buffer_keep(&name, pool);
}

/* A number for each type that a row has, in the order of rows; *count of them. */
static bool number_types(const struct lg_diff_union *u, struct lg_word_map *number, uint32_t *count)
{
	for (size_t row = 0; row < u->paths.count; row++) {
		uint32_t type = u->paths.row[row].type;

		if (u->part[row] == LG_DIFF_GARBAGE || lg_word_map_find(number, type))
			continue;
		/* String 0 is no type but that of the pseudo roots. */
		if (type != 0 && !lg_word_map_set(number, type, (*count)++))
			return false;
	}
	return true;
}

enum lg_status lg_diff_sum_types(const struct lg_diff_union *u, struct lg_diff *diff,
				 struct lg_error *err)
{
	lg_cleanup(lg_word_map_free) struct lg_word_map number = {0};
	uint32_t count = 0;

	if (!number_types(u, &number, &count))
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", count);
	diff->type = lg_pool_array(diff->pool, count, sizeof *diff->type);
	if (!diff->type)
		return lg_pool_check(diff->pool, err);
	diff->type_count = count;
	for (size_t row = 0; row < u->paths.count; row++) {
		uint32_t string = u->paths.row[row].type;
		const uint32_t *at = lg_word_map_find(&number, string);
		struct lg_diff_type *type = at ? &diff->type[*at] : NULL;

		if (!type || u->part[row] == LG_DIFF_GARBAGE)
			continue;
		if (!type->name)
			type->name = name_of(u, string, diff->pool);
		type->base_count += u->base[row].count;
		type->head_count += u->head[row].count;
		type->base_bytes += u->base[row].bytes;
		type->head_bytes += u->head[row].bytes;
	}
	if (count)
		qsort(diff->type, count, sizeof *diff->type, by_name);
	return lg_pool_check(diff->pool, err);
}
