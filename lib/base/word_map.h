/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_WORD_MAP_H
#define LG_BASE_WORD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Words to numbers, by open addressing with linear probing; at most two thirds
 * full. The word 0 is no key. Zero-initialised; freed by lg_word_map_free.
 */
struct lg_word_map {
	uint64_t *key;
	uint32_t *value;
	size_t slots, count;
};

void lg_word_map_free(struct lg_word_map *map);

/* The value's place, or NULL where the key is not there. O(1) expected. */
const uint32_t *lg_word_map_find(const struct lg_word_map *map, uint64_t key);

/* Sets the value of a key, new or known. False when memory is out, or for 0. O(1) amortised. */
bool lg_word_map_set(struct lg_word_map *map, uint64_t key, uint32_t value);

#endif
