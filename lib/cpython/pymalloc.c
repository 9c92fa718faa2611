/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/arena_objects.h"
#include "cpython/object.h"
#include "cpython/pymalloc.h"

#define ALIGNMENT 16
#define SIZE_CLASSES 32
/* Memory of a petabyte; the array doubles, so a wild number would be far beyond. */
#define MAX_ARENAS (1u << 28)
#define OBJECTS_AT_ONCE 1024

/* An arena with its number, by which its pools name it. */
struct found {
	struct lg_arena_object object;
	uint32_t number;
};

struct reader {
	const struct lg_layout *layout;
	const struct lg_memory *memory;
	struct lg_pymalloc_tables *out;
	uint64_t most; /* arenas: no more than pools would fit into all that is mapped */
	struct found *found;
	size_t found_count, found_capacity;
};

static void free_reader(struct reader *reader)
{
	free(reader->found);
}

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for the arenas of pymalloc");
}

/* ---- arenas ---- */

static enum lg_status list_arenas(struct reader *r, uint64_t array, uint64_t count,
				  struct lg_error *err)
{
	struct lg_arena_object object[OBJECTS_AT_ONCE];
	struct lg_error ignored;

	for (uint64_t first = 0; first < count; first += OBJECTS_AT_ONCE) {
		size_t some = count - first < OBJECTS_AT_ONCE ? count - first : OBJECTS_AT_ONCE;

		if (lg_memory_read(r->memory, array + first * sizeof *object, object,
				   some * sizeof *object, &ignored) != LG_OK)
			return LG_OK;
		for (size_t i = 0; i < some; i++) {
			if (object[i].address == 0 || !lg_is_arena_object(r->layout, &object[i]))
				continue;
			if (r->found_count == r->most)
				return LG_OK;
			if (!lg_reserve(r->found, r->found_capacity, r->found_count + 1))
				return no_memory(err);
			r->found[r->found_count++] =
				(struct found){ object[i], (uint32_t)(first + i) };
		}
	}
	return LG_OK;
}

static bool seen_before(const uint64_t *seen, uint32_t count, uint64_t address)
{
	for (uint32_t i = 0; i < count; i++)
		if (seen[i] == address)
			return true;
	return false;
}

