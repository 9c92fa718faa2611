/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "byte_memory.h"
#include "native/glibc.h"
#include "native/malloc_state.h"
#include "native/stacks.h"

#define LIBC 0x7f0000000000ull
#define STATE (LIBC + 0xac0)
#define THREADS 0x7e0000000000ull /* at 64 MiB */

Test(native, regions_are_cut_where_the_next_begins)
{
	struct lg_regions regions = {0};
	struct lg_error err = {0};

	cr_assert_eq(lg_regions_add(&regions, 30, 40, LG_MAPPING_STACK, &err), LG_OK);
	cr_assert_eq(lg_regions_add(&regions, 10, 35, LG_MAPPING_HEAP, &err), LG_OK);
	cr_assert_eq(lg_regions_add(&regions, 50, 50, LG_MAPPING_HEAP, &err), LG_OK);
	lg_regions_sort(&regions);
	cr_assert_eq(regions.count, 2);
	cr_expect_eq(regions.region[0].end, 30);
	cr_expect_eq(lg_regions_find(&regions, 9), 0);
	cr_expect_eq(lg_regions_find(&regions, 30), 1);
	cr_expect_eq(lg_regions_find(&regions, 40), 2);
	lg_regions_free(&regions);
}

/* The data of a libc with a main arena in one of the shapes, no chunk in any bin. */
struct libc {
	uint64_t word[8192 / 8];
	struct byte_memory memory;
	struct lg_maps maps;
};

static void put(struct libc *libc, uint64_t offset, uint64_t value)
{
	libc->word[(STATE - LIBC + offset) / 8] = value;
}

static void make_libc(struct libc *libc, uint32_t top, uint32_t next)
{
	char *maps = strdup("7f0000000000-7f0000002000 rw-p 001e7000 fe:00 7 /usr/lib/libc.so.6\n");
	struct lg_error err = {0};

	memset(libc, 0, sizeof *libc);
	for (uint32_t i = 0; i < LG_BINS; i++)
		for (uint32_t end = 0; end < 2; end++)
			put(libc, top + 16 + i * 16 + end * 8, STATE + top + i * 16);
	put(libc, top, 0x555500001000);
	put(libc, next, STATE);
	put(libc, next + 24, 0x21000);
	put(libc, next + 32, 0x30000);
	byte_memory_init(&libc->memory, LIBC, libc->word, sizeof libc->word);
	cr_assert_eq(lg_maps_parse(maps, &libc->maps, &err), LG_OK, "%s", err.text);
}

static bool found(struct libc *libc, struct lg_malloc_state *state)
{
	return lg_malloc_state_find(&libc->memory.memory, &libc->maps, state);
}

Test(native, malloc_is_found_in_each_of_its_shapes)
{
	/* top and next of 2.26, 2.36, 2.43 */
	static const uint32_t shape[][2] = {{88, 2152}, {96, 2160}, {8, 2072}};

	for (size_t i = 0; i < 3; i++) {
		struct lg_malloc_state state;
		struct libc libc;

		make_libc(&libc, shape[i][0], shape[i][1]);
		cr_assert(found(&libc, &state), "shape %zu", i);
		cr_expect_eq(state.address, STATE);
		cr_expect_eq(state.shape->top, shape[i][0]);
		cr_expect_eq(lg_malloc_field(&state, state.shape->system_bytes), 0x21000);
		lg_maps_free(&libc.maps);
	}
}

Test(native, what_does_not_fit_is_no_malloc)
{
	struct lg_malloc_state state;
	struct libc libc;

	make_libc(&libc, 96, 2160);
	put(&libc, 112 + 5 * 16, 0x555500002000); /* one end of a bin only */
	cr_expect_not(found(&libc, &state));
	put(&libc, 112 + 5 * 16 + 8, 0x555500002008); /* at an odd place */
	cr_expect_not(found(&libc, &state));
	put(&libc, 112 + 5 * 16 + 8, 0x555500002000);
	cr_expect(found(&libc, &state));
	put(&libc, 2192, 0x20000); /* more than it ever had */
	cr_expect_not(found(&libc, &state));
	put(&libc, 2192, 0x30000);
	put(&libc, 96, 0); /* no top */
	cr_expect_not(found(&libc, &state));
	put(&libc, 96, 0x555500001000);
	put(&libc, 2160, THREADS + 0x30); /* an arena that is not there: the ring stays open */
	cr_expect_not(found(&libc, &state));
	lg_maps_free(&libc.maps);
}

Test(native, a_process_without_glibc_has_no_heaps)
{
	struct lg_maps maps;
	struct lg_regions regions = {0};
	struct lg_glibc glibc;
	struct lg_page_walk *pages = lg_page_walk_new(0);
	struct byte_memory memory;
	struct lg_error err = {0};
	uint64_t nothing = 0;

	byte_memory_init(&memory, 0, &nothing, 0);
	cr_assert_eq(lg_maps_parse(strdup("7f0000000000-7f0000002000 rw-p 0 fe:00 7 /lib/ld-musl.so\n"),
				   &maps, &err), LG_OK);
	cr_assert_eq(lg_glibc_read(&memory.memory, &maps, pages, &regions, &glibc, &err), LG_OK);
	cr_expect_not(glibc.found);
	cr_expect_eq(glibc.heap_count, 0);
	cr_expect_eq(regions.count, 0);
	lg_glibc_free(&glibc);
	lg_page_walk_free(pages);
	lg_maps_free(&maps);
}

/* 64 KiB: a stack up to `block`, whose control block says where it begins. */
static size_t stacks_in(uint64_t said_start, uint64_t said_bytes, struct lg_region *out)
{
	static uint64_t word[65536 / 8];
	const uint64_t base = 0x7f1000000000, block = base + 0x8000 - 0x940;
	struct lg_regions regions = {0};
	struct byte_memory memory;
	struct lg_maps maps;
	struct lg_error err = {0};
	size_t count;

	memset(word, 0, sizeof word);
	word[(block - base) / 8] = word[(block - base) / 8 + 2] = block;
	word[(block - base) / 8 + 0x690 / 8] = said_start;
	word[(block - base) / 8 + 0x698 / 8] = said_bytes;
	byte_memory_init(&memory, base, word, sizeof word);
	cr_assert_eq(lg_maps_parse(strdup("7f1000000000-7f1000010000 rw-p 0 00:00 0 \n"), &maps,
				   &err), LG_OK);
	cr_assert_eq(lg_stacks_find(&memory.memory, &maps, &block, 1, &regions, &err), LG_OK);
	count = regions.count;
	if (count)
		*out = regions.region[0];
	lg_regions_free(&regions);
	lg_maps_free(&maps);
	return count;
}

Test(native, a_stack_is_what_its_control_block_says)
{
	const uint64_t base = 0x7f1000000000;
	struct lg_region stack;

	/* With a guard page before the mapping; what lies above the stack is none. */
	cr_assert_eq(stacks_in(base - 0x1000, 0x9000, &stack), 1);
	cr_expect_eq(stack.start, base);
	cr_expect_eq(stack.end, base + 0x8000);
	cr_expect_eq(stack.kind, LG_MAPPING_STACK);
	cr_assert_eq(stacks_in(base + 0x2000, 0x6000, &stack), 1);
	cr_expect_eq(stack.start, base + 0x2000);
	cr_expect_eq(stacks_in(base, 0x7001, &stack), 0);
	cr_expect_eq(stacks_in(base, 0x4000, &stack), 0);  /* ends before its block */
	cr_expect_eq(stacks_in(base, 0x80000, &stack), 0); /* far behind it */
	cr_expect_eq(stacks_in(0, 0, &stack), 0);
}
