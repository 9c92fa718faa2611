/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/accounting.h"
#include "base/bisect.h"

/* SMALL_REQUEST_THRESHOLD: a larger block is malloc's. */
#define LARGEST_BLOCK 512
#define POOL_HEADER_BYTES 48

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool pool_holds(const struct lg_arena_pool *pool, uint64_t address)
{
	return address - pool->address < (uint64_t)pool->blocks * pool->block_bytes + POOL_HEADER_BYTES &&
	       address >= pool->address;
}

uint32_t lg_pool_of(const struct lg_snapshot *s, uint64_t address, uint32_t *near)
{
	uint32_t end;

	if (*near < s->pool_count && pool_holds(&s->pools[*near], address) &&
	    (*near + 1 == s->pool_count || s->pools[*near + 1].address > address))
		return *near;
	end = lg_bisect(at, s->pool_count, s->pools[at].address <= address);
	if (end == 0 || !pool_holds(&s->pools[end - 1], address))
		return LG_NONE;
	return *near = end - 1;
}

/* Bytes of objects by whose they are. */
struct held {
	uint64_t pymalloc, malloc;
	uint64_t blocks; /* of pymalloc */
};

static void add_object(const struct lg_snapshot *s, uint32_t object, uint32_t *near,
		       struct held *held)
{
	uint32_t pool = lg_pool_of(s, s->address[object], near);
	uint64_t bytes = s->shallow_bytes[object], head, rest;

	if (pool == LG_NONE) {
		held->malloc += bytes;
		return;
	}
	head = least(bytes, s->pools[pool].block_bytes);
	rest = bytes - head;
	held->pymalloc += head + (rest <= LARGEST_BLOCK ? rest : 0);
	held->malloc += rest <= LARGEST_BLOCK ? 0 : rest;
	held->blocks += 1 + (rest && rest <= LARGEST_BLOCK);
}

static void sum_pymalloc(const struct lg_snapshot *s, struct lg_accounting *out)
{
	out->pymalloc_known = s->info.pymalloc != LG_PYMALLOC_UNKNOWN;
	out->arenas = s->arena_count;
	out->pools = s->pool_count;
	for (uint32_t i = 0; i < s->arena_count; i++) {
		out->arena_bytes += s->arenas[i].bytes;
		out->arena_resident_bytes += s->arenas[i].resident_bytes;
		out->free_pools += s->arenas[i].free_pools;
	}
	for (uint32_t i = 0; i < s->pool_count; i++) {
		const struct lg_arena_pool *pool = &s->pools[i];
		uint64_t free_blocks = pool->blocks - pool->live;

		out->live_blocks += pool->live;
		out->live_bytes += (uint64_t)pool->live * pool->block_bytes;
		out->free_blocks += free_blocks;
		out->free_bytes += free_blocks * pool->block_bytes;
	}
}

static void sum_heaps(const struct lg_snapshot *s, struct lg_accounting *out)
{
	out->malloc_known = s->heap_count > 0;
	for (uint32_t i = 0; i < s->heap_count; i++) {
		out->heap_bytes += s->heaps[i].bytes;
		out->heap_free_bytes += s->heaps[i].free_bytes;
		out->heap_top_bytes += s->heaps[i].top_bytes;
		out->heap_partly |= s->heaps[i].free_chunks == LG_NONE;
	}
}

/* Resident anonymous bytes by kind; those of files and shared memory go to their parts. */
static void sum_mappings(const struct lg_snapshot *s, uint64_t own[LG_MAPPING_KIND_COUNT],
			 struct lg_accounting *out)
{
	for (uint32_t i = 0; i < s->mapping_count; i++) {
		const struct lg_mapping *m = &s->mappings[i];

		own[m->kind] += m->anonymous_bytes;
		out->part[m->kind == LG_MAPPING_SHARED ? LG_PART_SHARED : LG_PART_FILES] +=
			m->file_bytes;
		if (m->kind == LG_MAPPING_LARGE)
			out->large_bytes += m->bytes;
	}
}

