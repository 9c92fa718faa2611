/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "formats/tables/tables.h"

/* As lg_type_text() has it, but not cut. */
static void add_type_name(const struct lg_analysis *analysis, uint32_t type, struct lg_buffer *out)
{
	const struct lg_type *row = &analysis->snapshot->types[type];

	if (!analysis->type_plain[type]) {
		lg_buffer_name(out, lg_snapshot_string(analysis->snapshot, row->module), 0,
			       LG_EXPORT_WHOLE);
		lg_buffer_add(out, ".");
	}
	lg_buffer_name(out, lg_snapshot_string(analysis->snapshot, row->name), 0, LG_EXPORT_WHOLE);
}

enum lg_status lg_row_open(struct lg_row *row, struct lg_error *err)
{
	uint32_t types = row->analysis->snapshot->type_count;

	row->pool = lg_pool_new();
	row->type_text = lg_alloc(types, sizeof *row->type_text);
	if (!row->pool || !row->type_text)
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of %u types", types);
	for (uint32_t type = 0; type < types; type++) {
		struct lg_buffer text = {0};

		add_type_name(row->analysis, type, &text);
		row->type_text[type] = lg_buffer_keep(&text, row->pool);
	}
	return lg_pool_check(row->pool, err);
}

enum lg_status lg_row_check(const struct lg_row *row, struct lg_error *err)
{
	for (size_t i = 0; i < LG_EXPORT_MOST_COLUMNS; i++)
		if (row->text[i].failed)
			return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	return LG_OK;
}

void lg_row_close(struct lg_row *row)
{
	for (size_t i = 0; i < LG_EXPORT_MOST_COLUMNS; i++)
		lg_buffer_free(&row->text[i]);
	free(row->type_text);
	lg_pool_free(row->pool);
}

static void set_none(struct lg_row *row, size_t column)
{
	row->cell[column] = (struct lg_cell){.kind = LG_CELL_NONE};
}

static void set_number(struct lg_row *row, size_t column, uint64_t number)
{
	row->cell[column] = (struct lg_cell){.kind = LG_CELL_NUMBER, .number = number};
}

/* An index, or none. */
static void set_index(struct lg_row *row, size_t column, uint32_t index)
{
	if (index == LG_NONE)
		set_none(row, column);
	else
		set_number(row, column, index);
}

static void set_text(struct lg_row *row, size_t column, const char *text)
{
	row->cell[column] = (struct lg_cell){.kind = LG_CELL_TEXT, .text = text};
}

/* A string of the snapshot; none for "". */
static void set_string(struct lg_row *row, size_t column, uint32_t string)
{
	struct lg_buffer *text = &row->text[column];

	text->used = 0;
	lg_buffer_name(text, lg_snapshot_string(row->analysis->snapshot, string), 0,
		       LG_EXPORT_WHOLE);
	if (text->used)
		set_text(row, column, text->bytes);
	else
		set_none(row, column);
}

/* Object 0, the virtual root, has no row: row 0 is object 1. */
static uint64_t object_rows(const struct lg_snapshot *s)
{
	return s->object_count - 1;
}

static void read_object(struct lg_row *row, uint32_t index)
{
	const struct lg_analysis *analysis = row->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t object = index + 1, node = lg_analysis_node(analysis, object);

	set_number(row, 0, object);
	set_number(row, 1, s->address[object]);
	set_text(row, 2, row->type_text[s->type[object]]);
	set_number(row, 3, s->shallow_bytes[object]);
	/* Garbage has no dominator; a module's dict is the module's, and its bytes are told there.
	 */
	if (analysis->dominators->immediate[object] == LG_NONE)
		set_none(row, 4);
	else
		set_number(row, 4, analysis->dominators->retained_bytes[object]);
	set_index(row, 5, node != object ? node : analysis->dominators->immediate[object]);
	set_number(row, 6, s->refcount[object]);
}

static uint64_t reference_rows(const struct lg_snapshot *s)
{
	return s->reference_count;
}

static void read_reference(struct lg_row *row, uint32_t index)
{
	const struct lg_snapshot *s = row->analysis->snapshot;
	uint8_t kind = s->ref_kind[index];

	while (s->first_reference[row->source + 1] <= index)
		row->source++;
	set_number(row, 0, row->source);
	set_number(row, 1, s->ref_target[index]);
	set_text(row, 2, lg_ref_kind_word(kind));
	if (kind == LG_REF_KEY_TYPE)
		set_text(row, 3, row->type_text[s->ref_name[index]]);
	else
		set_string(row, 3, s->ref_name[index]);
}

static uint64_t root_rows(const struct lg_snapshot *s)
{
	return s->root_count;
}

static void read_root(struct lg_row *row, uint32_t index)
{
	const struct lg_root *root = &row->analysis->snapshot->roots[index];

	set_number(row, 0, root->object);
	set_text(row, 1, lg_root_kind_word(root->kind));
	set_string(row, 2, root->name);
	set_number(row, 3, root->excess);
	set_number(row, 4, root->interpreter);
}

static uint64_t type_rows(const struct lg_snapshot *s)
{
	return s->type_count;
}

static void read_type(struct lg_row *row, uint32_t index)
{
	const struct lg_type *type = &row->analysis->snapshot->types[index];

	set_number(row, 0, index);
	set_text(row, 1, row->type_text[index]);
	set_string(row, 2, type->module);
	set_string(row, 3, type->name);
	set_index(row, 4, type->object);
}

static const struct lg_export_table tables[] = {
	{"objects",
	 {"id", "address", "type", "shallow", "retained", "dominator", "refcount"},
	 object_rows,
	 read_object},
	{"refs", {"source", "target", "kind", "name"}, reference_rows, read_reference},
	{"roots", {"object", "kind", "name", "excess", "interpreter"}, root_rows, read_root},
	{"types", {"id", "name", "module", "qualname", "object"}, type_rows, read_type},
};

enum lg_status lg_export_table_find(const char *name, const struct lg_export_table **out,
				    struct lg_error *err)
{
	char list[256] = "";

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		size_t used = strlen(list);

		*out = &tables[i];
		if (strcmp(tables[i].name, name) == 0)
			return LG_OK;
		snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", tables[i].name);
	}
	return lg_fail(err, LG_E_USAGE, "there is no table '%.100s', but: %s", name, list);
}
