/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_PAGES_H
#define LG_GRAPH_PAGES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "leakgraph/status.h"

/*
 * Memory for the engine's big arrays. Random access over gigabytes is bound by
 * the TLB, so arrays of a megabyte and more are mapped on huge pages; smaller
 * ones, and all of them under AddressSanitizer (which knows only malloc's
 * bounds), come from calloc. Either way they are zeroed.
 */

/* NULL on overflow, lack, or beyond the limit. */
void *lg_pages_alloc(size_t count, size_t size);

/* Takes NULL. */
void lg_pages_free(void *array);

/* For lg_cleanup() on a pointer to such an array. */
static inline void lg_pages_drop(void *slot)
{
	void *array;

	memcpy(&array, slot, sizeof array);
	lg_pages_free(array);
}

/*
 * Put a new array into the pointer at slot; LG_E_MEMORY says for what and how
 * much: "no memory for the dominator tree: 480000 bytes (120000 x 4)".
 */
enum lg_status lg_pages_take_(void *slot, size_t count, size_t size, const char *what,
			      struct lg_error *err) LG_MUST_CHECK;
#define lg_pages_take(pointer, count, what, err)                                                   \
	lg_pages_take_(&(pointer), (count), sizeof *(pointer), (what), (err))

/* Bytes asked for at this moment, and the most since the last reset; whole process. */
uint64_t lg_pages_in_use(void);
uint64_t lg_pages_peak(void);
void lg_pages_reset_peak(void);

/* Refuse what would bring lg_pages_in_use() above this; UINT64_MAX, the default: no limit. */
void lg_pages_set_limit(uint64_t bytes);

#endif
