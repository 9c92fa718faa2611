/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/histogram.h"
#include "query/table.h"

enum { ID, NAME, MODULE, QUALNAME, OBJECT, HEAP, GC, PSEUDO, COUNT, SHALLOW, RETAINED, BLOCK, SLOTTED, WEAKREF };

static enum lg_status need_sums(struct lg_query *query, bool retained, struct lg_error *err)
{
	uint32_t types = query->snapshot->type_count;
	enum lg_status status = retained ? lg_query_need_graph(query, err) : LG_OK;

	if (status != LG_OK)
		return status;
	if (!query->type_sum) {
		query->type_sum = lg_sums_new(query->analysis);
		if (!query->type_sum)
			return lg_fail(err, LG_E_MEMORY, "no memory for sums of %u types", types);
		lg_sums_count(query->analysis, query->type_sum);
	}
	if (retained && !query->retained_summed) {
		status = lg_sums_retained(query->analysis, query->type_sum, err);
		query->retained_summed = status == LG_OK;
	}
	return status;
}

static enum lg_status give_sum(struct lg_query *query, uint32_t type, int column,
			       sqlite3_context *out, struct lg_error *err)
{
	enum lg_status status = need_sums(query, column == RETAINED, err);
	const struct lg_type_sum *sum = &query->type_sum[type];

	if (status != LG_OK)
		return status;
	if (column == COUNT)
		lg_give_number(sum->count, out);
	else
		lg_give_number(column == SHALLOW ? sum->shallow_bytes : sum->retained_bytes, out);
	return LG_OK;
}

static enum lg_status value(struct lg_cursor *cursor, uint32_t row, int column,
			    sqlite3_context *out, struct lg_error *err)
{
	static const uint32_t flag[] = {
		[HEAP] = LG_TYPE_HEAP, [GC] = LG_TYPE_GC, [PSEUDO] = LG_TYPE_PSEUDO};

	if (column == NAME)
		return lg_give_type(cursor->query, row, out, err);
	if (column >= COUNT)
		return give_sum(cursor->query, row, column, out, err);
	lg_give_number((cursor->query->snapshot->types[row].flags & flag[column]) != 0, out);
	return LG_OK;
}

const struct lg_table lg_table_types = {
	.told = {"types", "each type, with what its objects take", NULL},
	.column =
		{
			[ID] = {"id", LG_COLUMN_ROW, 0},
			[NAME] = {"name", LG_COLUMN_TEXT, 0},
			[MODULE] = {"module", LG_COLUMN_STRING, offsetof(struct lg_type, module)},
			[QUALNAME] = {"qualname", LG_COLUMN_STRING, offsetof(struct lg_type, name)},
			[OBJECT] = {"object", LG_COLUMN_INDEX, offsetof(struct lg_type, object)},
			[HEAP] = {"heap", LG_COLUMN_INTEGER, 0},
			[GC] = {"gc", LG_COLUMN_INTEGER, 0},
			[PSEUDO] = {"pseudo", LG_COLUMN_INTEGER, 0},
			[COUNT] = {"count", LG_COLUMN_INTEGER, 0},
			[SHALLOW] = {"shallow", LG_COLUMN_INTEGER, 0},
			[RETAINED] = {"retained", LG_COLUMN_INTEGER, 0},
			[BLOCK] = {"block_bytes", LG_COLUMN_NONZERO32,
				   offsetof(struct lg_type, block_bytes)},
			[SLOTTED] = {"slotted_bytes", LG_COLUMN_NONZERO32,
				     offsetof(struct lg_type, slotted_bytes)},
			[WEAKREF] = {"weakref_bytes", LG_COLUMN_NONZERO32,
				     offsetof(struct lg_type, weakref_bytes)},
		},
	.count_at = LG_COUNT_AT(type_count),
	.from = 1, /* that of the virtual root */
	.rows_at = offsetof(struct lg_snapshot, types),
	.row_bytes = sizeof(struct lg_type),
	.value = value,
	.access = {{ID, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL}},
};
