/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "take/page_cache.h"

#define PAGE_BYTES 4096u
#define SLOT_COUNT 8192u /* 32 MiB: two levels of hot pages of a large program */
#define END_OF_USER_MEMORY (1ull << 47)
#define LARGE_BYTES (16u * PAGE_BYTES)

struct slot {
	uint64_t page; /* number + 1; 0: free */
	bool readable;
};

struct lg_page_cache {
	struct lg_memory memory;
	const struct lg_memory *under;
	struct slot slot[SLOT_COUNT];
	unsigned char bytes[SLOT_COUNT][PAGE_BYTES];
};

static unsigned char *find(struct lg_page_cache *cache, uint64_t page)
{
	size_t at = (page * 0x9e3779b97f4a7c15ull >> 32) % SLOT_COUNT;
	struct slot *slot = &cache->slot[at];
	struct lg_error ignored;

	if (slot->page != page + 1) {
		slot->page = page + 1;
		slot->readable = lg_memory_read(cache->under, page * PAGE_BYTES, cache->bytes[at],
						PAGE_BYTES, &ignored) == LG_OK;
	}
	return slot->readable ? cache->bytes[at] : NULL;
}

static enum lg_status read_cached(void *context, uint64_t address, void *buffer, size_t bytes,
				  struct lg_error *err)
{
	struct lg_page_cache *cache = context;
	unsigned char *to = buffer;

	if (address >= END_OF_USER_MEMORY || bytes > END_OF_USER_MEMORY - address)
		return lg_fail(err, LG_E_UNREADABLE, "%zu bytes at 0x%" PRIx64 " do not exist", bytes,
			       address);
	if (bytes > LARGE_BYTES)
		return lg_memory_read(cache->under, address, buffer, bytes, err);
	while (bytes) {
		size_t within = address % PAGE_BYTES;
		size_t step = PAGE_BYTES - within < bytes ? PAGE_BYTES - within : bytes;
		const unsigned char *page = find(cache, address / PAGE_BYTES);

		if (!page)
			return lg_fail(err, LG_E_UNREADABLE, "%zu bytes at 0x%" PRIx64 " can't be read",
				       step, address);
		memcpy(to, page + within, step);
		to += step;
		address += step;
		bytes -= step;
	}
	return LG_OK;
}

struct lg_page_cache *lg_page_cache_new(const struct lg_memory *under)
{
	struct lg_page_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return NULL;
	cache->under = under;
	cache->memory = (struct lg_memory){ .read = read_cached, .context = cache };
	return cache;
}

void lg_page_cache_free(struct lg_page_cache *cache)
{
	free(cache);
}

const struct lg_memory *lg_page_cache_memory(struct lg_page_cache *cache)
{
	return &cache->memory;
}
