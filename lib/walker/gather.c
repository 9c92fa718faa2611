/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/intern.h"
#include "walker/gather.h"

static void free_objects(struct lg_object_columns *columns)
{
	free(columns->address);
	free(columns->bytes);
	free(columns->type);
	free(columns->refcount);
	free(columns->flags);
}

void lg_gather_free(struct lg_gather *gather)
{
	if (!gather)
		return;
	free_objects(&gather->inner);
	free_objects(&gather->leaf);
	free(gather->first);
	free(gather->target);
	free(gather->name);
	free(gather->kind);
	free(gather->leaf_name);
	free(gather->text_name);
	free(gather->type);
	free(gather->patch);
	free(gather->suspended);
	free(gather->content);
	free(gather->container);
	free(gather->stack);
	free(gather->seed);
}

static enum lg_status no_memory(const struct lg_gather *gather, struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for %zu objects and %zu references",
		       gather->inner.count + gather->leaf.count, gather->reference_count);
}

static bool reserve_objects(struct lg_object_columns *c, size_t more)
{
	size_t needed = c->count + more;

	return lg_reserve(c->address, c->address_capacity, needed) &&
	       lg_reserve(c->bytes, c->bytes_capacity, needed) &&
	       lg_reserve(c->type, c->type_capacity, needed) &&
	       lg_reserve(c->refcount, c->refcount_capacity, needed) &&
	       lg_reserve(c->flags, c->flags_capacity, needed);
}

static void add_object(struct lg_object_columns *c, const struct lg_walker_object *row)
{
	c->address[c->count] = row->address;
	c->bytes[c->count] = row->bytes;
	c->type[c->count] = row->type;
	c->refcount[c->count] = row->refcount;
	c->flags[c->count] = (uint8_t)row->flags;
	c->count++;
}

static bool reserve_references(struct lg_gather *g, size_t more)
{
	size_t needed = g->reference_count + more;

	return lg_reserve(g->target, g->target_capacity, needed) &&
	       lg_reserve(g->name, g->name_capacity, needed) &&
	       lg_reserve(g->kind, g->kind_capacity, needed);
}

static void add_reference(struct lg_gather *g, uint32_t target, uint32_t name, uint8_t kind)
{
	g->target[g->reference_count] = target;
	g->name[g->reference_count] = name;
	g->kind[g->reference_count] = kind;
	g->reference_count++;
}

/*
 * What each pseudo object refers to, in rows: a thread to its frames, then all
 * to what they hold. A counting sort, since the root set has them in no order.
 */
struct held_rows {
	uint32_t *first; /* of pseudo_count + 2 */
	uint32_t *entry; /* index of a held, or held_count + index of a frame */
};

static void free_held(struct held_rows *rows)
{
	free(rows->first);
	free(rows->entry);
}

static uint32_t owner_of(const struct lg_root_set *roots, size_t entry)
{
	const struct lg_pseudo *pseudo;

	if (entry < roots->held_count)
		return roots->held[entry].pseudo;
	pseudo = &roots->pseudo[entry - roots->held_count];
	return pseudo->is_thread ? LG_NONE : pseudo->frame.thread;
}

static bool sort_held(const struct lg_root_set *roots, struct held_rows *out)
{
	size_t entries = roots->held_count + roots->pseudo_count;

	out->first = lg_alloc_zero(roots->pseudo_count + 2, sizeof *out->first);
	out->entry = lg_alloc(entries, sizeof *out->entry);
	if (!out->first || !out->entry)
		return false;
	for (size_t e = 0; e < entries; e++) {
		uint32_t owner = owner_of(roots, e);

		if (owner < roots->pseudo_count)
			out->first[owner + 2]++;
	}
	for (size_t p = 2; p < roots->pseudo_count + 2; p++)
		out->first[p] += out->first[p - 1];
	for (size_t e = 0; e < entries; e++) {
		uint32_t owner = owner_of(roots, e);

		if (owner < roots->pseudo_count)
			out->entry[out->first[owner + 1]++] = (uint32_t)e;
	}
	return true;
}

static void add_held(struct lg_gather *g, const struct held_rows *rows, size_t pseudo)
{
	const struct lg_root_set *roots = g->roots;

	for (uint32_t i = rows->first[pseudo]; i < rows->first[pseudo + 1]; i++) {
		size_t e = rows->entry[i];

		if (e >= roots->held_count) {
			e -= roots->held_count;
			add_reference(g, (uint32_t)e + 1, roots->pseudo[e].frame.function,
				      LG_REF_FRAME);
		} else if (g->seed[e]) {
			add_reference(g, g->seed[e], roots->held[e].name, roots->held[e].kind);
		}
	}
}

