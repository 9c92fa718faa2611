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

static unsigned minor_of(const struct lg_profile *profile)
{
	return (unsigned)(profile->python_hex >> 16 & 0xffff);
}

/* All of one minor version: another one has other objects for the same program. */
static enum lg_status check_versions(const struct lg_diff_side *base,
				     const struct lg_diff_side *head, struct lg_error *err)
{
	unsigned first = minor_of(base->profile[0]);

	for (size_t i = 0; i < base->count + head->count; i++) {
		const struct lg_profile *profile =
			i < base->count ? base->profile[i] : head->profile[i - base->count];
		unsigned minor = minor_of(profile);

		if (minor != first)
			return lg_fail(err, LG_E_NOT_COMPARABLE,
				       "not comparable: CPython %u.%u and %u.%u have other objects for "
				       "the same program; expected dumps of one minor version",
				       first >> 8, first & 0xff, minor >> 8, minor & 0xff);
	}
	return LG_OK;
}

static enum lg_status check_side(const struct lg_diff_side *side, const char *name,
				 struct lg_error *err)
{
	if (side->count == 0 || side->count > LG_DIFF_MAX_SIDES)
		return lg_fail(err, LG_E_USAGE, "%zu dumps of the %s, expected 1 to %d", side->count,
			       name, LG_DIFF_MAX_SIDES);
	for (size_t i = 0; i < side->count; i++)
		if (side->profile[i]->row_count == 0)
			return lg_fail(err, LG_E_NOT_COMPARABLE,
				       "not comparable: a dump of the %s holds no objects", name);
	return LG_OK;
}

static void add_totals(const struct lg_diff_union *u, const struct lg_diff_match *match,
		       struct lg_diff_totals *totals)
{
	for (size_t row = 0; row < u->paths.count; row++) {
		const struct lg_diff_sum *base = &u->base[row], *head = &u->head[row];
		int64_t growth = (int64_t)(head->bytes - base->bytes);

		if (u->part[row] == LG_DIFF_GARBAGE) {
			totals->garbage_bytes += growth;
		} else if (u->part[row] == LG_DIFF_WARM_UP) {
			totals->warm_up_bytes += growth;
		} else {
			totals->base_bytes += base->bytes;
			totals->head_bytes += head->bytes;
			totals->base_objects += base->count;
			totals->head_objects += head->count;
			totals->grown_bytes += match->grew[row].bytes;
			totals->shrunk_bytes += match->shrank[row].bytes;
		}
	}
	for (size_t i = 0; i < match->pair_count; i++)
		totals->moved_bytes += match->pair[i].bytes;
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
	status = check_side(base, "base", err);
	if (status == LG_OK)
		status = check_side(head, "head", err);
	if (status == LG_OK)
		status = check_versions(base, head, err);
	if (status == LG_OK)
		status = lg_diff_align(base, head, &u, err);
	if (status == LG_OK)
		status = lg_diff_match_rows(&u, &match, err);
	if (status != LG_OK)
		return status;
	diff->base_version = version_text(base->profile[0], diff->pool);
	diff->head_version = version_text(head->profile[0], diff->pool);
	diff->base_profiles = base->count;
	diff->head_profiles = head->count;
	add_totals(&u, &match, &diff->totals);
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
