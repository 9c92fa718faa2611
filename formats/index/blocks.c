/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/index/blocks.h"

#include <string.h>

#include "analysis/sums.h"
#include "base/hash.h"

struct lg_index_counts lg_index_counts_of(const struct lg_index_parts *parts)
{
	const struct lg_snapshot *s = parts->snapshot;
	const struct lg_graph *graph = parts->analysis->graph;
	struct lg_index_counts counts = {
		.string_bytes = s->strings.offset[s->strings.count],
		.inner_references = graph->inner_first[graph->inner_count],
		.leaf_references = graph->leaf_first[graph->inner_count],
		.folded = graph->folded_count,
		.reached = parts->analysis->dominators->reached_count,
		.object_bytes = parts->analysis->object_bytes,
		.object_count = parts->analysis->object_count,
		.reached_bytes = parts->analysis->reached_bytes,
		.info = s->info,
	};

	for (int t = 0; t < LG_TABLE_COUNT; t++)
		counts.rows[t] = *lg_dump_row_count(s, &lg_dump_tables[t]);
	return counts;
}

static enum lg_status check_counts(const struct lg_index_counts *counts, struct lg_error *err)
{
	uint64_t most_references = counts->rows[LG_TABLE_REFERENCES] + counts->rows[LG_TABLE_ROOTS];

	for (int t = 0; t < LG_TABLE_COUNT; t++)
		if (counts->rows[t] > LG_MAX_OBJECTS)
			return lg_fail(err, LG_E_UNREADABLE, "claims %lu rows of '%s'",
				       counts->rows[t], lg_dump_tables[t].name);
	if (counts->rows[LG_TABLE_OBJECTS] == 0 || counts->rows[LG_TABLE_STRINGS] == 0 ||
	    counts->rows[LG_TABLE_INNER] == 0 ||
	    counts->rows[LG_TABLE_INNER] > counts->rows[LG_TABLE_OBJECTS])
		return lg_fail(err, LG_E_UNREADABLE, "claims %lu objects, %lu of them inner",
			       counts->rows[LG_TABLE_OBJECTS], counts->rows[LG_TABLE_INNER]);
	if (counts->inner_references > most_references || counts->leaf_references > most_references)
		return lg_fail(err, LG_E_UNREADABLE, "claims %lu and %lu references of %lu",
			       counts->inner_references, counts->leaf_references, most_references);
	if (counts->object_bytes > INT64_MAX || counts->object_count > counts->rows[LG_TABLE_OBJECTS])
		return lg_fail(err, LG_E_UNREADABLE, "claims %lu objects of %lu bytes",
			       counts->object_count, counts->object_bytes);
	if (counts->reached == 0 || counts->reached > counts->rows[LG_TABLE_OBJECTS] ||
	    counts->reached_bytes > INT64_MAX || counts->string_bytes >> 40)
		return lg_fail(err, LG_E_UNREADABLE,
			       "claims %lu reached objects of %lu bytes, %lu bytes of strings",
			       counts->reached, counts->reached_bytes, counts->string_bytes);
	if (counts->folded >= counts->rows[LG_TABLE_OBJECTS])
		return lg_fail(err, LG_E_UNREADABLE, "claims %lu folded objects", counts->folded);
	return LG_OK;
}

enum lg_status lg_index_counts_put(const struct lg_index_counts *counts,
				   const struct lg_index_parts *parts, struct lg_error *err)
{
	struct lg_snapshot *s = parts->snapshot;
	struct lg_analysis *a = parts->analysis;
	enum lg_status status = check_counts(counts, err);

	if (status != LG_OK)
		return status;
	for (int t = 0; t < LG_TABLE_COUNT; t++)
		*lg_dump_row_count(s, &lg_dump_tables[t]) = (uint32_t)counts->rows[t];
	s->info = counts->info;
	a->graph->node_count = s->object_count;
	a->graph->inner_count = s->inner_count;
	a->graph->folded_count = (uint32_t)counts->folded;
	a->dominators->node_count = s->object_count;
	a->dominators->reached_count = (uint32_t)counts->reached;
	a->shortest->node_count = s->object_count;
	a->object_bytes = counts->object_bytes;
	a->object_count = counts->object_count;
	a->reached_bytes = counts->reached_bytes;
	return LG_OK;
}

#define ENGINE_BLOCKS 32
_Static_assert(LG_TABLE_COUNT * LG_DUMP_MAX_COLUMNS + ENGINE_BLOCKS <= LG_INDEX_MOST_BLOCKS,
	       "all columns of a dump and those of the engine");

