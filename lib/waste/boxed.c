/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "waste/survey.h"

#define LEAST_NUMBERS 16      /* of a list: below that nobody thinks of an array */
#define MOST_INT_BYTES 32     /* of an int object that fits into 64 bits */
#define ARRAY_HEAD_BYTES 80u  /* of array.array, and of list with its collector's header below */
#define LIST_HEAD_BYTES 56u

struct numbers {
	uint32_t list, integer, real; /* types */
};

/* The one type of all its items, LG_NONE where they are not all numbers of one type. */
static uint32_t type_of_items(const struct lg_snapshot *s, uint32_t list,
			      const struct numbers *numbers)
{
	uint32_t first = s->first_reference[list], end = s->first_reference[list + 1], type;

	if (end - first < LEAST_NUMBERS)
		return LG_NONE;
	type = s->type[s->ref_target[first]];
	if (type != numbers->integer && type != numbers->real)
		return LG_NONE;
	for (uint32_t r = first; r < end; r++)
		if (s->type[s->ref_target[r]] != type || s->ref_kind[r] != LG_REF_ITEM ||
		    (type == numbers->integer &&
		     s->shallow_bytes[s->ref_target[r]] > MOST_INT_BYTES))
			return LG_NONE;
	return type;
}

/* Numbers that the list alone keeps. */
static uint64_t claim_items(struct lg_waste_survey *survey, uint32_t list, uint64_t *count)
{
	const struct lg_analysis *analysis = survey->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint64_t bytes = 0;

	for (uint32_t r = s->first_reference[list]; r < s->first_reference[list + 1]; r++) {
		uint32_t item = s->ref_target[r];

		if (analysis->dominators->immediate[item] != list || !lg_waste_is_open(survey, item))
			continue;
		lg_bit_set(survey->claimed, item);
		bytes += lg_waste_block(survey, s->shallow_bytes[item]);
		++*count;
	}
	return bytes;
}

enum lg_status lg_waste_find_boxed(struct lg_waste_survey *survey, struct lg_error *err)
{
	const struct lg_analysis *analysis = survey->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	const struct numbers numbers = {
		lg_waste_type(analysis, "list"), lg_waste_type(analysis, "int"),
		lg_waste_type(analysis, "float"),
	};

	for (uint32_t list = 1; list < s->inner_count; list++) {
		uint64_t count = 0, bytes, head;
		struct lg_waste_found *row;
		enum lg_status status;
		uint32_t type;

		if (s->type[list] != numbers.list || !lg_waste_is_open(survey, list))
			continue;
		type = type_of_items(s, list, &numbers);
		if (type == LG_NONE)
			continue;
		bytes = claim_items(survey, list, &count);
		head = lg_waste_block(survey, ARRAY_HEAD_BYTES) -
		       lg_waste_block(survey, LIST_HEAD_BYTES);
		if (bytes <= head)
			continue;
		status = lg_waste_add(survey, LG_WASTE_BOXED, type, list, bytes - head, &row, err);
		if (status != LG_OK)
			return status;
		row->count += count - 1;
		row->of++;
	}
	return LG_OK;
}
