/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "byte_memory.h"
#include "cpython/arena_objects.h"
#include "cpython/layout_tables.h"

/* An image of one page with a word in it, an array of arena objects, an arena with its first pool. */
#define BASE        0x10000000u
#define ARRAY_AT    0x1000u
#define ARENA_AT    0x10000u
#define ENTRIES     32u
#define SPACE_BYTES 0x20000u
#define POOL_BYTES  0x4000u
#define POOL_ARENA  32

struct space {
	_Alignas(16) unsigned char bytes[SPACE_BYTES];
};

static struct lg_arena_object *entry(struct space *space, unsigned number)
{
	return (struct lg_arena_object *)(space->bytes + ARRAY_AT) + number;
}

/* Entry 1 is in use; the others are free, one list. Behind them nothing is one. */
static struct space *new_space(void)
{
	struct space *space = calloc(1, sizeof *space);

	*(uint64_t *)space->bytes = BASE + ARRAY_AT;
	for (unsigned i = 0; i < ENTRIES; i++)
		entry(space, i)->next =
			i + 1 < ENTRIES ? BASE + ARRAY_AT + (i + 1) * sizeof(struct lg_arena_object) : 0;
	*entry(space, 1) = (struct lg_arena_object){
		.address = BASE + ARENA_AT, .pool_address = BASE + ARENA_AT + POOL_BYTES,
		.pools = 64, .free_pools = 63 };
	*(uint32_t *)(space->bytes + ARENA_AT + POOL_ARENA) = 1;
	entry(space, ENTRIES)->address = 7;
	return space;
}

static bool find(struct space *space, uint64_t *count, size_t *reads)
{
	struct lg_map map = {.start = BASE, .end = BASE + ARRAY_AT, .inode = 1, .readable = true,
			     .writable = true, .path = (char[]){"python"}};
	struct lg_maps maps = {.map = &map, .count = 1};
	struct byte_memory memory;
	struct lg_python python = {.layout = &lg_layout_311, .image = BASE};
	uint64_t array;
	bool found;

	byte_memory_init(&memory, BASE, space->bytes, SPACE_BYTES);
	python.memory = &memory.memory;
	found = lg_find_arena_objects(&python, &maps, &array, count);
	*reads = memory.reads;
	free(space);
	return found && array == BASE + ARRAY_AT;
}

Test(arena_objects, an_array_is_found_with_its_length)
{
	uint64_t count;
	size_t reads;

	cr_assert(find(new_space(), &count, &reads));
	cr_assert_eq(count, ENTRIES);
}

Test(arena_objects, what_no_pool_names_is_none)
{
	struct space *space = new_space();
	uint64_t count;
	size_t reads;

	*(uint32_t *)(space->bytes + ARENA_AT + POOL_ARENA) = 2;
	cr_assert(!find(space, &count, &reads));
}

/* A word of the image that points to a large zeroed block: not an array of free entries. */
Test(arena_objects, zeros_are_left_at_once)
{
	struct space *space = calloc(1, sizeof *space);
	uint64_t count;
	size_t reads;

	*(uint64_t *)space->bytes = BASE + ARRAY_AT;
	cr_assert(!find(space, &count, &reads));
	cr_assert_leq(reads, 4, "%zu reads", reads);
}
