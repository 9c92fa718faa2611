/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "waste/survey.h"

/* Of each group one stays: one that can't go anyway, else the first. */
static void choose(const struct lg_waste_survey *survey, const struct lg_equals *equals,
		   uint32_t *stays)
{
	memset(stays, 0xff, equals->count * sizeof *stays);
	for (uint32_t i = 0; i < equals->count; i++) {
		uint32_t object = equals->row[i].object, *of = &stays[equals->row[i].group];

		/* What another kind has claimed goes, and what is garbage: nobody can share it. */
		if (lg_bit_get(survey->claimed, object) ||
		    survey->analysis->dominators->immediate[object] == LG_NONE)
			continue;
		if (*of == LG_NONE ||
		    (lg_waste_is_open(survey, *of) && !lg_waste_is_open(survey, object)))
			*of = object;
	}
}

static enum lg_status claim(struct lg_waste_survey *survey, const struct lg_equals *equals,
			    struct lg_error *err)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	lg_cleanup(lg_free) uint32_t *stays = lg_alloc(equals->count, sizeof *stays);
	lg_cleanup(lg_free) uint32_t *counted_in = lg_alloc(equals->count, sizeof *counted_in);

	if (!stays || !counted_in)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u equal objects", equals->count);
	choose(survey, equals, stays);
	memset(counted_in, 0xff, equals->count * sizeof *counted_in);
	for (uint32_t i = 0; i < equals->count; i++) {
		uint32_t object = equals->row[i].object, group = equals->row[i].group, number;
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

static void equals_release(struct lg_equals *equals)
{
	free(equals->row);
}

enum lg_status lg_waste_find_equal(struct lg_waste_survey *survey, struct lg_error *err)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	const struct lg_equals leaves = {s->equals, s->equal_count};
	lg_cleanup(equals_release) struct lg_equals composed = {0};
	enum lg_status status;

	if (s->equal_count == 0)
		return LG_OK;
	status = claim(survey, &leaves, err);
	if (status == LG_OK)
		status = lg_waste_compose(survey, &composed, err);
	return status == LG_OK ? claim(survey, &composed, err) : status;
}