enum lg_status lg_gather_start(struct lg_gather *g, struct lg_error *err)
{
	const struct lg_root_set *roots = g->roots;
	lg_cleanup(free_held) struct held_rows rows = {0};
	struct lg_walker_object row = { .flags = LG_OBJECT_PSEUDO, .type = LG_PSEUDO_ROOT };

	g->started = true;
	if (!reserve_objects(&g->inner, roots->pseudo_count + 1) ||
	    !lg_reserve(g->first, g->first_capacity, roots->pseudo_count + 2) ||
	    !reserve_references(g, roots->pseudo_count + roots->held_count) ||
	    !sort_held(roots, &rows))
		return no_memory(g, err);
	add_object(&g->inner, &row);
	g->first[0] = g->first[1] = 0;
	for (size_t p = 0; p < roots->pseudo_count; p++) {
		row.address = roots->pseudo[p].address;
		row.bytes = roots->pseudo[p].shallow_bytes;
		row.type = roots->pseudo[p].is_thread ? LG_PSEUDO_THREAD : LG_PSEUDO_FRAME;
		add_object(&g->inner, &row);
		add_held(g, &rows, p);
		g->first[g->inner.count] = (uint32_t)g->reference_count;
	}
	return LG_OK;
}

/* A column as the window has it; counts that can't be are cut, since the copy may write there. */
static const void *rows_of(const struct lg_walker *window, enum lg_walker_column_id id,
			   uint32_t *count)
{
	const struct lg_walker_column *column = &window->column[id];

	if (*count > column->capacity)
		*count = column->capacity;
	return (const char *)window + column->rows;
}

static enum lg_status take_objects(struct lg_gather *g, struct lg_object_columns *to,
				   const struct lg_walker_object *row, uint32_t count,
				   struct lg_error *err)
{
	if (!reserve_objects(to, count))
		return no_memory(g, err);
	for (uint32_t i = 0; i < count; i++)
		add_object(to, &row[i]);
	return LG_OK;
}

static enum lg_status take_inner(struct lg_gather *g, const struct lg_walker_object *row,
				 uint32_t count, struct lg_error *err)
{
	size_t before = g->inner.count;
	enum lg_status status = take_objects(g, &g->inner, row, count, err);

	if (status != LG_OK)
		return status;
	if (!lg_reserve(g->first, g->first_capacity, g->inner.count + 1))
		return no_memory(g, err);
	for (uint32_t i = 0; i < count; i++)
		g->first[before + i + 1] = g->first[before + i] + row[i].references;
	return LG_OK;
}

static enum lg_status set_name(uint32_t **table, size_t *count, size_t *capacity, size_t at,
			       uint32_t name, struct lg_error *err)
{
	if (at >= *count) {
		if (!lg_reserve_(table, capacity, at + 1, sizeof **table))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu names", at + 1);
		memset(*table + *count, 0, (at + 1 - *count) * sizeof **table);
		*count = at + 1;
	}
	(*table)[at] = name;
	return LG_OK;
}

#define MAX_TEXTS (1u << 24)

static enum lg_status take_text(struct lg_gather *g, const struct lg_walker_text *head,
				const char *bytes, struct lg_error *err)
{
	uint32_t name = 0, number = head->name & ~LG_WALKER_TEXT;
	enum lg_status status = lg_intern_add(g->strings, bytes, head->bytes, &name, err);

	if (status != LG_OK)
		return status;
	if (head->name & LG_WALKER_TEXT) {
		if (number >= MAX_TEXTS)
			return LG_OK;
		return set_name(&g->text_name, &g->text_name_count, &g->text_name_capacity, number,
				name, err);
	}
	/* A leaf has its row before its text. */
	if (number == 0 || number > g->leaf.count)
		return LG_OK;
	return set_name(&g->leaf_name, &g->leaf_name_count, &g->leaf_name_capacity, number, name,
			err);
}

static enum lg_status take_texts(struct lg_gather *g, const char *rows, uint32_t bytes,
				 struct lg_error *err)
{
	struct lg_walker_text head;
	uint32_t at = 0;

