/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/names.h"
#include "query/table.h"

enum { ID, OBJECT, KIND, LABEL, NAME, EXCESS, INTERPRETER };

static int64_t object_of(const struct lg_snapshot *s, uint32_t root)
{
	return s->roots[root].object;
}

static enum lg_status by_object(struct lg_cursor *cursor, struct lg_bounds bounds,
				struct lg_error *err)
{
	return lg_cursor_find(cursor, LG_ORDER_ROOT_OBJECT, object_of, bounds, err);
}

static enum lg_status value(struct lg_cursor *cursor, uint32_t row, int column, sqlite3_context *out,
			    struct lg_error *err)
{
	const struct lg_root *root = &cursor->query->snapshot->roots[row];
	struct lg_buffer label = {0};

	(void)err;
	if (column == KIND) {
		sqlite3_result_text(out, lg_root_kind_word(root->kind), -1, SQLITE_STATIC);
	} else if (column == LABEL) {
		lg_root_text(cursor->query->analysis, root, &label);
		lg_give_buffer(&label, out);
	} else if (root->kind == LG_ROOT_C_CODE) {
		lg_give_number(root->excess, out);
	}
	return LG_OK;
}

const struct lg_table lg_table_roots = {
	.told = {"roots", "what lives without being referred to", NULL},
	.column =
		{
			[ID] = {"id", LG_COLUMN_ROW, 0},
			[OBJECT] = {"object", LG_COLUMN_U32, offsetof(struct lg_root, object)},
			[KIND] = {"kind", LG_COLUMN_TEXT, 0},
			[LABEL] = {"label", LG_COLUMN_TEXT, 0},
			[NAME] = {"name", LG_COLUMN_STRING, offsetof(struct lg_root, name)},
			[EXCESS] = {"excess", LG_COLUMN_INTEGER, 0},
			[INTERPRETER] = {"interpreter", LG_COLUMN_U32,
					 offsetof(struct lg_root, interpreter)},
		},
	.count_at = LG_COUNT_AT(root_count),
	.rows_at = offsetof(struct lg_snapshot, roots),
	.row_bytes = sizeof(struct lg_root),
	.value = value,
	.access =
		{
			{ID, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL},
			{OBJECT, LG_ACCESS_ORDERED, LG_COUNT_AT(root_count), by_object},
		},
};
