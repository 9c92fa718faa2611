/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/pool.h"
#include "analysis/signature.h"
#include "analysis/text.h"
#include "diff/suspects.h"

static size_t profiles_with(const struct lg_diff_side *side, uint32_t signature)
{
	size_t count = 0;

	for (size_t i = 0; i < side->count; i++) {
		const struct lg_profile *profile = side->profile[i];
		uint32_t at = 0;

		while (at < profile->suspect_count && profile->suspect[at].signature != signature)
			at++;
		count += at < profile->suspect_count;
	}
	return count;
}

static bool is_told(const struct lg_profile *profile, uint32_t suspect)
{
	for (uint32_t i = 0; i < suspect; i++)
		if (profile->suspect[i].signature == profile->suspect[suspect].signature)
			return true;
	return false;
}

static const char *keep(const struct lg_profile *profile, uint32_t string, struct lg_pool *pool)
{
	struct lg_buffer text = {0};

	lg_buffer_name(&text, lg_profile_text(profile, string), 0, 4 * LG_NAME_COLUMNS);
	return lg_buffer_keep(&text, pool);
}

enum lg_status lg_diff_find_suspects(const struct lg_diff_side *base,
				     const struct lg_diff_side *head, struct lg_diff *diff,
				     struct lg_error *err)
{
	const struct lg_profile *profile = head->profile[0];

	diff->suspect = lg_pool_array(diff->pool, profile->suspect_count, sizeof *diff->suspect);
	for (uint32_t i = 0; diff->suspect && i < profile->suspect_count; i++) {
		const struct lg_profile_suspect *suspect = &profile->suspect[i];

		if (is_told(profile, i) || profiles_with(head, suspect->signature) < head->count)
			continue;
		diff->suspect[diff->suspect_count++] = (struct lg_diff_suspect){
			.signature = lg_signature_text(suspect->signature, diff->pool),
			.words = keep(profile, suspect->words, diff->pool),
			.type = keep(profile, suspect->type, diff->pool),
			.count = suspect->count,
			.retained_bytes = suspect->retained_bytes,
			.fresh = profiles_with(base, suspect->signature) == 0,
		};
	}
	return lg_pool_check(diff->pool, err);
}