	while (bytes - at >= sizeof head) {
		enum lg_status status;

		memcpy(&head, rows + at, sizeof head);
		at += sizeof head;
		if (head.bytes > bytes - at)
			break;
		status = take_text(g, &head, rows + at, err);
		if (status != LG_OK)
			return status;
		at += head.bytes;
	}
	return LG_OK;
}

static uint32_t string_of(const struct lg_gather *g, uint32_t name)
{
	uint32_t number = name & ~LG_WALKER_TEXT;

	if (name & LG_WALKER_TEXT)
		return number < g->text_name_count ? g->text_name[number] : 0;
	return number < g->leaf_name_count ? g->leaf_name[number] : 0;
}

static enum lg_status take_references(struct lg_gather *g, const struct lg_walker_reference *row,
				      uint32_t count, struct lg_error *err)
{
	if (g->reference_count + count > LG_MAX_REFERENCES)
		return lg_fail(err, LG_E_LIMIT, "more than %u references", LG_MAX_REFERENCES);
	if (!reserve_references(g, count))
		return no_memory(g, err);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = row[i].kind < LG_REF_KIND_COUNT ? (uint8_t)row[i].kind : LG_REF_OTHER;
		uint32_t name = kind == LG_REF_KEY_TYPE ? lg_gather_type(g, row[i].name) :
							  string_of(g, row[i].name);

		add_reference(g, row[i].target, name, kind);
	}
	return LG_OK;
}

/* Rows that are kept as they are, behind those of an array of the gather. */
static bool take_plain(void *slot, size_t *count, size_t *capacity, const void *rows, uint32_t added,
		       size_t row_bytes)
{
	char *array;

	if (added == 0)
		return true;
	if (!lg_reserve_(slot, capacity, *count + added, row_bytes))
		return false;
	memcpy(&array, slot, sizeof array);
	memcpy(array + *count * row_bytes, rows, added * row_bytes);
	*count += added;
	return true;
}

#define TAKE_PLAIN(gather, array, rows, added)                                                  \
	take_plain(&(gather)->array, &(gather)->array##_count, &(gather)->array##_capacity, (rows), \
		   (added), sizeof *(gather)->array)

static enum lg_status take_rows(struct lg_gather *g, const struct lg_walker *w, uint32_t *count,
				struct lg_error *err)
{
	const void *rows[LG_WALKER_COLUMNS];
	enum lg_status status;

	for (int i = 0; i < LG_WALKER_COLUMNS; i++)
		rows[i] = rows_of(w, i, &count[i]);
	/* Whoever is named comes before whoever names it. */
	status = take_objects(g, &g->leaf, rows[LG_WALKER_LEAVES], count[LG_WALKER_LEAVES], err);
	if (status != LG_OK)
		return status;
	if (!TAKE_PLAIN(g, type, rows[LG_WALKER_TYPES], count[LG_WALKER_TYPES]) ||
	    !TAKE_PLAIN(g, patch, rows[LG_WALKER_PATCHES], count[LG_WALKER_PATCHES]) ||
	    !TAKE_PLAIN(g, suspended, rows[LG_WALKER_SUSPENDED], count[LG_WALKER_SUSPENDED]) ||
	    !TAKE_PLAIN(g, content, rows[LG_WALKER_CONTENTS], count[LG_WALKER_CONTENTS]) ||
	    !TAKE_PLAIN(g, container, rows[LG_WALKER_CONTAINERS], count[LG_WALKER_CONTAINERS]) ||
	    !TAKE_PLAIN(g, stack, rows[LG_WALKER_STACKS], count[LG_WALKER_STACKS]))
		return no_memory(g, err);
	status = take_texts(g, rows[LG_WALKER_TEXTS], count[LG_WALKER_TEXTS], err);
	if (status == LG_OK)
		status = take_references(g, rows[LG_WALKER_REFERENCES], count[LG_WALKER_REFERENCES],
					 err);
	if (status == LG_OK)
		status = take_inner(g, rows[LG_WALKER_INNER], count[LG_WALKER_INNER], err);
	return status;
}

enum lg_status lg_gather_window(struct lg_gather *g, struct lg_walker *w, struct lg_error *err)
{
	uint32_t count[LG_WALKER_COLUMNS];
	enum lg_status status;

	for (int i = 0; i < LG_WALKER_COLUMNS; i++)
		count[i] = w->column[i].count;
	status = take_rows(g, w, count, err);
	for (int i = 0; i < LG_WALKER_COLUMNS; i++) {
		w->column[i].base += count[i];
		w->column[i].count = 0;
	}
	return status;
}
