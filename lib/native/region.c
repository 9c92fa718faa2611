/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bisect.h"
#include "native/region.h"

enum lg_status lg_regions_add(struct lg_regions *regions, uint64_t start, uint64_t end,
			      enum lg_mapping_kind kind, struct lg_error *err)
{
	if (start >= end)
		return LG_OK;
	if (!lg_reserve(regions->region, regions->capacity, regions->count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu regions", regions->count + 1);
	regions->region[regions->count++] = (struct lg_region){ start, end, kind };
	return LG_OK;
}

static int by_start(const void *left, const void *right)
{
	const struct lg_region *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

void lg_regions_sort(struct lg_regions *regions)
{
	if (regions->count == 0)
		return;
	qsort(regions->region, regions->count, sizeof *regions->region, by_start);
	for (size_t i = 0; i + 1 < regions->count; i++)
		if (regions->region[i].end > regions->region[i + 1].start)
			regions->region[i].end = regions->region[i + 1].start;
}

size_t lg_regions_find(const struct lg_regions *regions, uint64_t address)
{
	size_t low = lg_bisect(at, regions->count, regions->region[at].end <= address);

	return low;
}

void lg_regions_free(struct lg_regions *regions)
{
	free(regions->region);
	*regions = (struct lg_regions){0};
}

bool lg_is_anonymous(const struct lg_map *map)
{
	return map->readable && map->writable && map->inode == 0 &&
	       (map->path[0] == 0 || strncmp(map->path, "[anon", 5) == 0 ||
		strcmp(map->path, "[heap]") == 0);
}
