/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "waste/survey.h"

/* pymalloc hands out multiples of 16 bytes up to 512; malloc has 8 bytes of its own in each. */
#define ALIGNMENT 16u
#define MOST_PYMALLOC 512u
#define MALLOC_HEAD 8u
#define LEAST_MALLOC 32u

void lg_waste_survey_release(struct lg_waste_survey *survey)
{
	lg_keepers_release(&survey->keepers);
	lg_word_map_free(&survey->row_of);
	free(survey->claimed);
	free(survey->found);
}

static uint64_t aligned(uint64_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

uint64_t lg_waste_block(const struct lg_waste_survey *survey, uint64_t bytes)
{
	if (bytes == 0)
		return 0;
	if (bytes <= MOST_PYMALLOC && !survey->no_pymalloc)
		return aligned(bytes);
	bytes = aligned(bytes + MALLOC_HEAD);
	return bytes < LEAST_MALLOC ? LEAST_MALLOC : bytes;
}

uint64_t lg_waste_blocks(const struct lg_waste_survey *survey, uint64_t shallow, uint64_t apart)
{
	return lg_waste_block(survey, shallow - apart) + lg_waste_block(survey, apart);
}

uint32_t lg_waste_type(const struct lg_analysis *analysis, const char *name)
{
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t t = 0; t < s->type_count; t++) {
		struct lg_text text = lg_snapshot_string(s, s->types[t].name);

		if (analysis->type_plain[t] && lg_text_is(text, name))
			return t;
	}
	return LG_NONE;
}

bool lg_waste_is_open(const struct lg_waste_survey *survey, uint32_t object)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	uint32_t holder = survey->analysis->dominators->immediate[object];

	if (lg_bit_get(survey->claimed, object) || holder == LG_NONE ||
	    s->type[holder] == survey->code ||
	    s->flags[object] & (LG_OBJECT_PSEUDO | LG_OBJECT_STATIC | LG_OBJECT_IMMORTAL))
		return false;
	switch ((enum lg_keeper_kind)survey->keepers.keeper[survey->keepers.of_node[object]].kind) {
	case LG_KEEPER_INTERPRETER:
	case LG_KEEPER_BUILTIN:
	case LG_KEEPER_INTERNED:
	case LG_KEEPER_GARBAGE:
		return false;
	default:
		return true;
	}
}

static struct lg_label label_of(const struct lg_analysis *analysis, uint32_t object)
{
	uint32_t via = analysis->via[object], holder = analysis->dominators->immediate[object];
	struct lg_label label = {LG_STEP_SHARED, 0, 0};

	if (via != LG_NONE && holder)
		label = lg_label_of(analysis, holder, via);
	/* Keys of one dict are many; what is in them is one place. */
	label.exact = 0;
	return label;
}

static bool same_row(const struct lg_waste_found *a, const struct lg_waste_found *b)
{
	return a->kind == b->kind && a->type == b->type && a->keeper == b->keeper &&
	       a->label.kind == b->label.kind && a->label.name == b->label.name;
}

static uint64_t hash_of(const struct lg_waste_found *row)
{
	uint64_t a = (uint64_t)row->type << 32 | row->keeper;
	uint64_t b = (uint64_t)row->label.name << 16 | (uint64_t)row->label.kind << 8 | row->kind;

	/* The finalizer of splitmix64 (Steele, Lea, Flood, 2014), over both. */
	a ^= b * 0x9e3779b97f4a7c15;
	a = (a ^ a >> 30) * 0xbf58476d1ce4e5b9;
	a = (a ^ a >> 27) * 0x94d049bb133111eb;
	return a ^ a >> 31;
}

/* The row like this one, a new one where there is none; NULL: no memory. */
static struct lg_waste_found *row_like(struct lg_waste_survey *survey,
				       const struct lg_waste_found *like)
{
	const uint32_t *known;
	uint64_t hash = hash_of(like);

	for (;; hash++) {
		hash += hash == 0;
		known = lg_word_map_find(&survey->row_of, hash);
		if (!known)
			break;
		if (same_row(&survey->found[*known], like))
			return &survey->found[*known];
	}
	if (!lg_reserve(survey->found, survey->capacity, survey->count + 1) ||
	    !lg_word_map_set(&survey->row_of, hash, (uint32_t)survey->count))
		return NULL;
	survey->found[survey->count] = *like;
	return &survey->found[survey->count++];
}

enum lg_status lg_waste_add(struct lg_waste_survey *survey, enum lg_waste_kind kind, uint32_t type,
			    uint32_t object, uint64_t bytes, struct lg_waste_found **row,
			    struct lg_error *err)
{
	struct lg_waste_found like = {
		.kind = (uint8_t)kind,
		.type = type,
		.keeper = survey->keepers.of_node[object],
		.example = object,
	};

	/* A class is one row, wherever its instances are. */
	if (kind != LG_WASTE_SLOTS)
		like.label = label_of(survey->analysis, object);
	*row = row_like(survey, &like);
	if (!*row)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu rows of waste", survey->count);
	(*row)->count++;
	(*row)->bytes += bytes;
	return LG_OK;
}