/* Objects take from what is in use, where they lie; the rest of it is somebody else's. */
static void split(const struct held *held, uint64_t own[LG_MAPPING_KIND_COUNT],
		  struct lg_accounting *out)
{
	uint64_t pymalloc = own[LG_MAPPING_PYMALLOC];
	uint64_t live = least(out->live_bytes, pymalloc);
	uint64_t heap = own[LG_MAPPING_HEAP], malloc = heap + own[LG_MAPPING_LARGE];
	uint64_t used = least(out->heap_bytes - out->heap_free_bytes, heap) + own[LG_MAPPING_LARGE];
	uint64_t small = least(held->pymalloc, live), large, elsewhere = 0;

	/* A heap that nobody can read: all of it may be in use. */
	if (!out->malloc_known)
		used = malloc;
	large = least(held->malloc, used);
	if (!out->malloc_known || !out->pymalloc_known)
		elsewhere = least(held->malloc - large, own[LG_MAPPING_OTHER]);
	out->part[LG_PART_OBJECTS] = small + large + elsewhere;
	out->part[LG_PART_PYMALLOC_USED] = live - small;
	out->part[LG_PART_PYMALLOC_FREE] = pymalloc - live;
	out->part[LG_PART_MALLOC_USED] = used - large;
	out->part[LG_PART_MALLOC_FREE] = malloc - used;
	out->part[LG_PART_STACKS] = own[LG_MAPPING_STACK];
	out->part[LG_PART_IMAGES] = own[LG_MAPPING_FILE] + own[LG_MAPPING_SHARED];
	out->part[LG_PART_OTHER] = own[LG_MAPPING_OTHER] - elsewhere;
}

void lg_accounting_build(const struct lg_snapshot *s, struct lg_accounting *out)
{
	uint64_t own[LG_MAPPING_KIND_COUNT] = {0}, sum = 0;
	struct held held = {0};
	uint32_t near = 0;

	*out = (struct lg_accounting){
		.known = s->mapping_count > 0,
		.rss_bytes = s->info.rss_bytes,
		.anonymous_bytes = s->info.anonymous_bytes,
	};
	sum_pymalloc(s, out);
	sum_heaps(s, out);
	for (uint32_t i = 1; i < s->object_count; i++)
		if (lg_is_heap_object(s, i))
			add_object(s, i, &near, &held);
	out->other_blocks = out->live_blocks - least(out->live_blocks, held.blocks);
	if (!out->known)
		return;
	sum_mappings(s, own, out);
	split(&held, own, out);
	for (int i = 0; i < LG_PART_UNEXPLAINED; i++)
		sum += out->part[i];
	out->part[LG_PART_UNEXPLAINED] = out->rss_bytes - least(out->rss_bytes, sum);
}

static const struct {
	const char *key, *text;
} names[LG_PART_COUNT] = {
	[LG_PART_OBJECTS] = {"objects", "Python objects"},
	[LG_PART_PYMALLOC_USED] = {"pymalloc_used", "rounding and other blocks of pymalloc"},
	[LG_PART_PYMALLOC_FREE] = {"pymalloc_free", "free in pymalloc's arenas"},
	[LG_PART_MALLOC_USED] = {"malloc_used", "native heap in use"},
	[LG_PART_MALLOC_FREE] = {"malloc_free", "native heap free"},
	[LG_PART_STACKS] = {"stacks", "thread stacks"},
	[LG_PART_IMAGES] = {"images", "data of programs and libraries"},
	[LG_PART_OTHER] = {"other", "other anonymous mappings"},
	[LG_PART_FILES] = {"files", "pages of files"},
	[LG_PART_SHARED] = {"shared", "shared memory"},
	[LG_PART_UNEXPLAINED] = {"unexplained", "not explained"},
};

const char *lg_memory_part_text(enum lg_memory_part part)
{
	return names[part].text;
}

const char *lg_memory_part_key(enum lg_memory_part part)
{
	return names[part].key;
}
