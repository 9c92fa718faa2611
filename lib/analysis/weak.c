/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/weak.h"
#include "base/array.h"
#include "base/bits.h"
#include "base/cleanup.h"

#define MOST_TYPES 3

/* The type with most of them that was not told yet; LG_NONE where there is none left. */
static uint32_t take_largest(uint64_t *count, uint32_t types)
{
	uint32_t best = LG_NONE;

	for (uint32_t t = 0; t < types; t++)
		if (count[t] && (best == LG_NONE || count[t] > count[best]))
			best = t;
	return best;
}

enum lg_status lg_weak_referrers(const struct lg_analysis *analysis, const uint32_t *object,
				 uint32_t object_count, struct lg_pool *pool, uint64_t *out_count,
				 const char **out_text, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint64_t *asked = lg_alloc_zero(lg_bit_words(s->object_count), sizeof *asked);
	lg_cleanup(lg_free) uint64_t *count = lg_alloc_zero(s->type_count, sizeof *count);
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};
	uint32_t type;

	*out_count = 0;
	*out_text = "";
	if (!asked || !count)
		return lg_fail(err, LG_E_MEMORY, "no memory for the weak references to %u objects",
			       object_count);
	for (uint32_t i = 0; i < object_count; i++)
		lg_bit_set(asked, object[i]);
	for (uint32_t from = 1; from < s->inner_count; from++)
		for (uint32_t r = s->first_reference[from]; r < s->first_reference[from + 1]; r++)
			if (!lg_ref_is_strong(s->ref_kind[r]) &&
			    lg_bit_get(asked, s->ref_target[r])) {
				count[s->type[from]]++;
				++*out_count;
			}
	for (int told = 0; told < MOST_TYPES; told++) {
		type = take_largest(count, s->type_count);
		if (type == LG_NONE)
			break;
		lg_buffer_format(&text, "%s%s × ", told ? ", " : "", lg_count_text(count[type], number));
		lg_type_text(analysis, type, &text);
		count[type] = 0;
	}
	if (text.used)
		*out_text = lg_buffer_keep(&text, pool);
	return LG_OK;
}
