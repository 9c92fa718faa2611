/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_IMAGE_WORDS_H
#define LG_CPYTHON_IMAGE_WORDS_H

#include "cpython/runtime.h"

/*
 * C variables that no symbol names are found by what they point to: ask about
 * each word of an image's writable data that can be an address, until the
 * answer is yes. Returns that word, 0 where there is none. A run of one value
 * is asked about once. Reads at most 16 MiB.
 */
typedef bool (*lg_word_question)(const struct lg_python *python, uint64_t word, void *context);
uint64_t lg_image_find_word(const struct lg_python *python, const struct lg_maps *maps,
			    const struct lg_map *image, lg_word_question question, void *context);

#endif
