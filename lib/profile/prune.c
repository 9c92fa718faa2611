/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "profile/order.h"
#include "profile/strings.h"

struct weight {
	uint64_t bytes; /* on and below it */
	uint32_t row;
};

static int heaviest_first(const void *left, const void *right)
{
	const struct weight *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

/* Rows that stay: a row's bytes are among those of all above it, which so stay with it. */
static bool choose(const struct lg_profile *profile, uint32_t rows, uint8_t *stays)
{
	lg_cleanup(lg_free) struct weight *weight =
		lg_alloc_zero(profile->row_count, sizeof *weight);

	if (!weight)
		return false;
	for (uint32_t i = profile->row_count; i-- > 0;) {
		uint32_t parent = profile->row[i].parent;

		weight[i].row = i;
		weight[i].bytes += profile->row[i].shallow_bytes;
		if (parent != LG_NONE)
			weight[parent].bytes += weight[i].bytes;
	}
	qsort(weight, profile->row_count, sizeof *weight, heaviest_first);
	for (uint32_t i = 0; i < rows; i++)
		stays[weight[i].row] = 1;
	return true;
}

static bool is_rest(const struct lg_profile *profile, uint32_t row)
{
	return profile->row[row].parent == LG_NONE &&
	       lg_text_is(lg_profile_text(profile, profile->row[row].label), LG_PROFILE_REST);
}

/* The sums of a row that goes move to one for its type below `rest`, the last row so far. */
static void move_rest(struct lg_profile *profile, const uint8_t *stays, uint32_t rest,
		      uint32_t *of_type)
{
	for (uint32_t i = 0; i < rest; i++) {
		struct lg_profile_row *row = &profile->row[i], *to;

		if (stays[i] || (!row->count && !row->shallow_bytes))
			continue;
		if (!of_type[row->type]) {
			of_type[row->type] = profile->row_count;
			profile->row[profile->row_count++] = (struct lg_profile_row){
				.parent = rest,
				.type = row->type,
			};
		}
		to = &profile->row[of_type[row->type]];
		to->count += row->count;
		to->shallow_bytes += row->shallow_bytes;
		to->retained_bytes += row->shallow_bytes;
		row->count = row->shallow_bytes = row->retained_bytes = 0;
	}
}

enum lg_status lg_profile_prune(struct lg_profile *profile, uint32_t rows, struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *stays = NULL;
	lg_cleanup(lg_free) uint32_t *of_type = NULL;
	struct lg_profile_row *grown;
	uint32_t label, rest = profile->row_count;

	if (profile->row_count <= rows)
		return LG_OK;
	stays = lg_alloc_zero(profile->row_count, 1);
	label = lg_profile_add_string(profile, LG_PROFILE_REST);
	of_type = lg_alloc_zero(profile->strings.count, sizeof *of_type);
	/* At most a row for each that goes, and the root of them. */
	grown = realloc(profile->row, (2 * (size_t)rest + 1) * sizeof *grown);
	if (grown)
		profile->row = grown;
	if (!stays || !of_type || !grown || label == LG_NONE || !choose(profile, rows, stays))
		return lg_fail(err, LG_E_MEMORY, "no memory to sum up %u paths", rest);
	/* What was summed up before is summed up again. */
	for (uint32_t i = 0; i < rest; i++)
		if (is_rest(profile, i) ||
		    (profile->row[i].parent != LG_NONE && is_rest(profile, profile->row[i].parent)))
			stays[i] = 0;
	profile->row[profile->row_count++] = (struct lg_profile_row){.parent = LG_NONE, .label = label};
	move_rest(profile, stays, rest, of_type);
	profile->pruned = true;
	return lg_profile_order(profile, err);
}
