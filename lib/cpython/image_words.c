/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/cleanup.h"
#include "cpython/image.h"
#include "cpython/image_words.h"
#include "cpython/object.h"

#define CHUNK_WORDS 8192
#define MAX_SCAN_BYTES (16 << 20)

struct scan {
	const struct lg_python *python;
	lg_word_question question;
	void *context;
	uint64_t *words; /* room for a chunk */
	uint64_t budget; /* bytes that may still be read */
};

static uint64_t scan_map(struct scan *scan, const struct lg_map *map)
{
	uint64_t last = 0;

	for (uint64_t at = map->start; at < map->end && scan->budget;) {
		uint64_t bytes = map->end - at;
		struct lg_error ignored;

		if (bytes > CHUNK_WORDS * LG_WORD_BYTES)
			bytes = CHUNK_WORDS * LG_WORD_BYTES;
		scan->budget -= bytes < scan->budget ? bytes : scan->budget;
		if (lg_memory_read(scan->python->memory, at, scan->words, bytes, &ignored) != LG_OK)
			return 0;
		for (uint64_t i = 0; i < bytes / LG_WORD_BYTES; i++) {
			uint64_t word = scan->words[i];

			/* Small numbers and runs of one value are most of it. */
			if (word < LG_LOWEST_ADDRESS || word == last)
				continue;
			last = word;
			if (scan->question(scan->python, word, scan->context))
				return word;
		}
		at += bytes;
	}
	return 0;
}

uint64_t lg_image_find_word(const struct lg_python *python, const struct lg_maps *maps,
			    const struct lg_map *image, lg_word_question question, void *context)
{
	lg_cleanup(lg_free) uint64_t *words = malloc(CHUNK_WORDS * LG_WORD_BYTES);
	struct scan scan = { python, question, context, words, MAX_SCAN_BYTES };
	uint64_t found = 0, end = image->start;

	for (size_t i = 0; i < maps->count && words && !found; i++) {
		const struct lg_map *map = &maps->map[i];

		if (lg_image_holds(image, map, &end) && map->readable && map->writable)
			found = scan_map(&scan, map);
	}
	return found;
}
