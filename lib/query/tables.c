/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/bisect.h"
#include "query/table.h"

static const struct lg_table *const tables[] = {
	&lg_table_objects,    &lg_table_refs,      &lg_table_types,     &lg_table_roots,
	&lg_table_dominators, &lg_table_threads,   &lg_table_frames,    &lg_table_tasks,
	&lg_table_sites,      &lg_table_equals,    &lg_table_containers, &lg_table_bounds,
	&lg_table_mappings,   &lg_table_arenas,    &lg_table_pools,     &lg_table_heaps,
	&lg_table_info,       &lg_table_path,      &lg_table_retained,  &lg_table_dominated,
	&lg_table_referrers,  &lg_table_referents,
};
#define TABLES (sizeof tables / sizeof *tables)

const struct lg_query_table *lg_query_tables(void)
{
	static struct lg_query_table told[TABLES + 1];

	for (size_t i = 0; i < TABLES; i++)
		told[i] = tables[i]->told;
	return told;
}

int lg_query_add_tables(struct lg_query *query)
{
	for (size_t i = 0; i < TABLES; i++) {
		struct lg_table_client *client = malloc(sizeof *client);
		int code;

		if (!client)
			return SQLITE_NOMEM;
		*client = (struct lg_table_client){query, tables[i]};
		code = sqlite3_create_module_v2(query->db, tables[i]->told.name, &lg_table_module,
						client, free);
		if (code != SQLITE_OK)
			return code;
	}
	return SQLITE_OK;
}

int lg_count_columns(const struct lg_table *table)
{
	int count = 0;

	while (count < LG_MAX_COLUMNS && table->column[count].name)
		count++;
	return count;
}

/* "object, tree": two. */
int lg_count_arguments(const struct lg_table *table)
{
	const char *arguments = table->told.arguments;
	int count = arguments != NULL;

	for (; arguments && *arguments; arguments++)
		count += *arguments == ',';
	return count;
}

void lg_cursor_set_numbers(struct lg_cursor *cursor, uint32_t from, uint32_t end,
			   struct lg_bounds bounds)
{
	uint64_t first = bounds.low > (int64_t)from ? (uint64_t)bounds.low : from;
	uint64_t behind = bounds.high < (int64_t)end
				  ? (uint64_t)(bounds.high < 0 ? 0 : bounds.high + 1)
				  : end;

	if (first < behind && first < end)
		lg_cursor_set(cursor, NULL, first, behind);
}

void lg_cursor_set_small(struct lg_cursor *cursor, const struct lg_order *order, uint32_t bound,
			 struct lg_bounds bounds)
{
	struct lg_cursor numbers = {0};

	lg_cursor_set_numbers(&numbers, 0, bound, bounds);
	if (numbers.first < numbers.end)
		lg_cursor_set(cursor, order->row, order->first[numbers.first],
			      order->first[numbers.end]);
}

void lg_cursor_set_any(struct lg_cursor *cursor, const struct lg_order *order,
		       int64_t (*number)(const struct lg_snapshot *s, uint32_t row),
		       struct lg_bounds bounds)
{
	const struct lg_snapshot *s = cursor->query->snapshot;
	uint32_t first = lg_bisect(i, order->count, number(s, order->row[i]) < bounds.low);
	uint32_t end = lg_bisect(i, order->count, number(s, order->row[i]) <= bounds.high);

	lg_cursor_set(cursor, order->row, first, end);
}

enum lg_status lg_cursor_find(struct lg_cursor *cursor, enum lg_order_of which,
			      int64_t (*number)(const struct lg_snapshot *s, uint32_t row),
			      struct lg_bounds bounds, struct lg_error *err)
{
	const struct lg_table *table = cursor->table;
	struct lg_query *query = cursor->query;
	enum lg_status status =
		lg_order_any(&query->order[which], table->from, lg_count_at(query, table->count_at),
			     number, query->snapshot, err);

	if (status == LG_OK)
		lg_cursor_set_any(cursor, &query->order[which], number, bounds);
	return status;
}
