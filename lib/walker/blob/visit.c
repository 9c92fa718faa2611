/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * tp_traverse says what an object refers to, and not how. The family of the
 * object has said beforehand what it expects, in the order of traverse
 * functions: hints for single fields, then a bulk of entries (a dict's, a
 * cache's). Each target visited takes the first hint that fits.
 */
void blob_hint(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name)
{
	struct hint *hint = (struct hint *)w->hints + w->hint_count;

	if (w->hint_count == MAX_HINTS)
		return;
	*hint = (struct hint){ .target = target, .name = name, .kind = kind };
	w->hint_count++;
}

/* What a field refers to, where it is not NULL. `owned`: a reference, whether tp_traverse gives it or not. */
static void member_hint(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name, bool owned)
{
	struct hint *hint = (struct hint *)w->hints + w->hint_count;

	if (!target || w->hint_count == MAX_HINTS)
		return;
	blob_hint(w, target, kind, name);
	hint->member = true;
	hint->owned = owned;
}

void blob_field_hint(struct lg_walker *w, uint64_t object, const struct field *field)
{
	member_hint(w, field_target(object, field), LG_REF_ATTR, field->name, field->owned);
}

void blob_owned_hint(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name)
{
	member_hint(w, target, kind, name, true);
}

static bool take_hint(struct lg_walker *w, uint64_t target, uint8_t *kind, uint32_t *name)
{
	struct hint *hints = (struct hint *)w->hints;
	uint32_t end = w->hint_count;

	if (end - w->hint_cursor > MAX_HINT_SEARCH)
		end = w->hint_cursor + MAX_HINT_SEARCH;
	for (uint32_t i = w->hint_cursor; i < end; i++) {
		if (hints[i].target != target || hints[i].used)
			continue;
		hints[i].used = true;
		*kind = hints[i].kind;
		*name = hints[i].name;
		while (w->hint_cursor < w->hint_count && hints[w->hint_cursor].used)
			w->hint_cursor++;
		return true;
	}
	return false;
}

static bool take_bulk(struct lg_walker *w, uint64_t target, uint8_t *kind, uint32_t *name)
{
	if (w->delay) {
		w->delay--;
		*kind = (uint8_t)w->delay_kind;
		return true;
	}
	if (w->bulk == BULK_DICT)
		return blob_dict_next(w, target, kind, name);
	if (w->bulk == BULK_LRU)
		return blob_lru_next(w, target, kind, name);
	return false;
}

void blob_visit(struct lg_walker *w, uint64_t target)
{
	uint8_t kind = (uint8_t)w->default_kind;
	uint32_t name = w->default_name;

	if (w->hint_cursor == w->hint_count || !take_hint(w, target, &kind, &name))
		if (w->bulk)
			take_bulk(w, target, &kind, &name);
	blob_refer(w, target, kind, name);
}

static int visit(void *object, void *argument)
{
	struct lg_walker *w = argument;

	/* More than there is room for in memory: it goes round in a circle. */
	if (unlikely(column_position(w, LG_WALKER_REFERENCES) - w->first_reference > w->max_references)) {
		w->partial = 1;
		return 1;
	}
	blob_visit(w, (uint64_t)object);
	return 0;
}

/*
 * What a member names and tp_traverse leaves out: strings and numbers, which
 * are in no cycle, and what the table knows to be owned.
 */
static void left_out(struct lg_walker *w)
{
	struct hint *hints = (struct hint *)w->hints;

	for (uint32_t i = w->hint_cursor; i < w->hint_count; i++) {
		if (hints[i].used || !hints[i].member)
			continue;
		if (hints[i].owned || blob_meet(w, hints[i].target) & LG_WALKER_LEAF)
			blob_refer(w, hints[i].target, hints[i].kind, hints[i].name);
	}
}

void blob_traverse(struct lg_walker *w, uint64_t object, const struct record *record)
{
	traverse_function traverse = (traverse_function)record->traverse;

	if (likely(traverse && w->degraded < SCANNED))
		traverse((void *)object, visit, w);
	else
		blob_scan(w, object, record);
	left_out(w);
}
