/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "native/stacks.h"
#include "target/residency.h"

#define BLOCK_ALIGNMENT 64

static bool is_block(const uint64_t word[3], uint64_t address)
{
	return address && word[0] == address && word[2] == address;
}

static bool behind_guard(const struct lg_maps *maps, const struct lg_map *map)
{
	return map > maps->map && !map[-1].readable && !map[-1].writable &&
	       map[-1].end == map->start && lg_is_anonymous(map);
}

static enum lg_status find_by_end(const struct lg_memory *memory, const struct lg_map *map,
				  struct lg_regions *regions, struct lg_error *err)
{
	uint64_t word[LG_PAGE_BYTES / 8], page = map->end - LG_PAGE_BYTES;
	struct lg_error ignored;

	if (lg_memory_read(memory, page, word, sizeof word, &ignored) != LG_OK)
		return LG_OK;
	for (size_t at = 0; at + BLOCK_ALIGNMENT <= sizeof word; at += BLOCK_ALIGNMENT)
		if (is_block(word + at / 8, page + at))
			return lg_regions_add(regions, map->start, map->end, LG_MAPPING_STACK, err);
	return LG_OK;
}

enum lg_status lg_stacks_find(const struct lg_memory *memory, const struct lg_maps *maps,
			      const uint64_t *block, size_t count, struct lg_regions *regions,
			      struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < maps->count && status == LG_OK; i++)
		if (behind_guard(maps, &maps->map[i]))
			status = find_by_end(memory, &maps->map[i], regions, err);
	for (size_t i = 0; i < count && status == LG_OK; i++) {
		const struct lg_map *map = lg_maps_find(maps, block[i]);
		uint64_t word[3], end = block[i] / LG_PAGE_BYTES * LG_PAGE_BYTES + LG_PAGE_BYTES;
		struct lg_error ignored;

		if (map && behind_guard(maps, map) && end < map->end &&
		    lg_memory_read(memory, block[i], word, sizeof word, &ignored) == LG_OK &&
		    is_block(word, block[i]))
			status = lg_regions_add(regions, map->start, end, LG_MAPPING_STACK, err);
	}
	return status;
}
