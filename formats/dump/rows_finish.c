/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "formats/dump/id_table.h"
#include "formats/dump/rows.h"

/* Rows with ids become columns with dense numbers. */

/* How far ahead of its look-up an id is fetched. */
#define PREFETCH 16

static enum lg_status no_memory(const struct lg_rows *rows, struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory to number %zu objects with %zu references",
		       rows->count, rows->reference_count);
}

static enum lg_status number_rows(struct lg_rows *rows, struct lg_id_table *table,
				  struct lg_error *err)
{
	for (size_t i = 0; i < rows->defined; i++) {
		uint32_t number;
		bool is_new;

		if (i + PREFETCH < rows->defined)
			lg_id_prefetch(table, rows->id[i + PREFETCH]);
		if (!lg_id_table_add(table, rows->id[i], (uint32_t)i, &number, &is_new))
			return no_memory(rows, err);
		if (!is_new)
			return lg_fail(err, LG_E_UNREADABLE,
				       "id %lu has two rows: row %u and row %zu", rows->id[i],
				       number + 1, i + 1);
	}
	return LG_OK;
}

/* The row of an id; one that has none gets a row of the type "(undefined)". */
static enum lg_status row_of(struct lg_rows *rows, struct lg_id_table *table, uint64_t id,
			     uint32_t *out, struct lg_error *err)
{
	static const struct lg_row_text module = {"", 0}, name = {"(undefined)", 11};
	bool is_new;
	enum lg_status status;

	if (!lg_id_table_add(table, id, (uint32_t)rows->count, out, &is_new))
		return no_memory(rows, err);
	if (!is_new)
		return LG_OK;
	status = lg_rows_add(rows, id, err);
	if (status != LG_OK)
		return status;
	return lg_rows_type(rows, module, name, LG_TYPE_PSEUDO, &rows->type[*out], err);
}

static enum lg_status resolve(struct lg_rows *rows, struct lg_id_table *table, uint32_t *target,
			      struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < rows->reference_count && status == LG_OK; i++) {
		if (i + PREFETCH < rows->reference_count)
			lg_id_prefetch(table, rows->target[i + PREFETCH]);
		status = row_of(rows, table, rows->target[i], &target[i], err);
	}
	for (size_t i = 0; i < rows->root_count && status == LG_OK; i++)
		status = row_of(rows, table, rows->root_id[i], &rows->root[i].object, err);
	return status;
}

/* What no other object refers to is a root, where the file names none. */
static enum lg_status find_roots(struct lg_rows *rows, const uint32_t *target, struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *referred = lg_alloc_zero(rows->count, 1);
	size_t next = 0;

	if (!referred)
		return no_memory(rows, err);
	for (size_t row = 0; row < rows->count; row++)
		for (size_t end = next + rows->degree[row]; next < end; next++)
			if (target[next] != row && lg_ref_is_strong(rows->ref_kind[next]))
				referred[target[next]] = 1;
	for (size_t row = 0; row < rows->count; row++) {
		if (referred[row])
			continue;
		if (!lg_reserve(rows->root, rows->root_capacity, rows->root_count + 1))
			return no_memory(rows, err);
		rows->root[rows->root_count++] = (struct lg_root){.object = (uint32_t)row};
	}
	return LG_OK;
}

/* Numbers in the snapshot: inner objects after the virtual root, then leaves. */
static uint32_t renumber(const struct lg_rows *rows, uint32_t *number)
{
	uint32_t inner = 1, leaf;

	for (size_t row = 0; row < rows->count; row++)
		if (rows->degree[row])
			number[row] = inner++;
	leaf = inner;
	for (size_t row = 0; row < rows->count; row++)
		if (!rows->degree[row])
			number[row] = leaf++;
	return inner;
}

static bool allocate(struct lg_snapshot *s, uint32_t objects, uint32_t inner)
{
	s->object_count = objects;
	s->inner_count = inner;
	s->address = lg_alloc_zero(objects, sizeof *s->address);
	s->shallow_bytes = lg_alloc_zero(objects, sizeof *s->shallow_bytes);
	s->type = lg_alloc_zero(objects, sizeof *s->type);
	s->refcount = lg_alloc_zero(objects, sizeof *s->refcount);
	s->flags = lg_alloc_zero(objects, sizeof *s->flags);
	s->first_reference = lg_alloc_zero((size_t)inner + 1, sizeof *s->first_reference);
	return s->address && s->shallow_bytes && s->type && s->refcount && s->flags &&
	       s->first_reference;
}

static void fill_objects(const struct lg_rows *rows, const uint32_t *number, struct lg_snapshot *s)
{
	uint32_t references = 0;

	s->flags[0] = LG_OBJECT_PSEUDO;
	for (size_t row = 0; row < rows->count; row++) {
		uint32_t n = number[row];

		s->address[n] = rows->id[row];
		s->shallow_bytes[n] = rows->size[row];
		s->type[n] = rows->type[row];
		s->refcount[n] = rows->refcount[row];
		s->flags[n] = row < rows->defined ? 0 : LG_OBJECT_PARTIAL;
		/* Inner objects are numbered in the order of rows, as references lie. */
		if (!rows->degree[row])
			continue;
		references += rows->degree[row];
		s->first_reference[n + 1] = references;
	}
}

static void hand_over(struct lg_rows *rows, const uint32_t *number, uint32_t *target,
		      struct lg_snapshot *s)
{
	for (size_t i = 0; i < rows->reference_count; i++)
		target[i] = number[target[i]];
	for (size_t i = 0; i < rows->root_count; i++)
		rows->root[i].object = number[rows->root[i].object];
	s->reference_count = (uint32_t)rows->reference_count;
	s->ref_target = target;
	s->ref_kind = lg_take(rows->ref_kind);
	s->ref_name = lg_take(rows->ref_name);
	s->root_count = (uint32_t)rows->root_count;
	s->roots = lg_take(rows->root);
	s->type_count = (uint32_t)rows->type_count;
	s->types = lg_take(rows->types);
}

enum lg_status lg_rows_finish(struct lg_rows *rows, struct lg_snapshot *out, struct lg_error *err)
{
	lg_cleanup(lg_id_table_release) struct lg_id_table table = {0};
	lg_cleanup(lg_free) uint32_t *target = lg_alloc(rows->reference_count, sizeof *target);
	lg_cleanup(lg_free) uint32_t *number = NULL;
	uint32_t inner;
	enum lg_status status;

	if (!target || !lg_id_table_init(&table, rows->defined))
		return no_memory(rows, err);
	status = number_rows(rows, &table, err);
	if (status == LG_OK)
		status = resolve(rows, &table, target, err);
	if (status == LG_OK && !rows->has_roots)
		status = find_roots(rows, target, err);
	if (status != LG_OK)
		return status;
	if (rows->count >= LG_MAX_OBJECTS || rows->root_count > LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "%zu objects with %zu roots, expected at most %u",
			       rows->count, rows->root_count, LG_MAX_OBJECTS - 1);
	number = lg_alloc(rows->count, sizeof *number);
	if (!number)
		return no_memory(rows, err);
	inner = renumber(rows, number);
	if (!allocate(out, (uint32_t)rows->count + 1, inner))
		return no_memory(rows, err);
	fill_objects(rows, number, out);
	hand_over(rows, number, lg_take(target), out);
	return lg_intern_finish(rows->strings, &out->strings, err);
}
