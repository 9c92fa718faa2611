/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "take/mappings.h"
#include "target/residency.h"

/* A file of terabytes may be mapped: of more pages nobody asks which are resident. */
#define MAX_FILE_PAGES (1ull << 24)
/* And of anonymous memory between two regions likewise. */
#define MAX_PIECE_BYTES (16ull << 30)
/* Where the kernel has its own pages (vsyscall). */
#define END_OF_USER_MEMORY (1ull << 47)

struct table {
	const struct lg_regions *regions;
	const struct lg_residency *residency;
	int copy, process; /* pagemaps */
	struct lg_snapshot *snapshot;
	uint32_t arena;      /* of the snapshot's: the next one */
	uint64_t file_pages; /* that may still be asked for */
	struct lg_intern *strings;
	struct lg_mapping *row;
	size_t count, capacity;
};

static void release(struct table *table)
{
	lg_close(&table->copy);
	lg_close(&table->process);
	free(table->row);
}

/* A row of its own, or more of the last one. */
static enum lg_status add_row(struct table *t, const struct lg_mapping *row, struct lg_error *err)
{
	struct lg_mapping *last = t->count ? &t->row[t->count - 1] : NULL;

	if (row->bytes == 0)
		return LG_OK;
	if (last && last->address + last->bytes == row->address && last->kind == row->kind &&
	    last->file == row->file) {
		last->bytes += row->bytes;
		last->file_bytes += row->file_bytes;
		last->anonymous_bytes += row->anonymous_bytes;
		last->swap_bytes += row->swap_bytes;
		return LG_OK;
	}
	if (t->count == LG_MAX_OBJECTS || !lg_reserve(t->row, t->capacity, t->count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu mappings", t->count + 1);
	t->row[t->count++] = *row;
	return LG_OK;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Names of the kernel's for memory that stands in no folder but its own. */
static bool is_shared_memory(const char *path)
{
	return begins(path, "/memfd:") || begins(path, "/dev/shm/") || begins(path, "/SYSV") ||
	       begins(path, "/dev/zero") || begins(path, "/anon_hugepage");
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static enum lg_status add_file(struct table *t, const struct lg_map *map,
			       const struct lg_resident *resident, struct lg_error *err)
{
	uint64_t pages = (map->end - map->start) / LG_PAGE_BYTES;
	struct lg_mapping row = {
		.address = map->start,
		.bytes = map->end - map->start,
		.anonymous_bytes = resident->anonymous_bytes,
		.swap_bytes = resident->swap_bytes,
		.kind = is_shared_memory(map->path) ? LG_MAPPING_SHARED : LG_MAPPING_FILE,
	};
	enum lg_status status =
		lg_intern_add(t->strings, map->path, strlen(map->path), &row.file, err);

	if (status != LG_OK)
		return status;
	if (pages <= t->file_pages) {
		t->file_pages -= pages;
		row.file_bytes = lg_pagemap_count(t->process, map->start, map->end).file *
				 LG_PAGE_BYTES;
	}
	return add_row(t, &row, err);
}

/* Arenas are regions of their own, in the same order: but one may lie in two mappings. */
static void count_arena(struct table *t, const struct lg_mapping *row)
{
	struct lg_snapshot *s = t->snapshot;

	while (t->arena < s->arena_count &&
	       s->arenas[t->arena].address + s->arenas[t->arena].bytes <= row->address)
		t->arena++;
	if (t->arena < s->arena_count)
		s->arenas[t->arena].resident_bytes +=
			least(row->anonymous_bytes,
			      s->arenas[t->arena].bytes - s->arenas[t->arena].resident_bytes);
}

/* One piece of a mapping; pages are taken from what the whole mapping has left. */
static enum lg_status add_piece(struct table *t, struct lg_mapping row, struct lg_resident *left,
				struct lg_error *err)
{
	uint64_t start = row.address, end = row.address + row.bytes;
	struct lg_page_counts pages = {0};

	if (start == left->start && end == left->end) {
		row.anonymous_bytes = left->anonymous_bytes;
		row.swap_bytes = left->swap_bytes;
	} else if (row.bytes <= MAX_PIECE_BYTES) {
		pages = lg_pagemap_count(t->copy, start, end);
		row.anonymous_bytes = least(pages.anonymous * LG_PAGE_BYTES, left->anonymous_bytes);
		row.swap_bytes = least(pages.swapped * LG_PAGE_BYTES, left->swap_bytes);
	}
	left->anonymous_bytes -= row.anonymous_bytes;
	left->swap_bytes -= row.swap_bytes;
	if (row.kind == LG_MAPPING_PYMALLOC)
		count_arena(t, &row);
	return add_row(t, &row, err);
}

/*
 * Anonymous memory, cut at the regions. Its last row has what no piece has: of
 * terabytes that were only reserved, nobody asks which pages are there.
 */
static enum lg_status add_anonymous(struct table *t, const struct lg_map *map,
				    struct lg_resident left, enum lg_mapping_kind kind,
				    uint32_t file, struct lg_error *err)
{
	const struct lg_regions *regions = t->regions;
	size_t i = lg_regions_find(regions, map->start);
	enum lg_status status = LG_OK;

	for (uint64_t at = map->start; at < map->end && status == LG_OK;) {
		const struct lg_region *region = &regions->region[i];
		uint64_t to = map->end;
		bool inside = i < regions->count && region->start <= at;

		if (inside)
			to = least(to, region->end);
		else if (i < regions->count)
			to = least(to, region->start);
		status = add_piece(t,
				   (struct lg_mapping){ .address = at, .bytes = to - at,
							.kind = (uint8_t)(inside ? region->kind : kind),
							.file = inside ? 0 : file },
				   &left, err);
		i += inside;
		at = to;
	}
	if (status == LG_OK) {
		struct lg_mapping *last = &t->row[t->count - 1];

		last->anonymous_bytes += least(left.anonymous_bytes, last->bytes - last->anonymous_bytes);
		last->swap_bytes += least(left.swap_bytes, last->bytes - last->swap_bytes);
	}
	return status;
}

/* Variables that are zero at first: pages of no file, right behind those of the image. */
static bool is_end_of_image(const struct lg_maps *maps, const struct lg_map *map)
{
	return map > maps->map && map->path[0] == 0 && map->writable && map[-1].inode &&
	       map[-1].writable && map[-1].end == map->start && !is_shared_memory(map[-1].path);
}

static enum lg_status add_map(struct table *t, const struct lg_maps *maps, const struct lg_map *map,
			      struct lg_error *err)
{
	const struct lg_resident *found = lg_residency_find(t->residency, map->start);
	struct lg_resident resident = { .start = map->start, .end = map->end };
	enum lg_mapping_kind kind = LG_MAPPING_OTHER;
	uint32_t file = 0;

	if (map->start >= END_OF_USER_MEMORY)
		return LG_OK;
	if (found && found->end == map->end)
		resident = *found;
	if (map->inode)
		return add_file(t, map, &resident, err);
	/* Reserved, or a guard before a stack. */
	if (!map->readable && !map->writable && !resident.anonymous_bytes && !resident.swap_bytes)
		return LG_OK;
	if (strcmp(map->path, "[heap]") == 0)
		kind = LG_MAPPING_HEAP;
	else if (begins(map->path, "[stack"))
		kind = LG_MAPPING_STACK;
	else if (is_end_of_image(maps, map)) {
		enum lg_status status = lg_intern_add(t->strings, map[-1].path,
						      strlen(map[-1].path), &file, err);

		if (status != LG_OK)
			return status;
		kind = LG_MAPPING_FILE;
	}
	return add_anonymous(t, map, resident, kind, file, err);
}

static void sum_up(const struct table *t, struct lg_snapshot_info *info)
{
	for (size_t i = 0; i < t->count; i++) {
		info->anonymous_bytes += t->row[i].anonymous_bytes;
		if (t->row[i].kind == LG_MAPPING_SHARED)
			info->shared_bytes += t->row[i].file_bytes;
		else
			info->file_bytes += t->row[i].file_bytes;
	}
}

enum lg_status lg_take_mappings(struct lg_taking *taking, const struct lg_maps *maps,
				const struct lg_residency *residency,
				const struct lg_regions *regions, struct lg_error *err)
{
	struct lg_snapshot *snapshot = taking->snapshot;
	lg_cleanup(release) struct table table = {
		.regions = regions,
		.residency = residency,
		.copy = lg_pagemap_open(lg_freeze_pid(taking->freeze)),
		.process = lg_pagemap_open(taking->process),
		.snapshot = snapshot,
		.file_pages = MAX_FILE_PAGES,
		.strings = taking->strings,
	};
	enum lg_status status = LG_OK;

	if (table.copy < 0 || table.process < 0)
		return LG_OK;
	for (size_t i = 0; i < maps->count && status == LG_OK; i++)
		status = add_map(&table, maps, &maps->map[i], err);
	if (status != LG_OK)
		return status;
	sum_up(&table, &snapshot->info);
	snapshot->mapping_count = (uint32_t)table.count;
	snapshot->mappings = lg_take(table.row);
	return LG_OK;
}
