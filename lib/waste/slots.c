/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/word_map.h"
#include "waste/survey.h"

#define SLOT_BYTES 8

/* What is known of a class whose instances have a dict. */
struct class {
	uint64_t now_bytes, instances; /* that could do without */
	uint32_t names;                /* of attributes, of any instance */
	uint32_t last;                 /* instance whose names are in; 0: none yet */
	bool weakly_referred;
};

struct slots {
	struct lg_waste_survey *survey;
	struct class *class;      /* by type */
	struct lg_word_map names; /* type and name that are in */
};

static void slots_release(struct slots *slots)
{
	free(slots->class);
	lg_word_map_free(&slots->names);
}

/* The __dict__ of an instance, 0 where it has none. */
static uint32_t dict_of(const struct lg_snapshot *s, uint32_t object)
{
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++)
		if (s->ref_kind[r] == LG_REF_DICT)
			return s->ref_target[r];
	return 0;
}

static bool add_names(struct slots *slots, uint32_t type, uint32_t holder)
{
	const struct lg_snapshot *s = slots->survey->analysis->snapshot;
	struct class *class = &slots->class[type];

	for (uint32_t r = s->first_reference[holder]; r < s->first_reference[holder + 1]; r++) {
		uint64_t key = (uint64_t)type << 32 | s->ref_name[r];

		if (s->ref_kind[r] != LG_REF_ATTR && s->ref_kind[r] != LG_REF_KEY_STR)
			continue;
		if (lg_word_map_find(&slots->names, key))
			continue;
		if (!lg_word_map_set(&slots->names, key, 1))
			return false;
		class->names++;
	}
	return true;
}

/* Instances of a class mostly have the same names in the same order. */
static bool same_names(const struct lg_snapshot *s, uint32_t a, uint32_t b)
{
	uint32_t first = s->first_reference[a], count = s->first_reference[a + 1] - first;
	uint32_t other = s->first_reference[b];

	if (s->first_reference[b + 1] - other != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (s->ref_name[first + i] != s->ref_name[other + i] ||
		    s->ref_kind[first + i] != s->ref_kind[other + i] ||
		    s->ref_kind[first + i] == LG_REF_DICT)
			return false;
	return true;
}

/* The blocks of an instance and of the dict that is its own; 0 where others use that dict, too. */
static uint64_t blocks_of(const struct lg_waste_survey *survey, uint32_t object, uint32_t dict)
{
	const struct lg_analysis *analysis = survey->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t own = s->types[s->type[object]].block_bytes, holder;
	uint64_t shallow = s->shallow_bytes[object], bytes, apart;

	bytes = lg_waste_blocks(survey, shallow, own && own < shallow ? shallow - own : 0);
	if (!dict)
		return bytes;
	holder = analysis->dominators->immediate[dict];
	if (holder != object || lg_bit_get(analysis->also_held, dict) || dict >= s->inner_count)
		return 0;
	own = s->types[s->type[dict]].block_bytes;
	shallow = s->shallow_bytes[dict];
	apart = own && own < shallow ? shallow - own : 0;
	return bytes + lg_waste_blocks(survey, shallow, apart);
}

static bool is_candidate(const struct lg_waste_survey *survey, uint32_t object)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;

	return s->types[s->type[object]].slotted_bytes && lg_waste_is_open(survey, object) &&
	       !(s->flags[object] & LG_OBJECT_PARTIAL);
}

static bool look_at(struct slots *slots, uint32_t object)
{
	const struct lg_waste_survey *survey = slots->survey;
	const struct lg_snapshot *s = survey->analysis->snapshot;
	uint32_t type = s->type[object], dict = dict_of(s, object);
	struct class *class = &slots->class[type];
	uint64_t bytes = blocks_of(survey, object, dict);

	if (bytes == 0)
		return true;
	class->now_bytes += bytes;
	class->instances++;
	if (class->last && same_names(s, class->last, object))
		return true;
	class->last = object;
	return add_names(slots, type, object) && (!dict || add_names(slots, type, dict));
}

static void mark_weakly_referred(struct slots *slots)
{
	const struct lg_snapshot *s = slots->survey->analysis->snapshot;

	for (uint32_t r = 0; r < s->reference_count; r++)
		if (s->ref_kind[r] == LG_REF_WEAK)
			slots->class[s->type[s->ref_target[r]]].weakly_referred = true;
}

/* What an instance would take. */
static uint64_t slotted(const struct slots *slots, uint32_t type)
{
	const struct lg_type *t = &slots->survey->analysis->snapshot->types[type];
	const struct class *class = &slots->class[type];

	return lg_waste_block(slots->survey,
			      t->slotted_bytes + (class->weakly_referred ? t->weakref_bytes : 0) +
				      (uint64_t)class->names * SLOT_BYTES);
}

/* All of a class have slots, or none: what some would lose counts against what others gain. */
static bool gains(const struct slots *slots, uint32_t type)
{
	const struct class *class = &slots->class[type];

	return class->now_bytes > class->instances * slotted(slots, type);
}

static enum lg_status add_class(struct slots *slots, uint32_t type, struct lg_error *err)
{
	const struct class *class = &slots->class[type];
	struct lg_waste_found *row;
	enum lg_status status =
		lg_waste_add(slots->survey, LG_WASTE_SLOTS, type, class->last,
			     class->now_bytes - class->instances * slotted(slots, type), &row, err);

	if (status == LG_OK) {
		row->count += class->instances - 1;
		row->of = class->names;
	}
	return status;
}

/* In a second look, when all is known of the class. */
static void claim(struct slots *slots, uint32_t object)
{
	struct lg_waste_survey *survey = slots->survey;
	const struct lg_snapshot *s = survey->analysis->snapshot;
	uint32_t dict = dict_of(s, object);

	if (!gains(slots, s->type[object]) || blocks_of(survey, object, dict) == 0)
		return;
	lg_bit_set(survey->claimed, object);
	if (dict)
		lg_bit_set(survey->claimed, dict);
}

enum lg_status lg_waste_find_slots(struct lg_waste_survey *survey, struct lg_error *err)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	lg_cleanup(slots_release) struct slots slots = {
		.survey = survey,
		.class = lg_alloc_zero(s->type_count, sizeof *slots.class),
	};

	if (!slots.class)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u classes", s->type_count);
	mark_weakly_referred(&slots);
	for (uint32_t i = 1; i < s->inner_count; i++)
		if (is_candidate(survey, i) && !look_at(&slots, i))
			return lg_fail(err, LG_E_MEMORY, "no memory for names of attributes");
	for (uint32_t i = 1; i < s->inner_count; i++)
		if (is_candidate(survey, i))
			claim(&slots, i);
	for (uint32_t type = 0; type < s->type_count; type++) {
		enum lg_status status = LG_OK;

		if (gains(&slots, type))
			status = add_class(&slots, type, err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}
