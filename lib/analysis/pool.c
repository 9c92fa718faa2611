/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/pool.h"
#include "base/array.h"

#define BLOCK_BYTES 16384
#define ALIGNMENT 16

struct block {
	struct block *next;
	size_t used, capacity;
	_Alignas(ALIGNMENT) char bytes[];
};

struct lg_pool {
	struct block *first;
	bool failed;
};

struct lg_pool *lg_pool_new(void)
{
	return calloc(1, sizeof(struct lg_pool));
}

void lg_pool_free(struct lg_pool *pool)
{
	if (!pool)
		return;
	while (pool->first) {
		struct block *block = pool->first;

		pool->first = block->next;
		free(block);
	}
	free(pool);
}

static struct block *block_with(struct lg_pool *pool, size_t bytes)
{
	size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES, whole;
	struct block *block = pool->first;

	if (block && block->capacity - block->used >= bytes)
		return block;
	if (__builtin_add_overflow(capacity, sizeof *block, &whole))
		return NULL;
	block = calloc(1, whole);
	if (!block)
		return NULL;
	block->capacity = capacity;
	block->next = pool->first;
	pool->first = block;
	return block;
}

void *lg_pool_array(struct lg_pool *pool, size_t count, size_t size)
{
	struct block *block;
	size_t bytes;
	void *result;

	if (!lg_mul_size(count, size, &bytes) ||
	    __builtin_add_overflow(bytes, ALIGNMENT - 1, &bytes)) {
		pool->failed = true;
		return NULL;
	}
	bytes &= ~(size_t)(ALIGNMENT - 1);
	block = block_with(pool, bytes);
	if (!block) {
		pool->failed = true;
		return NULL;
	}
	result = block->bytes + block->used;
	block->used += bytes;
	return result;
}

const char *lg_pool_text(struct lg_pool *pool, const char *bytes, size_t length)
{
	char *copy = lg_pool_array(pool, length + 1, 1);

	if (!copy)
		return "";
	memcpy(copy, bytes, length);
	copy[length] = 0;
	return copy;
}

void lg_pool_fail(struct lg_pool *pool)
{
	pool->failed = true;
}

enum lg_status lg_pool_check(const struct lg_pool *pool, struct lg_error *err)
{
	if (pool->failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for the report");
	return LG_OK;
}
