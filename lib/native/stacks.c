/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "native/stacks.h"
#include "target/residency.h"

#define BLOCK_ALIGNMENT 64
#define BLOCK_WORDS (LG_PAGE_BYTES / 8) /* struct pthread has 2,304 bytes and more */

static bool is_block(const uint64_t *word, uint64_t address)
{
	return address && word[0] == address && word[2] == address;
}

/* Where the stack of a control block begins, in this mapping; 0: it does not say so. */
static uint64_t stack_start(const uint64_t *word, size_t count, uint64_t block,
			    const struct lg_map *map)
{
	for (size_t i = 3; i + 1 < count; i++) {
		uint64_t start = word[i], bytes = word[i + 1];

		/* With the pages before it that can't be accessed; up to the block's own page. */
		if (start && start % LG_PAGE_BYTES == 0 && bytes % LG_PAGE_BYTES == 0 &&
		    start < block && bytes > block - start &&
		    bytes - (block - start) <= 2 * LG_PAGE_BYTES)
			return start > map->start ? start : map->start;
	}
	return 0;
}

static enum lg_status add_stack(const struct lg_memory *memory, const struct lg_map *map,
				uint64_t block, struct lg_regions *regions, struct lg_error *err)
{
	uint64_t word[BLOCK_WORDS], start, end, left = map->end - block;
	struct lg_error ignored;

	if (left > sizeof word)
		left = sizeof word;
	if (left < 4 * sizeof *word ||
	    lg_memory_read(memory, block, word, left, &ignored) != LG_OK || !is_block(word, block))
		return LG_OK;
	start = stack_start(word, left / sizeof *word, block, map);
	end = block / LG_PAGE_BYTES * LG_PAGE_BYTES + LG_PAGE_BYTES;
	return start ? lg_regions_add(regions, start, end, LG_MAPPING_STACK, err) : LG_OK;
}

static enum lg_status find_by_end(const struct lg_memory *memory, const struct lg_map *map,
				  struct lg_regions *regions, struct lg_error *err)
{
	uint64_t word[BLOCK_WORDS], page = map->end - LG_PAGE_BYTES;
	struct lg_error ignored;
	enum lg_status status = LG_OK;

	if (lg_memory_read(memory, page, word, sizeof word, &ignored) != LG_OK)
		return LG_OK;
	for (size_t at = 0; at < sizeof word && status == LG_OK; at += BLOCK_ALIGNMENT)
		if (is_block(word + at / 8, page + at))
			status = add_stack(memory, map, page + at, regions, err);
	return status;
}

enum lg_status lg_stacks_find(const struct lg_memory *memory, const struct lg_maps *maps,
			      const uint64_t *block, size_t count, struct lg_regions *regions,
			      struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < maps->count && status == LG_OK; i++)
		if (lg_is_anonymous(&maps->map[i]))
			status = find_by_end(memory, &maps->map[i], regions, err);
	for (size_t i = 0; i < count && status == LG_OK; i++) {
		const struct lg_map *map = lg_maps_find(maps, block[i]);

		if (map && lg_is_anonymous(map))
			status = add_stack(memory, map, block[i], regions, err);
	}
	return status;
}
