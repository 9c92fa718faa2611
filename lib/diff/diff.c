/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/text.h"
#include "base/cleanup.h"
#include "diff/holders.h"
#include "diff/suspects.h"
#include "diff/types.h"

#define DEFAULT_TOP 20

LG_DEFINE_CLEANUP(lg_diff_free, struct lg_diff *)

void lg_diff_free(struct lg_diff *diff)
{
	if (!diff)
		return;
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
	lg_cleanup(lg_diff_union_release) struct lg_diff_union u = {0};
	lg_cleanup(lg_diff_match_release) struct lg_diff_match match = {0};
	enum lg_status status;

	*out = NULL;
	if (diff)
		diff->pool = lg_pool_new();
	if (!diff || !diff->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a comparison");
	status = lg_diff_align(base, head, &u, err);
	if (status == LG_OK)
		status = lg_diff_match_rows(&u, &match, err);
	if (status != LG_OK)
		return status;
	diff->base_version = version_text(base->profile[0], diff->pool);
	diff->head_version = version_text(head->profile[0], diff->pool);
	diff->base_profiles = base->count;
	diff->head_profiles = head->count;
	lg_diff_add_totals(&u, &match, &diff->totals);
	tell_moves(&u, &match, top ? top : DEFAULT_TOP, diff);
	status = lg_diff_sum_types(&u, diff, err);
	if (status == LG_OK)
		status = lg_diff_find_suspects(base, head, diff, err);
	if (status == LG_OK)
		status = lg_diff_find_holders(&u, &match, head->profile[0], diff, err);
	if (status == LG_OK)
		*out = lg_take(diff);
	return status;
}
