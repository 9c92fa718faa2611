/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/word_map.h"

#define FIRST_SLOTS 1024 /* a power of two */

void lg_word_map_free(struct lg_word_map *map)
{
	free(map->key);
	free(map->value);
	*map = (struct lg_word_map){ 0 };
}

/* The slot of a key, or the free one where it would go. */
static size_t slot_of(const struct lg_word_map *map, uint64_t key)
{
	size_t mask = map->slots - 1;
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15ull >> 20) & mask;

	while (map->key[i] && map->key[i] != key)
		i = (i + 1) & mask;
	return i;
}

const uint32_t *lg_word_map_find(const struct lg_word_map *map, uint64_t key)
{
	size_t slot;

	if (map->count == 0 || key == 0)
		return NULL;
	slot = slot_of(map, key);
	return map->key[slot] ? &map->value[slot] : NULL;
}

static bool grow(struct lg_word_map *map)
{
	struct lg_word_map larger = {
		.slots = map->slots ? 2 * map->slots : FIRST_SLOTS,
		.count = map->count,
	};

	larger.key = lg_alloc_zero(larger.slots, sizeof *larger.key);
	larger.value = lg_alloc(larger.slots, sizeof *larger.value);
	if (!larger.key || !larger.value) {
		lg_word_map_free(&larger);
		return false;
	}
	for (size_t i = 0; i < map->slots; i++) {
		size_t slot;

		if (!map->key[i])
			continue;
		slot = slot_of(&larger, map->key[i]);
		larger.key[slot] = map->key[i];
		larger.value[slot] = map->value[i];
	}
	lg_word_map_free(map);
	*map = larger;
	return true;
}

bool lg_word_map_set(struct lg_word_map *map, uint64_t key, uint32_t value)
{
	size_t slot;

	if (key == 0 || (map->count >= map->slots / 3 * 2 && !grow(map)))
		return false;
	slot = slot_of(map, key);
	map->count += map->key[slot] == 0;
	map->key[slot] = key;
	map->value[slot] = value;
	return true;
}
