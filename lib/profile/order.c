/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/intern.h"
#include "base/text.h"
#include "profile/order.h"

LG_DEFINE_CLEANUP(lg_intern_free, struct lg_intern *)

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct lg_profile *profile = context;
	const struct lg_profile_row *a = &profile->row[*(const uint32_t *)left];
	const struct lg_profile_row *b = &profile->row[*(const uint32_t *)right];
	int order;

	/* Roots, whose parent is LG_NONE, stand last. */
	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	order = lg_text_compare(lg_profile_text(profile, a->label), lg_profile_text(profile, b->label));
	if (order)
		return order;
	return lg_text_compare(lg_profile_text(profile, a->type), lg_profile_text(profile, b->type));
}

struct ordering {
	struct lg_profile *profile;
	uint32_t *sorted; /* rows with something on or below them, by parent and text */
	uint32_t *first;  /* row: its first child in `sorted`; row_count: the first root */
	uint32_t kept;
	uint32_t *stack; /* places in `sorted` */
	uint32_t *moved; /* row: its new number */
	struct lg_profile_row *row;
};

static void release(struct ordering *ordering)
{
	free(ordering->sorted);
	free(ordering->first);
	free(ordering->stack);
	free(ordering->moved);
	free(ordering->row);
}

static enum lg_status sort_rows(struct ordering *o, struct lg_error *err)
{
	struct lg_profile *profile = o->profile;
	size_t count = profile->row_count;
	lg_cleanup(lg_free) uint8_t *holds = lg_alloc_zero(count, 1);

	o->sorted = lg_alloc(count + 1, sizeof *o->sorted);
	o->first = lg_alloc(count + 1, sizeof *o->first);
	o->stack = lg_alloc(count + 1, sizeof *o->stack);
	o->moved = lg_alloc(count + 1, sizeof *o->moved);
	o->row = lg_alloc(count + 1, sizeof *o->row);
	if (!holds || !o->sorted || !o->first || !o->stack || !o->moved || !o->row)
		return lg_fail(err, LG_E_MEMORY, "no memory to order %zu paths", count);
	for (uint32_t i = profile->row_count; i-- > 0;) {
		const struct lg_profile_row *row = &profile->row[i];

		holds[i] |= row->count || row->shallow_bytes;
		if (holds[i] && row->parent != LG_NONE)
			holds[row->parent] = 1;
	}
	for (uint32_t i = 0; i < profile->row_count; i++)
		if (holds[i])
			o->sorted[o->kept++] = i;
	qsort_r(o->sorted, o->kept, sizeof *o->sorted, compare_rows, profile);
	memset(o->moved, 0xff, (count + 1) * sizeof *o->moved);
	memset(o->first, 0xff, (count + 1) * sizeof *o->first);
	for (uint32_t i = o->kept; i-- > 0;) {
		uint32_t parent = profile->row[o->sorted[i]].parent;

		o->first[parent == LG_NONE ? count : parent] = i;
	}
	return LG_OK;
}

/* Is there a brother behind this place? */
static bool has_brother(const struct ordering *o, uint32_t place)
{
	const struct lg_profile_row *row = o->profile->row;

	return place + 1 < o->kept &&
	       row[o->sorted[place + 1]].parent == row[o->sorted[place]].parent;
}

/* Where a row has gone; where it is no more, the nearest above it. */
static uint32_t place_of(const struct ordering *o, uint32_t row)
{
	while (row != LG_NONE && o->moved[row] == LG_NONE)
		row = o->profile->row[row].parent;
	return row == LG_NONE ? LG_NONE : o->moved[row];
}

static void walk(struct ordering *o)
{
	struct lg_profile *profile = o->profile;
	uint32_t depth = 0, used = 0;

	if (o->first[profile->row_count] != LG_NONE)
		o->stack[depth++] = o->first[profile->row_count];
	while (depth) {
		uint32_t place = o->stack[--depth], from = o->sorted[place];
		struct lg_profile_row *row = &o->row[used];

		*row = profile->row[from];
		if (row->parent != LG_NONE)
			row->parent = o->moved[row->parent];
		o->moved[from] = used++;
		if (has_brother(o, place))
			o->stack[depth++] = place + 1;
		if (o->first[from] != LG_NONE)
			o->stack[depth++] = o->first[from];
	}
	for (uint32_t i = 0; i < profile->suspect_count; i++)
		profile->suspect[i].row = place_of(o, profile->suspect[i].row);
	free(profile->row);
	profile->row = lg_take(o->row);
	profile->row_count = used;
}

static enum lg_status keep_string(const struct lg_profile *profile, struct lg_intern *strings,
				  uint32_t *string, struct lg_error *err)
{
	struct lg_text text = lg_profile_text(profile, *string);

	return lg_intern_add(strings, text.bytes, text.length, string, err);
}

static enum lg_status keep_strings(struct lg_profile *profile, struct lg_error *err)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *strings = lg_intern_new();
	struct lg_strings kept;
	enum lg_status status;

	if (!strings)
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of a profile");
	status = keep_string(profile, strings, &profile->name, err);
	if (status == LG_OK)
		status = keep_string(profile, strings, &profile->python_version, err);
	if (status == LG_OK)
		status = keep_string(profile, strings, &profile->producer, err);
	for (uint32_t i = 0; i < profile->row_count && status == LG_OK; i++) {
		status = keep_string(profile, strings, &profile->row[i].label, err);
		if (status == LG_OK)
			status = keep_string(profile, strings, &profile->row[i].type, err);
	}
	for (uint32_t i = 0; i < profile->suspect_count && status == LG_OK; i++) {
		status = keep_string(profile, strings, &profile->suspect[i].words, err);
		if (status == LG_OK)
			status = keep_string(profile, strings, &profile->suspect[i].type, err);
	}
	if (status == LG_OK)
		status = lg_intern_finish(strings, &kept, err);
	if (status != LG_OK)
		return status;
	free(profile->strings.offset);
	free(profile->strings.bytes);
	profile->strings = kept;
	return LG_OK;
}

enum lg_status lg_profile_order(struct lg_profile *profile, struct lg_error *err)
{
	lg_cleanup(release) struct ordering ordering = {.profile = profile};
	enum lg_status status = sort_rows(&ordering, err);

	if (status != LG_OK)
		return status;
	walk(&ordering);
	return keep_strings(profile, err);
}
