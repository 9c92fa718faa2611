/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cpython/image.h"
#include "cpython/interned.h"
#include "cpython/object.h"

#define CHUNK_WORDS 8192
#define MAX_SCAN_BYTES (16 << 20)
#define SAMPLE 16 /* entries looked at */

/* A running interpreter has interned thousands; a dict of a few could fit by chance. */
#define MIN_INTERNED 64

static bool is_interned(const struct lg_python *python, uint64_t unicode)
{
	const struct lg_layout *l = python->layout;
	uint64_t state;

	if (!lg_object_has_flag(python, unicode, l->type.flag_unicode_bit))
		return false;
	state = lg_peek(python, unicode + l->unicode.state);
	return state >> l->unicode.interned_shift & ((1u << l->unicode.interned_bits) - 1);
}

static bool is_interned_dict(const struct lg_python *python, uint64_t dict)
{
	const struct lg_layout *l = python->layout;
	struct lg_dict_view view;
	struct lg_error ignored;
	uint32_t seen = 0;

	if (dict % LG_WORD_BYTES ||
	    lg_peek(python, dict + l->object.type) != python->base_type[LG_FAMILY_DICT] ||
	    lg_peek(python, dict + l->dict.used) < MIN_INTERNED ||
	    lg_dict_open(python, dict, &view, &ignored) != LG_OK)
		return false;
	for (uint64_t i = 0; i < view.count && seen < SAMPLE; i++) {
		uint64_t key, value;

		lg_dict_entry(python, &view, i, &key, &value);
		if (!key)
			continue;
		if (key != value || !is_interned(python, key))
			return false;
		seen++;
	}
	return seen == SAMPLE;
}

static uint64_t scan_map(const struct lg_python *python, const struct lg_map *map, uint64_t *words,
			 uint64_t *budget)
{
	uint64_t last = 0;

	for (uint64_t at = map->start; at < map->end && *budget;) {
		struct lg_error ignored;
		uint64_t bytes = map->end - at;

		if (bytes > CHUNK_WORDS * LG_WORD_BYTES)
			bytes = CHUNK_WORDS * LG_WORD_BYTES;
		*budget -= bytes < *budget ? bytes : *budget;
		if (lg_memory_read(python->memory, at, words, bytes, &ignored) != LG_OK)
			return 0;
		for (uint64_t i = 0; i < bytes / LG_WORD_BYTES; i++) {
			/* Small numbers and runs of one value are most of it. */
			if (words[i] < LG_LOWEST_ADDRESS || words[i] == last)
				continue;
			last = words[i];
			if (is_interned_dict(python, words[i]))
				return words[i];
		}
		at += bytes;
	}
	return 0;
}

uint64_t lg_find_interned(const struct lg_python *python, const struct lg_maps *maps,
			  const struct lg_map *image)
{
	lg_cleanup(lg_free) uint64_t *words = malloc(CHUNK_WORDS * LG_WORD_BYTES);
	uint64_t budget = MAX_SCAN_BYTES, found = 0, end = image->start;

	for (size_t i = 0; i < maps->count && words && !found; i++) {
		const struct lg_map *map = &maps->map[i];

		if (lg_image_holds(image, map, &end) && map->readable && map->writable)
			found = scan_map(python, map, words, &budget);
	}
	return found;
}
