/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_NATIVE_REGION_H
#define LG_NATIVE_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include "leakgraph/snapshot.h"
#include "target/maps.h"

/* Stretches of anonymous memory whose use is known. */
struct lg_region {
	uint64_t start, end;
	enum lg_mapping_kind kind;
};

struct lg_regions {
	struct lg_region *region;
	size_t count, capacity;
};

enum lg_status lg_regions_add(struct lg_regions *regions, uint64_t start, uint64_t end,
			      enum lg_mapping_kind kind, struct lg_error *err) LG_MUST_CHECK;
/* Ascending; of those that overlap, the first added is cut off where the other begins. */
void lg_regions_sort(struct lg_regions *regions);
/* The first region that ends behind address; count where none does. Of sorted ones. O(log count). */
size_t lg_regions_find(const struct lg_regions *regions, uint64_t address);
void lg_regions_free(struct lg_regions *regions);

/* Private memory of no file, which can be read and written. */
bool lg_is_anonymous(const struct lg_map *map);

#endif
