/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/arena_objects.h"
#include "cpython/image.h"
#include "cpython/image_words.h"
#include "cpython/object.h"

#define FIRST_COUNT 16     /* INITIAL_ARENA_OBJECTS */
#define MAX_COUNT (1u << 24) /* 16 TiB */
#define PAGE_BYTES 4096
#define POOL_ARENA 32 /* of a pool's header: arenaindex */

bool lg_is_arena_object(const struct lg_layout *l, const struct lg_arena_object *object)
{
	uint32_t most = l->pymalloc.arena_bytes / l->pymalloc.pool_bytes;
	uint64_t end = object->address + l->pymalloc.arena_bytes;

	if (object->address == 0)
		return object->next % LG_WORD_BYTES == 0;
	return object->address >= LG_LOWEST_ADDRESS && object->address % PAGE_BYTES == 0 &&
	       end > object->address && object->pool_address >= object->address &&
	       object->pool_address <= end && object->pools <= most && object->pools + 1 >= most &&
	       object->free_pools <= object->pools;
}

/* Does the first pool of an arena say that it belongs to entry `number`? */
static bool pools_name(const struct lg_python *python, const struct lg_arena_object *object,
		       uint32_t number)
{
	uint64_t pool_bytes = python->layout->pymalloc.pool_bytes;
	uint64_t pool = (object->address + pool_bytes - 1) / pool_bytes * pool_bytes;

	return pool < object->pool_address &&
	       (uint32_t)lg_peek(python, pool + POOL_ARENA) == number;
}

struct proof {
	bool proved;   /* an arena in use is named by its own first pool */
	uint32_t ends; /* free entries that nothing follows: one list has one */
};

/* Is entry `number` an arena object that fits those before it? Zeros fit only once. */
static bool fits(const struct lg_python *python, uint64_t array, uint64_t number,
		 struct proof *proof)
{
	struct lg_arena_object object;
	struct lg_error ignored;

	if (lg_memory_read(python->memory, array + number * sizeof object, &object, sizeof object,
			   &ignored) != LG_OK ||
	    !lg_is_arena_object(python->layout, &object))
		return false;
	if (object.address == 0) {
		proof->ends += object.next == 0;
		return proof->ends <= 1;
	}
	if (!proof->proved)
		proof->proved = pools_name(python, &object, (uint32_t)number);
	return proof->proved;
}

static bool check_entries(const struct lg_python *python, uint64_t array, uint64_t from,
			  uint64_t to, struct proof *proof)
{
	for (uint64_t i = from; i < to; i++)
		if (!fits(python, array, i, proof))
			return false;
	return true;
}

static bool is_array(const struct lg_python *python, uint64_t array, uint64_t *count)
{
	struct proof proof = {0};

	if (array % LG_WORD_BYTES || !check_entries(python, array, 0, FIRST_COUNT, &proof))
		return false;
	for (*count = FIRST_COUNT; *count < MAX_COUNT; *count *= 2)
		if (!check_entries(python, array, *count, *count * 2, &proof))
			break;
	return proof.proved;
}

static bool points_to_array(const struct lg_python *python, uint64_t word, void *context)
{
	return is_array(python, word, context);
}

bool lg_find_arena_objects(const struct lg_python *python, const struct lg_maps *maps,
			   uint64_t *array, uint64_t *count)
{
	const struct lg_map *image = lg_maps_find(maps, python->image);

	*array = image ? lg_image_find_word(python, maps, image, points_to_array, count) : 0;
	return *array != 0;
}
