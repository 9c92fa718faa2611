/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "waste/survey.h"

/* Of each group one stays: one that can't go anyway, else the first. */
static void choose(const struct lg_waste_survey *survey, uint32_t *stays)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;

	memset(stays, 0xff, s->equal_count * sizeof *stays);
	for (uint32_t i = 0; i < s->equal_count; i++) {
		uint32_t object = s->equals[i].object, *of = &stays[s->equals[i].group];

		/* What another kind has claimed goes, and what is garbage: nobody can share it. */
		if (lg_bit_get(survey->claimed, object) ||
		    survey->analysis->dominators->immediate[object] == LG_NONE)
			continue;
		if (*of == LG_NONE ||
		    (lg_waste_is_open(survey, *of) && !lg_waste_is_open(survey, object)))
			*of = object;
	}
}

enum lg_status lg_waste_find_equal(struct lg_waste_survey *survey, struct lg_error *err)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	lg_cleanup(lg_free) uint32_t *stays = lg_alloc(s->equal_count, sizeof *stays);
	lg_cleanup(lg_free) uint32_t *counted_in = lg_alloc(s->equal_count, sizeof *counted_in);

	if (!stays || !counted_in)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u equal objects", s->equal_count);
	choose(survey, stays);
	memset(counted_in, 0xff, s->equal_count * sizeof *counted_in);
	for (uint32_t i = 0; i < s->equal_count; i++) {
		uint32_t object = s->equals[i].object, group = s->equals[i].group, number;
		struct lg_waste_found *row;
		enum lg_status status;

		if (object == stays[group] || !lg_waste_is_open(survey, object))
			continue;
		lg_bit_set(survey->claimed, object);
		status = lg_waste_add(survey, LG_WASTE_EQUAL, s->type[object], object,
				      lg_waste_block(survey, s->shallow_bytes[object]), &row, err);
		if (status != LG_OK)
			return status;
		/* A content that is in several rows counts in each, once where it comes in a row. */
		number = (uint32_t)(row - survey->found);
		row->of += counted_in[group] != number;
		counted_in[group] = number;
	}
	return LG_OK;
}