/* Interpreters may share a state: with the main one, as all did before 3.12. */
static enum lg_status list_by_state(struct reader *r, const struct lg_python *python, bool *used,
				    struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t seen[LG_MAX_INTERPRETERS];

	for (uint32_t i = 0; i < python->interpreter_count; i++) {
		uint64_t state = python->interpreters[i] + l->pymalloc.state, array;
		uint32_t count;
		enum lg_status status;

		if (l->pymalloc.state_is_pointer)
			state = lg_peek(python, state);
		array = lg_peek(python, state + l->pymalloc.arenas);
		count = (uint32_t)lg_peek(python, state + l->pymalloc.arena_count);
		seen[i] = array;
		if (!state || !array || seen_before(seen, i, array) || count > MAX_ARENAS)
			continue;
		*used = true;
		status = list_arenas(r, array, count, err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status list_all(struct reader *r, const struct lg_python *python,
			       const struct lg_maps *maps, struct lg_error *err)
{
	enum lg_status status;
	uint64_t array, count;
	bool used = false;

	/* A table that does not say: not known. */
	if (python->layout->pymalloc.arena_bytes == 0)
		return LG_OK;
	if (python->layout->pymalloc.state != LG_NO_FIELD) {
		status = list_by_state(r, python, &used, err);
		r->out->state = used ? LG_PYMALLOC_READ : LG_PYMALLOC_UNUSED;
		return status;
	}
	/* That no variable was found may be our fault as well. */
	if (!lg_find_arena_objects(python, maps, &array, &count))
		return LG_OK;
	r->out->state = LG_PYMALLOC_READ;
	return list_arenas(r, array, count, err);
}

static int by_address(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return (a->object.address > b->object.address) - (a->object.address < b->object.address);
}

/* Pools lie at multiples of their size, up to the first that was never handed out. */
static enum lg_status list_pools(struct reader *r, const struct found *arena, struct lg_error *err)
{
	struct lg_pymalloc_tables *out = r->out;
	uint32_t pool_bytes = r->layout->pymalloc.pool_bytes;
	uint64_t at = (arena->object.address + pool_bytes - 1) / pool_bytes * pool_bytes;

	for (; at + pool_bytes <= arena->object.pool_address; at += pool_bytes) {
		if (!lg_reserve(out->header, out->header_capacity, out->header_count + 1) ||
		    !lg_reserve(out->number, out->number_capacity, out->header_count + 1))
			return no_memory(err);
		out->header[out->header_count] = at;
		out->number[out->header_count++] = arena->number;
	}
	return LG_OK;
}

/* In ascending order; what overlaps the arena before is none. */
static enum lg_status add_arenas(struct reader *r, struct lg_error *err)
{
	struct lg_pymalloc_tables *out = r->out;
	uint64_t end = 0;

	if (r->found_count)
		qsort(r->found, r->found_count, sizeof *r->found, by_address);
	if (!lg_reserve(out->arena, out->arena_capacity, r->found_count))
		return no_memory(err);
	for (size_t i = 0; i < r->found_count; i++) {
		const struct lg_arena_object *object = &r->found[i].object;
		enum lg_status status;

		if (object->address < end)
			continue;
		end = object->address + r->layout->pymalloc.arena_bytes;
		out->arena[out->arena_count++] = (struct lg_arena){
			.address = object->address,
			.bytes = r->layout->pymalloc.arena_bytes,
			.pools = object->pools,
			.free_pools = object->free_pools,
		};
		status = list_pools(r, &r->found[i], err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

enum lg_status lg_pymalloc_read(const struct lg_python *python, const struct lg_maps *maps,
				const struct lg_memory *memory, struct lg_pymalloc_tables *out,
				struct lg_error *err)
{
	lg_cleanup(free_reader) struct reader reader = {
		.layout = python->layout,
		.memory = memory,
		.out = out,
	};
	enum lg_status status;

	*out = (struct lg_pymalloc_tables){0};
	for (size_t i = 0; i < maps->count && python->layout->pymalloc.arena_bytes; i++)
		reader.most += (maps->map[i].end - maps->map[i].start) /
			       python->layout->pymalloc.pool_bytes;
	status = list_all(&reader, python, maps, err);
	return status == LG_OK ? add_arenas(&reader, err) : status;
}

enum lg_status lg_pymalloc_add_pools(const struct lg_python *python,
				     const struct lg_pool_header *header,
				     struct lg_pymalloc_tables *tables, struct lg_error *err)
{
	uint32_t pool_bytes = python->layout->pymalloc.pool_bytes;
	size_t capacity = 0;

	for (size_t i = 0; i < tables->header_count; i++) {
		const struct lg_pool_header *h = &header[i];
		uint32_t block_bytes = (h->size_class + 1) * ALIGNMENT, blocks;

		if (h->live == 0 || h->size_class >= SIZE_CLASSES || h->arena != tables->number[i])
			continue;
		blocks = (uint32_t)(pool_bytes - sizeof *h) / block_bytes;
		if (h->live > blocks)
			continue;
		if (!lg_reserve(tables->pool, capacity, tables->pool_count + 1))
			return no_memory(err);
		tables->pool[tables->pool_count++] = (struct lg_arena_pool){
			.address = tables->header[i],
			.block_bytes = block_bytes,
			.blocks = blocks,
			.live = h->live,
		};
	}
	return LG_OK;
}

void lg_pymalloc_free(struct lg_pymalloc_tables *tables)
{
	free(tables->arena);
	free(tables->header);
	free(tables->number);
	free(tables->pool);
	*tables = (struct lg_pymalloc_tables){0};
}
