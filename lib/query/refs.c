/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/names.h"
#include "base/bisect.h"
#include "query/table.h"

enum { ID, SOURCE, TARGET, KIND, LABEL, NAME, WEAK };

static enum lg_status by_source(struct lg_cursor *cursor, struct lg_bounds bounds,
				struct lg_error *err)
{
	const uint32_t *first = cursor->query->snapshot->first_reference;

	(void)err;
	lg_cursor_set_numbers(cursor, 1, cursor->query->snapshot->inner_count, bounds);
	if (cursor->first < cursor->end)
		lg_cursor_set(cursor, NULL, first[cursor->first], first[cursor->end]);
	return LG_OK;
}

static enum lg_status by_target(struct lg_cursor *cursor, struct lg_bounds bounds,
				struct lg_error *err)
{
	enum lg_status status = lg_query_need_targets(cursor->query, err);

	if (status == LG_OK)
		lg_cursor_set_small(cursor, &cursor->query->order[LG_ORDER_REF_TARGET],
				    cursor->query->snapshot->object_count, bounds);
	return status;
}

uint32_t lg_source_of(const struct lg_snapshot *s, uint32_t reference)
{
	/* The last object whose references begin at or before this one. */
	return lg_bisect(i, s->inner_count, s->first_reference[i] <= reference) - 1;
}

/* Rows mostly come in the order of their sources: the last one is worth a look. */
static uint32_t source_here(struct lg_cursor *cursor, uint32_t reference)
{
	const struct lg_snapshot *s = cursor->query->snapshot;

	if (s->first_reference[cursor->object] > reference ||
	    s->first_reference[cursor->object + 1] <= reference)
		cursor->object = lg_source_of(s, reference);
	return cursor->object;
}

void lg_give_kind(uint8_t kind, sqlite3_context *out)
{
	sqlite3_result_text(out, lg_ref_kind_word(kind), -1, SQLITE_STATIC);
}

void lg_give_label(const struct lg_query *query, uint32_t reference, sqlite3_context *out)
{
	const struct lg_snapshot *s = query->snapshot;
	struct lg_label label = {s->ref_kind[reference], s->ref_name[reference],
				 s->ref_name[reference]};
	struct lg_buffer buffer = {0};

	if (label.kind == LG_REF_WEAK)
		lg_buffer_add(&buffer, "weak");
	else
		lg_label_text(query->analysis, label, false, &buffer);
	lg_give_buffer(&buffer, out);
}

static enum lg_status give_name(struct lg_query *query, uint32_t reference, sqlite3_context *out,
				struct lg_error *err)
{
	const struct lg_snapshot *s = query->snapshot;

	if (s->ref_kind[reference] == LG_REF_KEY_TYPE)
		return lg_give_type(query, s->ref_name[reference], out, err);
	lg_give_string(query, s->ref_name[reference], out);
	return LG_OK;
}

static enum lg_status value(struct lg_cursor *cursor, uint32_t row, int column,
			    sqlite3_context *out, struct lg_error *err)
{
	uint8_t kind = cursor->query->snapshot->ref_kind[row];

	switch (column) {
	case SOURCE:
		lg_give_number(source_here(cursor, row), out);
		return LG_OK;
	case KIND:
		lg_give_kind(kind, out);
		return LG_OK;
	case LABEL:
		lg_give_label(cursor->query, row, out);
		return LG_OK;
	case NAME:
		return give_name(cursor->query, row, out, err);
	default:
		lg_give_number(!lg_ref_is_strong(kind), out);
		return LG_OK;
	}
}

const struct lg_table lg_table_refs = {
	.told = {"refs", "each reference of an object to another, weak ones included", NULL},
	.column =
		{
			[ID] = {"id", LG_COLUMN_ROW, 0},
			[SOURCE] = {"source", LG_COLUMN_INTEGER, 0},
			[TARGET] = {"target", LG_COLUMN_U32,
				    offsetof(struct lg_snapshot, ref_target)},
			[KIND] = {"kind", LG_COLUMN_TEXT, 0},
			[LABEL] = {"label", LG_COLUMN_TEXT, 0},
			[NAME] = {"name", LG_COLUMN_TEXT, 0},
			[WEAK] = {"weak", LG_COLUMN_INTEGER, 0},
		},
	.count_at = LG_COUNT_AT(reference_count),
	.value = value,
	.access =
		{
			{ID, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL},
			{SOURCE, LG_ACCESS_ORDERED, LG_COUNT_AT(inner_count), by_source},
			{TARGET, LG_ACCESS_ORDERED, LG_COUNT_AT(object_count), by_target},
		},
};
