/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/dump/schema.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are copied as they lie in memory");

#define WIDTH(type, member) sizeof(((type *)0)->member)

/*
 * Encodings, measured on heaps of real programs: before zstd, split bytes
 * halve the targets (0.96 bytes each, 1.84 as delta varints) and decode
 * fastest; small and repetitive numbers are smallest as varints. Without zstd
 * varints and deltas are smallest everywhere.
 */

/* A column that is an array of its own. */
#define OWN(name_, slot_, type_, encoding_, packed_)                                                   \
	{                                                                                     \
		.name = name_, .slot = offsetof(struct lg_snapshot, slot_),                   \
		.stride = sizeof(type_), .width = sizeof(type_), .encoding = encoding_,       \
		.packed = packed_                                                             \
	}
#define SUMS(name_, slot_, type_, encoding_)                                                  \
	{                                                                                     \
		.name = name_, .slot = offsetof(struct lg_snapshot, slot_),                   \
		.stride = sizeof(type_), .width = sizeof(type_), .encoding = encoding_,       \
		.packed = encoding_, .difference = true                                       \
	}
/* A column that is a member of an array of structures. */
#define MEMBER(slot_, type_, member_, encoding_)                                              \
	{                                                                                     \
		.name = #member_, .slot = offsetof(struct lg_snapshot, slot_),                \
		.member = offsetof(type_, member_), .stride = sizeof(type_),                  \
		.width = WIDTH(type_, member_), .encoding = encoding_, .packed = encoding_    \
	}
/* "threshold0", the first of the generations'. */
#define GENERATION(member_, i_)                                                               \
	{                                                                                     \
		.name = #member_ #i_, .slot = offsetof(struct lg_snapshot, collectors),       \
		.member = offsetof(struct lg_collector_state, member_[i_]),                   \
		.stride = sizeof(struct lg_collector_state),                                  \
		.width = WIDTH(struct lg_collector_state, member_[i_]),                       \
		.encoding = LG_ENCODING_VARINT, .packed = LG_ENCODING_VARINT                  \
	}
/* One that came with a later minor version. */
#define LATER(slot_, type_, member_, encoding_)                                               \
	{                                                                                     \
		.name = #member_, .slot = offsetof(struct lg_snapshot, slot_),                \
		.member = offsetof(type_, member_), .stride = sizeof(type_),                  \
		.width = WIDTH(type_, member_), .encoding = encoding_, .packed = encoding_,   \
		.optional = true                                                              \
	}
#define COUNT(member_) .count_slot = offsetof(struct lg_snapshot, member_)

