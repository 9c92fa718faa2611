/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_IMAGE_H
#define LG_CPYTHON_IMAGE_H

#include <string.h>

#include "target/maps.h"

/* The kernel maps nothing below (vm.mmap_min_addr); a smaller word is no pointer. */
#define LG_LOWEST_ADDRESS 65536

/*
 * Does a mapping belong to the image that starts at `image`? Its zero-filled end
 * does: anonymous pages right behind those of the file. Ask in ascending order,
 * with *end = image->start at first.
 */
static inline bool lg_image_holds(const struct lg_map *image, const struct lg_map *map,
				  uint64_t *end)
{
	bool same = strcmp(map->path, image->path) == 0;
	bool behind = map->path[0] == 0 && map->start == *end;

	if (map->start < image->start || (!same && !behind))
		return false;
	*end = map->end;
	return true;
}

#endif
