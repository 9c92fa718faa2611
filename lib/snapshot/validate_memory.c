/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/validate_memory.h"

static enum lg_status at_most(struct lg_error *err, const char *column, uint64_t position,
			      uint64_t value, uint64_t most)
{
	if (value <= most)
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE, "%s[%lu] is %lu, expected at most %lu", column,
		       position, value, most);
}

/* Stretches that follow each other: `end` is that of those before. */
static enum lg_status check_stretch(struct lg_error *err, const char *table, uint64_t position,
				    uint64_t address, uint64_t bytes, uint64_t *end)
{
	if (address < *end)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s.address[%lu] is %#lx, expected at least %#lx, where the row before ends",
			       table, position, address, *end);
	if (address >= INT64_MAX || bytes == 0 || bytes > INT64_MAX - address)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s[%lu] has %lu bytes at %#lx, expected some, all below %#lx", table,
			       position, bytes, address, INT64_MAX);
	*end = address + bytes;
	return LG_OK;
}

static enum lg_status check_mappings(const struct lg_snapshot *s, struct lg_error *err)
{
	uint64_t end = 0;

	for (uint64_t i = 0; i < s->mapping_count; i++) {
		const struct lg_mapping *m = &s->mappings[i];
		enum lg_status status =
			check_stretch(err, "mappings", i, m->address, m->bytes, &end);

		if (status == LG_OK)
			status = at_most(err, "mappings.kind", i, m->kind, LG_MAPPING_KIND_COUNT - 1);
		if (status == LG_OK)
			status = at_most(err, "mappings.file", i, m->file, s->strings.count - 1);
		if (status == LG_OK)
			status = at_most(err, "mappings.file_bytes", i, m->file_bytes, m->bytes);
		if (status == LG_OK)
			status = at_most(err, "mappings.anonymous_bytes", i, m->anonymous_bytes,
					 m->bytes);
		if (status == LG_OK)
			status = at_most(err, "mappings.swap_bytes", i, m->swap_bytes, m->bytes);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_arenas(const struct lg_snapshot *s, struct lg_error *err)
{
	uint64_t end = 0;

	for (uint64_t i = 0; i < s->arena_count; i++) {
		const struct lg_arena *a = &s->arenas[i];
		enum lg_status status = check_stretch(err, "arenas", i, a->address, a->bytes, &end);

		if (status == LG_OK)
			status = at_most(err, "arenas.resident_bytes", i, a->resident_bytes, a->bytes);
		if (status == LG_OK)
			status = at_most(err, "arenas.free_pools", i, a->free_pools, a->pools);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_pools(const struct lg_snapshot *s, struct lg_error *err)
{
	uint64_t end = 0, arena = 0;

	for (uint64_t i = 0; i < s->pool_count; i++) {
		const struct lg_arena_pool *p = &s->pools[i];
		const struct lg_arena *a;
		enum lg_status status = check_stretch(err, "pools", i, p->address,
						      (uint64_t)p->blocks * p->block_bytes, &end);

		if (status == LG_OK)
			status = at_most(err, "pools.live", i, p->live, p->blocks);
		if (status != LG_OK)
			return status;
		while (arena < s->arena_count &&
		       s->arenas[arena].address + s->arenas[arena].bytes <= p->address)
			arena++;
		a = &s->arenas[arena];
		if (arena == s->arena_count || p->address < a->address || end > a->address + a->bytes)
			return lg_fail(err, LG_E_UNREADABLE,
				       "pools.address[%lu] is %#lx, expected a pool of %lu bytes within an arena",
				       i, p->address, end - p->address);
	}
	return LG_OK;
}

static enum lg_status check_heaps(const struct lg_snapshot *s, struct lg_error *err)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < s->heap_count; i++) {
		const struct lg_malloc_heap *h = &s->heaps[i];
		enum lg_status status = at_most(err, "heaps.bytes", i, h->bytes, INT64_MAX - sum);

		if (status == LG_OK)
			status = at_most(err, "heaps.free_bytes", i, h->free_bytes, h->bytes);
		if (status == LG_OK)
			status = at_most(err, "heaps.top_bytes", i, h->top_bytes, h->free_bytes);
		if (status != LG_OK)
			return status;
		sum += h->bytes;
	}
	return LG_OK;
}

static enum lg_status check_info(const struct lg_snapshot *s, struct lg_error *err)
{
	const struct lg_snapshot_info *info = &s->info;
	const struct {
		const char *name;
		uint64_t value;
	} all[] = {
		{"info.rss_bytes", info->rss_bytes},
		{"info.anonymous_bytes", info->anonymous_bytes},
		{"info.file_bytes", info->file_bytes},
		{"info.shared_bytes", info->shared_bytes},
		{"info.swap_bytes", info->swap_bytes},
		{"info.pss_bytes", info->pss_bytes},
		{"info.private_bytes", info->private_bytes},
		{"info.huge_bytes", info->huge_bytes},
	};

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].value > INT64_MAX / 8)
			return lg_fail(err, LG_E_UNREADABLE, "%s is %lu, expected at most %lu",
				       all[i].name, all[i].value, INT64_MAX / 8);
	if (info->pymalloc > LG_PYMALLOC_UNUSED)
		return lg_fail(err, LG_E_UNREADABLE, "info.pymalloc is %lu, expected at most %d",
			       info->pymalloc, LG_PYMALLOC_UNUSED);
	return LG_OK;
}

enum lg_status lg_snapshot_validate_memory(const struct lg_snapshot *s, struct lg_error *err)
{
	static enum lg_status (*const check[])(const struct lg_snapshot *, struct lg_error *) = {
		check_info, check_mappings, check_arenas, check_pools, check_heaps,
	};

	for (unsigned i = 0; i < sizeof check / sizeof *check; i++) {
		enum lg_status status = check[i](s, err);

		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}
