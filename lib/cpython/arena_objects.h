/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_ARENA_OBJECTS_H
#define LG_CPYTHON_ARENA_OBJECTS_H

#include "cpython/runtime.h"

/* struct arena_object of Objects/obmalloc.c, the same in all versions. Address 0: free. */
struct lg_arena_object {
	uint64_t address, pool_address; /* the latter: of the first pool never handed out */
	uint32_t free_pools, pools;
	uint64_t free_pool, next, previous;
};

/* Do the numbers of an arena, or of a free entry, fit each other? */
bool lg_is_arena_object(const struct lg_layout *layout, const struct lg_arena_object *object);

/*
 * The array of arena objects where only a C variable that no symbol names
 * refers to it (up to 3.11). It is the array to which a word in the image's
 * writable data points whose every entry is an arena object, and in which the
 * first pool of the first arena in use names the entry it stands in. Its
 * length doubles from 16 on, and is found by where entries end to be such; of
 * free ones, which form one list, only one may have no next, so that a word
 * that points to gigabytes of zeros costs two reads. Reads at most 16 MiB of the image.
 */
bool lg_find_arena_objects(const struct lg_python *python, const struct lg_maps *maps,
			   uint64_t *array, uint64_t *count);

#endif
