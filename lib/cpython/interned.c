/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/image_words.h"
#include "cpython/interned.h"
#include "cpython/object.h"

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

static bool points_to_interned(const struct lg_python *python, uint64_t word, void *context)
{
	(void)context;
	return is_interned_dict(python, word);
}

uint64_t lg_find_interned(const struct lg_python *python, const struct lg_maps *maps,
			  const struct lg_map *image)
{
	return lg_image_find_word(python, maps, image, points_to_interned, NULL);
}