const struct lg_dump_table lg_dump_tables[LG_TABLE_COUNT] = {
	[LG_TABLE_STRINGS] = {"strings", COUNT(strings.count), 1, {
		SUMS("length", strings.offset, uint64_t, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_TYPES] = {"types", COUNT(type_count), 7, {
		MEMBER(types, struct lg_type, module, LG_ENCODING_VARINT),
		MEMBER(types, struct lg_type, name, LG_ENCODING_VARINT),
		MEMBER(types, struct lg_type, object, LG_ENCODING_U32),
		MEMBER(types, struct lg_type, flags, LG_ENCODING_VARINT),
		LATER(types, struct lg_type, block_bytes, LG_ENCODING_VARINT),
		LATER(types, struct lg_type, slotted_bytes, LG_ENCODING_VARINT),
		LATER(types, struct lg_type, weakref_bytes, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_OBJECTS] = {"objects", COUNT(object_count), 5, {
		OWN("address", address, uint64_t, LG_ENCODING_DELTA, LG_ENCODING_SPLIT64),
		OWN("type", type, uint32_t, LG_ENCODING_VARINT, LG_ENCODING_VARINT),
		OWN("shallow_bytes", shallow_bytes, uint64_t, LG_ENCODING_VARINT, LG_ENCODING_VARINT),
		OWN("refcount", refcount, uint32_t, LG_ENCODING_VARINT, LG_ENCODING_VARINT),
		OWN("flags", flags, uint8_t, LG_ENCODING_U8, LG_ENCODING_U8),
	}},
	[LG_TABLE_INNER] = {"inner", COUNT(inner_count), 1, {
		SUMS("degree", first_reference, uint32_t, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_REFERENCES] = {"references", COUNT(reference_count), 3, {
		OWN("target", ref_target, uint32_t, LG_ENCODING_DELTA, LG_ENCODING_SPLIT32),
		OWN("kind", ref_kind, uint8_t, LG_ENCODING_U8, LG_ENCODING_U8),
		OWN("name", ref_name, uint32_t, LG_ENCODING_VARINT, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_ROOTS] = {"roots", COUNT(root_count), 5, {
		MEMBER(roots, struct lg_root, object, LG_ENCODING_VARINT),
		MEMBER(roots, struct lg_root, kind, LG_ENCODING_U8),
		MEMBER(roots, struct lg_root, name, LG_ENCODING_VARINT),
		MEMBER(roots, struct lg_root, excess, LG_ENCODING_VARINT),
		LATER(roots, struct lg_root, interpreter, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_THREADS] = {"threads", COUNT(thread_count), 4, {
		MEMBER(threads, struct lg_thread, object, LG_ENCODING_VARINT),
		MEMBER(threads, struct lg_thread, name, LG_ENCODING_VARINT),
		MEMBER(threads, struct lg_thread, native_id, LG_ENCODING_VARINT),
		MEMBER(threads, struct lg_thread, ident, LG_ENCODING_U64),
	}},
	[LG_TABLE_FRAMES] = {"frames", COUNT(frame_count), 7, {
		MEMBER(frames, struct lg_frame, thread, LG_ENCODING_U32),
		MEMBER(frames, struct lg_frame, object, LG_ENCODING_VARINT),
		MEMBER(frames, struct lg_frame, function, LG_ENCODING_VARINT),
		MEMBER(frames, struct lg_frame, file, LG_ENCODING_VARINT),
		MEMBER(frames, struct lg_frame, line, LG_ENCODING_VARINT),
		MEMBER(frames, struct lg_frame, depth, LG_ENCODING_VARINT),
		LATER(frames, struct lg_frame, awaits, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_TASKS] = {"tasks", COUNT(task_count), 3, {
		MEMBER(tasks, struct lg_task, object, LG_ENCODING_VARINT),
		MEMBER(tasks, struct lg_task, name, LG_ENCODING_VARINT),
		MEMBER(tasks, struct lg_task, coroutine, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_SITES] = {"sites", COUNT(site_count), 3, {
		MEMBER(sites, struct lg_site, caller, LG_ENCODING_VARINT),
		MEMBER(sites, struct lg_site, file, LG_ENCODING_VARINT),
		MEMBER(sites, struct lg_site, line, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_ALLOCATIONS] = {"allocations", COUNT(allocation_count), 2, {
		MEMBER(allocations, struct lg_allocation, object, LG_ENCODING_DELTA),
		MEMBER(allocations, struct lg_allocation, site, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_EQUALS] = {"equals", COUNT(equal_count), 2, {
		MEMBER(equals, struct lg_equal, object, LG_ENCODING_DELTA),
		MEMBER(equals, struct lg_equal, group, LG_ENCODING_DELTA),
	}},
	[LG_TABLE_CONTAINERS] = {"containers", COUNT(container_count), 5, {
		MEMBER(containers, struct lg_container, object, LG_ENCODING_DELTA),
		MEMBER(containers, struct lg_container, used, LG_ENCODING_VARINT),
		MEMBER(containers, struct lg_container, room, LG_ENCODING_VARINT),
		MEMBER(containers, struct lg_container, apart_bytes, LG_ENCODING_VARINT),
		MEMBER(containers, struct lg_container, needed_bytes, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_BOUNDS] = {"bounds", COUNT(bound_count), 2, {
		MEMBER(bounds, struct lg_bound, object, LG_ENCODING_DELTA),
		MEMBER(bounds, struct lg_bound, most, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_MAPPINGS] = {"mappings", COUNT(mapping_count), 7, {
		MEMBER(mappings, struct lg_mapping, address, LG_ENCODING_DELTA),
		MEMBER(mappings, struct lg_mapping, bytes, LG_ENCODING_VARINT),
		MEMBER(mappings, struct lg_mapping, kind, LG_ENCODING_U8),
		MEMBER(mappings, struct lg_mapping, file, LG_ENCODING_VARINT),
		MEMBER(mappings, struct lg_mapping, file_bytes, LG_ENCODING_VARINT),
		MEMBER(mappings, struct lg_mapping, anonymous_bytes, LG_ENCODING_VARINT),
		MEMBER(mappings, struct lg_mapping, swap_bytes, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_ARENAS] = {"arenas", COUNT(arena_count), 5, {
		MEMBER(arenas, struct lg_arena, address, LG_ENCODING_DELTA),
		MEMBER(arenas, struct lg_arena, bytes, LG_ENCODING_VARINT),
		MEMBER(arenas, struct lg_arena, resident_bytes, LG_ENCODING_VARINT),
		MEMBER(arenas, struct lg_arena, pools, LG_ENCODING_VARINT),
		MEMBER(arenas, struct lg_arena, free_pools, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_POOLS] = {"pools", COUNT(pool_count), 4, {
		MEMBER(pools, struct lg_arena_pool, address, LG_ENCODING_DELTA),
		MEMBER(pools, struct lg_arena_pool, block_bytes, LG_ENCODING_VARINT),
		MEMBER(pools, struct lg_arena_pool, blocks, LG_ENCODING_VARINT),
		MEMBER(pools, struct lg_arena_pool, live, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_HEAPS] = {"heaps", COUNT(heap_count), 5, {
		MEMBER(heaps, struct lg_malloc_heap, address, LG_ENCODING_DELTA),
		MEMBER(heaps, struct lg_malloc_heap, bytes, LG_ENCODING_VARINT),
		MEMBER(heaps, struct lg_malloc_heap, free_bytes, LG_ENCODING_VARINT),
		MEMBER(heaps, struct lg_malloc_heap, top_bytes, LG_ENCODING_VARINT),
		MEMBER(heaps, struct lg_malloc_heap, free_chunks, LG_ENCODING_VARINT),
	}},
	[LG_TABLE_COLLECTORS] = {"collectors", COUNT(collector_count), 10, {
		MEMBER(collectors, struct lg_collector_state, enabled, LG_ENCODING_U8),
		MEMBER(collectors, struct lg_collector_state, debug, LG_ENCODING_VARINT),
		GENERATION(threshold, 0), GENERATION(threshold, 1), GENERATION(threshold, 2),
		GENERATION(count, 0), GENERATION(count, 1), GENERATION(count, 2),
		MEMBER(collectors, struct lg_collector_state, frozen, LG_ENCODING_VARINT),
		MEMBER(collectors, struct lg_collector_state, garbage, LG_ENCODING_VARINT),
	}},
};

#define TEXT(member_)   {#member_, offsetof(struct lg_snapshot_info, member_), true}
#define NUMBER(member_) {#member_, offsetof(struct lg_snapshot_info, member_), false}

const struct lg_dump_info_field lg_dump_info_fields[LG_DUMP_INFO_FIELDS] = {
	TEXT(command_line),	TEXT(executable), TEXT(python_version), TEXT(producer),
	NUMBER(python_hex),	NUMBER(pid),	  NUMBER(process_start), NUMBER(taken_at_ns),
	NUMBER(pause_ns),	NUMBER(walk_ns),  NUMBER(rss_bytes),	NUMBER(faults),
	NUMBER(attempts),	NUMBER(gc_running), NUMBER(anonymous_bytes), NUMBER(file_bytes),
	NUMBER(shared_bytes),	NUMBER(swap_bytes), NUMBER(pss_bytes),	NUMBER(private_bytes),
	NUMBER(huge_bytes),	NUMBER(pymalloc), TEXT(malloc),		NUMBER(inner_pid),
	NUMBER(source),		NUMBER(missing_files), NUMBER(missing_bytes),
};

bool lg_dump_shares_elements(const struct lg_dump_table *table, unsigned column)
{
	return column > 0 && table->column[column].slot == table->column[column - 1].slot;
}

uint64_t lg_dump_row_bytes(const struct lg_dump_table *table)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < table->column_count; i++)
		if (!lg_dump_shares_elements(table, i))
			bytes += table->column[i].stride;
	return bytes;
}

uint64_t lg_dump_decoded_bytes(const uint64_t rows[LG_TABLE_COUNT], uint64_t string_bytes)
{
	uint64_t bytes = string_bytes;

	for (int t = 0; t < LG_TABLE_COUNT; t++)
		bytes += rows[t] * lg_dump_row_bytes(&lg_dump_tables[t]);
	return bytes;
}
