/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "heap.h"
#include "leakgraph/memory.h"

#define ARENA 0x700000000000ull
#define MIB (1ull << 20)

/*
 * Two arenas of 1 MiB. The first has a pool of 64-byte blocks with 3 of them
 * live, the second one that is full of 512-byte blocks; a heap of malloc of
 * 4 MiB, 1 of them free; 2 MiB in a large block; 1 MiB of stack; 3 MiB that
 * nobody knows; a library with 1 MiB of pages and 256 KiB written.
 */
static void add_memory(struct lg_snapshot *s)
{
	static const struct lg_mapping mapping[] = {
		{.address = 0x400000, .bytes = 4 * MIB, .file_bytes = MIB,
		 .anonymous_bytes = MIB / 4, .kind = LG_MAPPING_FILE, .file = 1},
		{.address = 0x1000000, .bytes = 4 * MIB, .anonymous_bytes = 4 * MIB,
		 .kind = LG_MAPPING_HEAP},
		{.address = ARENA, .bytes = 2 * MIB, .anonymous_bytes = MIB + 65536,
		 .kind = LG_MAPPING_PYMALLOC},
		{.address = ARENA + 16 * MIB, .bytes = 2 * MIB, .anonymous_bytes = 2 * MIB,
		 .kind = LG_MAPPING_LARGE},
		{.address = ARENA + 32 * MIB, .bytes = 8 * MIB, .anonymous_bytes = MIB,
		 .kind = LG_MAPPING_STACK},
		{.address = ARENA + 48 * MIB, .bytes = 3 * MIB, .anonymous_bytes = 3 * MIB},
	};
	static const struct lg_arena arena[] = {
		{ARENA, MIB, MIB, 64, 63}, {ARENA + MIB, MIB, 65536, 64, 63},
	};
	static const struct lg_arena_pool pool[] = {
		{ARENA, 64, 255, 3}, {ARENA + MIB, 512, 31, 31},
	};

	s->mapping_count = sizeof mapping / sizeof *mapping;
	s->mappings = lg_alloc(1, sizeof mapping);
	memcpy(s->mappings, mapping, sizeof mapping);
	s->arena_count = s->pool_count = 2;
	s->arenas = lg_alloc(1, sizeof arena);
	memcpy(s->arenas, arena, sizeof arena);
	s->pools = lg_alloc(1, sizeof pool);
	memcpy(s->pools, pool, sizeof pool);
	s->heap_count = 1;
	s->heaps = lg_alloc(1, sizeof *s->heaps);
	s->heaps[0] = (struct lg_malloc_heap){0x1000000, 4 * MIB, MIB, MIB / 2, 9};
	s->info.pymalloc = LG_PYMALLOC_READ;
	for (uint32_t i = 0; i < s->mapping_count; i++)
		s->info.anonymous_bytes += mapping[i].anonymous_bytes;
	s->info.rss_bytes = s->info.anonymous_bytes + MIB + 8192;
}

/* app.NAMES: a list in the full pool with a buffer of malloc's, two str in the first one. */
static struct built names(void)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");
	uint32_t list = heap_object(heap, "list", 88 + 65536), large = heap_object(heap, "bytes", 5000);
	uint32_t text = heap_fill(heap, list, LG_REF_ITEM, "str", 2, 50);
	struct built built;

	heap_refer(heap, module, list, LG_REF_KEY_STR, "NAMES");
	heap_refer(heap, module, large, LG_REF_KEY_STR, "LARGE");
	built = heap_build(heap);
	for (uint32_t i = 1; i < built.snapshot->object_count; i++)
		built.snapshot->flags[i] |= LG_OBJECT_STATIC;
	built.snapshot->flags[built.index[list]] = 0;
	built.snapshot->address[built.index[list]] = ARENA + MIB + 48 + 16;
	built.snapshot->flags[built.index[large]] = 0;
	built.snapshot->address[built.index[large]] = 0x1000010;
	for (uint32_t i = 0; i < 2; i++) {
		built.snapshot->flags[built.index[text + i]] = 0;
		built.snapshot->address[built.index[text + i]] = ARENA + 48 + 64 * i;
	}
	add_memory(built.snapshot);
	return built;
}