struct list {
	struct lg_index_block *block;
	unsigned count;
	unsigned part; /* of what is added */
};

#define add(list, pointer, elements)                                                              \
	((list)->block[(list)->count++] = (struct lg_index_block){                                \
		.slot = (void **)&(pointer),                                                      \
		.bytes = (uint64_t)(elements) * sizeof *(pointer),                                \
		.part = (list)->part,                                                             \
	})

static unsigned part_of(enum lg_dump_table_id table, const char *column)
{
	if (table == LG_TABLE_INNER || table == LG_TABLE_REFERENCES)
		return LG_INDEX_REFERENCES;
	if (table == LG_TABLE_ALLOCATIONS || table == LG_TABLE_EQUALS ||
	    table == LG_TABLE_CONTAINERS || table == LG_TABLE_BOUNDS)
		return LG_INDEX_MARKS;
	if (table != LG_TABLE_OBJECTS)
		return LG_INDEX_SUMS;
	return strcmp(column, "address") == 0 || strcmp(column, "refcount") == 0
		       ? LG_INDEX_ADDRESSES
		       : LG_INDEX_OBJECTS;
}

static void add_snapshot(struct list *list, struct lg_snapshot *s, uint64_t string_bytes)
{
	for (int t = 0; t < LG_TABLE_COUNT; t++) {
		const struct lg_dump_table *table = &lg_dump_tables[t];
		uint64_t rows = *lg_dump_row_count(s, table);

		for (unsigned i = 0; i < table->column_count; i++) {
			const struct lg_dump_column *c = &table->column[i];

			if (lg_dump_shares_elements(table, i))
				continue;
			list->block[list->count++] = (struct lg_index_block){
				.slot = lg_dump_elements(s, c),
				.bytes = rows ? (rows + c->difference) * c->stride : 0,
				.part = part_of((enum lg_dump_table_id)t, c->name),
			};
		}
	}
	add(list, s->strings.bytes, string_bytes);
}

static void add_engine(struct list *list, struct lg_analysis *a, const struct lg_index_counts *counts)
{
	struct lg_graph *graph = a->graph;
	struct lg_dominators *d = a->dominators;

	list->part = LG_INDEX_DOMINATORS;
	add(list, graph->folded, graph->folded_count);
	add(list, graph->representative, graph->folded_count);
	add(list, d->immediate, d->node_count);
	add(list, d->position, d->node_count);
	add(list, d->subtree, d->node_count);
	add(list, d->order, d->reached_count);
	add(list, d->retained_bytes, d->node_count);
	add(list, a->via, d->node_count);
	add(list, a->also_held, lg_bit_words(d->node_count));
	add(list, a->is_namespace, lg_bit_words(d->node_count));
	list->part = LG_INDEX_GRAPH;
	add(list, graph->inner_first, (uint64_t)graph->inner_count + 1);
	add(list, graph->inner_target, counts->inner_references);
	add(list, graph->leaf_first, (uint64_t)graph->inner_count + 1);
	add(list, graph->leaf_target, counts->leaf_references);
	list->part = LG_INDEX_SHORTEST;
	add(list, a->shortest->parent, d->node_count);
	add(list, a->shortest->distance, d->node_count);
}

unsigned lg_index_blocks(const struct lg_index_parts *parts, const struct lg_index_counts *counts,
			 struct lg_index_block block[LG_INDEX_MOST_BLOCKS])
{
	struct lg_analysis *a = parts->analysis;
	struct list list = {.block = block, .part = LG_INDEX_SUMS};

	add_snapshot(&list, parts->snapshot, counts->string_bytes);
	add(&list, a->type_part, parts->snapshot->type_count);
	add(&list, a->quality, 1);
	add_engine(&list, a, counts);
	return list.count;
}

uint64_t lg_index_shape(void)
{
	XXH64_hash_t shape = sizeof(struct lg_index_counts) + sizeof(struct lg_quality);

	for (int t = 0; t < LG_TABLE_COUNT; t++)
		for (unsigned i = 0; i < lg_dump_tables[t].column_count; i++) {
			const struct lg_dump_column *c = &lg_dump_tables[t].column[i];
			uint64_t name = XXH3_64bits(c->name, strlen(c->name));
			uint64_t part[] = {shape, name, c->stride, c->member, c->width, c->difference};

			shape = XXH3_64bits(part, sizeof part);
		}
	return shape;
}
