/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/table.h"

/* Memory as a whole: what is mapped, and what the allocators make of it. */

#define RECORDED                                                                                   \
	"'leakgraph dump PID' records what the process has of them, other producers need not"

static enum lg_status give_mapping_kind(struct lg_cursor *cursor, uint32_t row, int column,
					sqlite3_context *out, struct lg_error *err)
{
	static const char *const word[LG_MAPPING_KIND_COUNT] = {
		[LG_MAPPING_OTHER] = "other",   [LG_MAPPING_FILE] = "file",
		[LG_MAPPING_SHARED] = "shared", [LG_MAPPING_PYMALLOC] = "pymalloc",
		[LG_MAPPING_HEAP] = "malloc",   [LG_MAPPING_LARGE] = "large",
		[LG_MAPPING_STACK] = "stack",
	};
	uint8_t kind = cursor->query->snapshot->mappings[row].kind;

	(void)column;
	(void)err;
	sqlite3_result_text(out, kind < LG_MAPPING_KIND_COUNT ? word[kind] : word[0], -1,
			    SQLITE_STATIC);
	return LG_OK;
}

const struct lg_table lg_table_mappings = {
	.told = {"mappings", "stretches of the address space, and what each is used for", NULL},
	.column =
		{
			{"address", LG_COLUMN_U64, offsetof(struct lg_mapping, address)},
			{"bytes", LG_COLUMN_U64, offsetof(struct lg_mapping, bytes)},
			{"kind", LG_COLUMN_TEXT, 0},
			{"file", LG_COLUMN_STRING, offsetof(struct lg_mapping, file)},
			{"file_bytes", LG_COLUMN_U64, offsetof(struct lg_mapping, file_bytes)},
			{"anonymous_bytes", LG_COLUMN_U64,
			 offsetof(struct lg_mapping, anonymous_bytes)},
			{"swap_bytes", LG_COLUMN_U64, offsetof(struct lg_mapping, swap_bytes)},
		},
	.count_at = LG_COUNT_AT(mapping_count),
	.rows_at = offsetof(struct lg_snapshot, mappings),
	.row_bytes = sizeof(struct lg_mapping),
	.absent = RECORDED,
	.value = give_mapping_kind,
};

const struct lg_table lg_table_arenas = {
	.told = {"arenas", "arenas of pymalloc", NULL},
	.column =
		{
			{"address", LG_COLUMN_U64, offsetof(struct lg_arena, address)},
			{"bytes", LG_COLUMN_U64, offsetof(struct lg_arena, bytes)},
			{"resident_bytes", LG_COLUMN_U64,
			 offsetof(struct lg_arena, resident_bytes)},
			{"pools", LG_COLUMN_U32, offsetof(struct lg_arena, pools)},
			{"free_pools", LG_COLUMN_U32, offsetof(struct lg_arena, free_pools)},
		},
	.count_at = LG_COUNT_AT(arena_count),
	.rows_at = offsetof(struct lg_snapshot, arenas),
	.row_bytes = sizeof(struct lg_arena),
	.absent = RECORDED,
};

const struct lg_table lg_table_pools = {
	.told = {"pools", "pools of pymalloc's arenas that have a live block", NULL},
	.column =
		{
			{"address", LG_COLUMN_U64, offsetof(struct lg_arena_pool, address)},
			{"block_bytes", LG_COLUMN_U32, offsetof(struct lg_arena_pool, block_bytes)},
			{"blocks", LG_COLUMN_U32, offsetof(struct lg_arena_pool, blocks)},
			{"live", LG_COLUMN_U32, offsetof(struct lg_arena_pool, live)},
		},
	.count_at = LG_COUNT_AT(pool_count),
	.rows_at = offsetof(struct lg_snapshot, pools),
	.row_bytes = sizeof(struct lg_arena_pool),
	.absent = RECORDED,
};

const struct lg_table lg_table_heaps = {
	.told = {"heaps", "heaps of malloc", NULL},
	.column =
		{
			{"address", LG_COLUMN_U64, offsetof(struct lg_malloc_heap, address)},
			{"bytes", LG_COLUMN_U64, offsetof(struct lg_malloc_heap, bytes)},
			{"free_bytes", LG_COLUMN_U64, offsetof(struct lg_malloc_heap, free_bytes)},
			{"top_bytes", LG_COLUMN_U64, offsetof(struct lg_malloc_heap, top_bytes)},
			{"free_chunks", LG_COLUMN_U32,
			 offsetof(struct lg_malloc_heap, free_chunks)},
		},
	.count_at = LG_COUNT_AT(heap_count),
	.rows_at = offsetof(struct lg_snapshot, heaps),
	.row_bytes = sizeof(struct lg_malloc_heap),
	.absent = RECORDED,
};

const struct lg_table lg_table_sites = {
	.told = {"sites", "lines of source that allocated, each called from another", NULL},
	.column =
		{
			{"id", LG_COLUMN_ROW, 0},
			{"caller", LG_COLUMN_INDEX, offsetof(struct lg_site, caller)},
			{"file", LG_COLUMN_STRING, offsetof(struct lg_site, file)},
			{"line", LG_COLUMN_U32, offsetof(struct lg_site, line)},
		},
	.count_at = LG_COUNT_AT(site_count),
	.rows_at = offsetof(struct lg_snapshot, sites),
	.row_bytes = sizeof(struct lg_site),
	.absent = "'leakgraph dump PID' records them where tracemalloc runs in the process "
		  "(python3 -X tracemalloc=10)",
	.access = {{0, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL}},
};
