/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/text.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "diff/find.h"
#include "diff/holders.h"
#include "diff/suspects.h"
#include "diff/types.h"

#define DEFAULT_TOP 20

LG_DEFINE_CLEANUP(lg_diff_free, struct lg_diff *)
LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

struct lg_diff_rows {
	struct lg_diff_union u;
	struct lg_diff_match match;
};

static void free_rows(struct lg_diff_rows *rows)
{
	if (!rows)
		return;
	lg_diff_union_release(&rows->u);
	lg_diff_match_release(&rows->match);
	free(rows);
}

void lg_diff_free(struct lg_diff *diff)
{
	if (!diff)
		return;
	free_rows(diff->rows);
	lg_pool_free(diff->pool);
	free(diff);
}

static const char *version_text(const struct lg_profile *profile, struct lg_pool *pool)
{
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, lg_profile_text(profile, profile->python_version), 0,
		       LG_NAME_COLUMNS);
	return lg_buffer_keep(&buffer, pool);
}

static void tell_moves(const struct lg_diff_union *u, const struct lg_diff_match *match,
		       uint32_t top, struct lg_diff *diff)
{
	size_t count = match->pair_count < top ? match->pair_count : top;
	struct lg_path path;

	diff->move_total = match->pair_count;
	diff->move = lg_pool_array(diff->pool, count, sizeof *diff->move);
	for (size_t i = 0; diff->move && i < count; i++)
		diff->move[diff->move_count++] = (struct lg_diff_move){
			.from = lg_diff_path(u, match->pair[i].from, &path, diff->pool),
			.to = lg_diff_path(u, match->pair[i].to, &path, diff->pool),
			.bytes = match->pair[i].bytes,
			.count = match->pair[i].count,
		};
}

enum lg_status lg_diff_build(const struct lg_diff_side *base, const struct lg_diff_side *head,
			     uint32_t top, struct lg_diff **out, struct lg_error *err)
{
	lg_cleanup(lg_diff_free_slot) struct lg_diff *diff = calloc(1, sizeof *diff);
	struct lg_diff_union *u;
	struct lg_diff_match *match;
	enum lg_status status;

	*out = NULL;
	if (diff) {
		diff->pool = lg_pool_new();
		diff->rows = calloc(1, sizeof *diff->rows);
	}
	if (!diff || !diff->pool || !diff->rows)
		return lg_fail(err, LG_E_MEMORY, "no memory for a comparison");
	u = &diff->rows->u;
	match = &diff->rows->match;
	status = lg_diff_align(base, head, u, err);
	if (status == LG_OK)
		status = lg_diff_match_rows(u, match, err);
	if (status != LG_OK)
		return status;
	diff->base_version = version_text(base->profile[0], diff->pool);
	diff->head_version = version_text(head->profile[0], diff->pool);
	diff->base_profiles = base->count;
	diff->head_profiles = head->count;
	lg_diff_add_totals(u, match, &diff->totals);
	tell_moves(u, match, top ? top : DEFAULT_TOP, diff);
	status = lg_diff_sum_types(u, diff, err);
	if (status == LG_OK)
		status = lg_diff_find_suspects(base, head, diff, err);
	if (status == LG_OK)
		status = lg_diff_find_holders(u, match, head->profile[0], diff, err);
	if (status == LG_OK)
		*out = lg_take(diff);
	return status;
}

/* What a row adds to the sums of a path above it, or its own. */
static void add_row(const struct lg_diff_rows *rows, uint32_t row, struct lg_diff_sums *sums)
{
	sums->base_count += rows->u.base[row].count;
	sums->head_count += rows->u.head[row].count;
	sums->base_bytes += rows->u.base[row].bytes;
	sums->head_bytes += rows->u.head[row].bytes;
	sums->grown_bytes += rows->match.grew[row].bytes;
}

/* `top`: ascending. Below a path there may be a cache or garbage, which is not counted there. */
static enum lg_status add_rows(const struct lg_diff_rows *rows, const uint32_t *top, size_t count,
			       struct lg_diff_sums *sums, struct lg_error *err)
{
	const struct lg_diff_union *u = &rows->u;
	lg_cleanup(lg_free) uint8_t *inside = lg_alloc_zero(u->paths.count, sizeof *inside);
	size_t next = 0;

	if (!inside)
		return lg_fail(err, LG_E_MEMORY, "no memory to measure %zu paths", u->paths.count);
	for (uint32_t row = 0; row < u->paths.count; row++) {
		uint32_t parent = u->paths.row[row].parent;
		bool is_top = next < count && top[next] == row;

		if (is_top) {
			next++;
			sums->head_retained_bytes += u->head_retained[row];
		}
		inside[row] = is_top || (parent != LG_NONE && inside[parent] &&
					 u->part[parent] == u->part[row]);
		if (inside[row])
			add_row(rows, row, sums);
	}
	return LG_OK;
}

enum lg_status lg_diff_measure(const struct lg_diff *diff, const char *steps,
			       struct lg_diff_sums *out, struct lg_error *err)
{
	lg_cleanup(lg_pool_free_slot) struct lg_pool *pool = lg_pool_new();
	lg_cleanup(lg_free) uint32_t *top = NULL;
	size_t count;
	enum lg_status status;

	*out = (struct lg_diff_sums){0};
	if (!pool)
		return lg_fail(err, LG_E_MEMORY, "no memory to measure a path");
	status = lg_diff_find_rows(&diff->rows->u, steps, pool, &top, &count, err);
	if (status == LG_OK)
		status = lg_pool_check(pool, err);
	return status == LG_OK ? add_rows(diff->rows, top, count, out, err) : status;
}