static struct lg_memory_report *report_of(const struct built *built, uint32_t top)
{
	struct lg_memory_report *report = NULL;
	struct lg_error err = {0};

	cr_assert_eq(lg_snapshot_validate(built->snapshot, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_memory_build(built->analysis, top, &report, &err), LG_OK, "%s", err.text);
	return report;
}

Test(memory, parts_sum_up_and_nothing_counts_twice)
{
	struct built built = names();
	struct lg_memory_report *report = report_of(&built, 0);
	const uint64_t *part = report->accounting.part;
	uint64_t live = 3 * 64 + 31 * 512, sum = 0;

	/* The list's head takes what fits into its block, its buffer is malloc's; bytes lie there. */
	uint64_t small = 50 + 50 + 512, large = 88 + 65536 - 512 + 5000;

	cr_expect_eq(part[LG_PART_OBJECTS], small + large);
	cr_expect_eq(part[LG_PART_PYMALLOC_USED], live - small);
	cr_expect_eq(part[LG_PART_PYMALLOC_FREE], MIB + 65536 - live);
	cr_expect_eq(part[LG_PART_MALLOC_USED], 3 * MIB + 2 * MIB - large);
	cr_expect_eq(part[LG_PART_MALLOC_FREE], MIB);
	cr_expect_eq(part[LG_PART_STACKS], MIB);
	cr_expect_eq(part[LG_PART_IMAGES], MIB / 4);
	cr_expect_eq(part[LG_PART_OTHER], 3 * MIB);
	cr_expect_eq(part[LG_PART_FILES], MIB);
	cr_expect_eq(part[LG_PART_SHARED], 0);
	cr_expect_eq(part[LG_PART_UNEXPLAINED], 8192);
	for (int i = 0; i < LG_PART_COUNT; i++)
		sum += part[i];
	cr_expect_eq(sum, report->accounting.rss_bytes);
	cr_expect_eq(report->accounting.other_blocks, 34 - 3);
	lg_memory_free(report);
	built_free(&built);
}

Test(memory, what_pins_an_arena_is_told_by_type_and_root)
{
	struct built built = names();
	struct lg_memory_report *report = report_of(&built, 1);

	cr_assert_eq(report->arena_count, 1);
	cr_expect_eq(report->arena[0].address, ARENA);
	cr_expect_eq(report->arena[0].live_bytes, 3 * 64);
	cr_expect_eq(report->arena[0].objects, 2);
	cr_expect_str_eq(report->arena[0].types, "2 × str");
	/* Both are mostly free: in the second the list lives. */
	cr_expect_eq(report->pins.arenas, 2);
	cr_expect_eq(report->pins.objects, 3);
	cr_assert_geq(report->pins.pin_count, 2);
	cr_expect_str_eq(report->pins.pin[0].type, "str");
	cr_expect_eq(report->pins.pin[0].count, 2);
	cr_expect_eq(report->pins.pin[0].bytes, 100);
	cr_expect_str_eq(report->pins.pin[0].root, "module app");
	cr_expect_eq(report->pins.pin[0].root_count, 2);
	cr_assert_eq(report->size_count, 2);
	cr_expect_eq(report->size[0].block_bytes, 64);
	cr_expect_eq(report->size[1].free, 0);
	lg_memory_free(report);
	built_free(&built);
}

/* Objects that claim more than there is take all there is, and no part falls below nothing. */
Test(memory, untouched_or_hostile_sizes_take_no_more_than_there_is)
{
	struct built built = names();
	uint32_t last = built.snapshot->object_count - 1;
	struct lg_memory_report *report;
	uint64_t sum = 0;

	for (uint32_t i = 1; i <= last; i++)
		built.snapshot->shallow_bytes[i] = 1ull << 40;
	report = report_of(&built, 0);
	for (int i = 0; i < LG_PART_COUNT; i++)
		sum += report->accounting.part[i];
	cr_expect_eq(sum, report->accounting.rss_bytes);
	cr_expect_eq(report->accounting.part[LG_PART_MALLOC_USED], 0);
	lg_memory_free(report);
	built_free(&built);
}

Test(memory, an_unknown_allocator_is_in_use_and_no_more_is_said)
{
	struct built built = names();
	struct lg_memory_report *report;

	built.snapshot->heap_count = 0;
	report = report_of(&built, 0);
	cr_expect_not(report->accounting.malloc_known);
	cr_expect_eq(report->accounting.part[LG_PART_MALLOC_FREE], 0);
	lg_memory_free(report);
	built_free(&built);
}

static const char *first_note(struct lg_snapshot *s, struct lg_analysis *analysis, char text[512])
{
	struct lg_verdict *verdict = NULL;
	struct lg_error err = {0};

	cr_assert_eq(lg_snapshot_validate(s, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_verdict_build(analysis, 0, &verdict, &err), LG_OK, "%s", err.text);
	snprintf(text, 512, "%s", verdict->note_count ? verdict->note[0] : "");
	cr_expect_eq(verdict->next_count, 1);
	cr_expect_str_eq(verdict->next[0], "memory");
	lg_verdict_free(verdict);
	return text;
}

/* The mapping of one kind becomes most of the memory. */
static const char *note_of(enum lg_mapping_kind kind, char text[512])
{
	struct built built = names();
	struct lg_snapshot *s = built.snapshot;

	for (uint32_t i = 0; i < s->mapping_count; i++)
		if (s->mappings[i].kind == kind) {
			s->mappings[i].anonymous_bytes += 80000000;
			s->mappings[i].bytes += 80003072; /* whole pages, and no overlap */
			s->info.anonymous_bytes += 80000000;
			s->info.rss_bytes += 80000000;
			for (uint32_t k = i + 1; k < s->mapping_count; k++)
				if (s->mappings[k].address > s->mappings[i].address)
					s->mappings[k].address += 80003072;
		}
	if (kind == LG_MAPPING_HEAP)
		s->heaps[0].bytes += 80000000;
	first_note(s, built.analysis, text);
	built_free(&built);
	return text;
}

/* Where the objects take more, what else is large is no reason to look away from them. */
Test(memory, a_part_smaller_than_the_objects_stands_beside_them)
{
	struct built built = names();
	struct lg_snapshot *s = built.snapshot;
	char text[512];

	for (uint32_t i = 0; i < s->mapping_count; i++)
		if (s->mappings[i].kind == LG_MAPPING_HEAP) {
			s->mappings[i].anonymous_bytes += 200 * MIB;
			s->mappings[i].bytes += 200 * MIB;
		}
	s->heaps[0].bytes += 200 * MIB;
	s->info.anonymous_bytes += 200 * MIB;
	s->info.rss_bytes += 200 * MIB;
	for (uint32_t i = 1; i < s->object_count; i++)
		if (s->shallow_bytes[i] > 65536)
			s->shallow_bytes[i] += 110 * MIB;
	first_note(s, built.analysis, text);
	built_free(&built);
	cr_expect_str_eq(text, "beside the objects: 99.5 MB of native heap are in use; an extension "
			       "or a C library keeps them (malloc); heaptrack or memray --native "
			       "say where it takes them");
}

Test(memory, the_largest_part_is_named_for_what_it_is)
{
	char text[512];

	cr_expect_str_eq(note_of(LG_MAPPING_HEAP, text),
			 "no leak of Python objects: 85.2 MB of native heap are in use; an "
			 "extension or a C library keeps them (malloc); heaptrack or memray "
			 "--native say where it takes them");
	cr_expect_str_eq(note_of(LG_MAPPING_OTHER, text),
			 "no leak of Python objects: 83.1 MB were mapped by C code (mmap), or by "
			 "an allocator of its own");
	cr_expect_str_eq(note_of(LG_MAPPING_STACK, text), "81.0 MB are stacks of threads; let idle ones end");
	cr_expect_str_eq(note_of(LG_MAPPING_PYMALLOC, text),
			 "fragmentation: 81.1 MB of pymalloc's arenas are free, but 3 objects pin "
			 "them, mostly str under module app; copy what lives on when the rest is "
			 "gone, or do such work in a child process");
}
