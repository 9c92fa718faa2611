/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_PAGES_H
#define LG_GRAPH_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "leakgraph/status.h"

/*
 * Memory for the engine's big arrays. Random access over gigabytes is bound by
 * the TLB, so arrays of a megabyte and more are mapped on huge pages; smaller
 * ones, and all of them under AddressSanitizer (which knows only malloc's
 * bounds), come from malloc.
 *
 * That the kernel clears a fresh page costs as much as many of the engine's
 * passes over it. So the pages of a freed array are kept, and the next one is
 * put together of them; never more than what was in use at the peak. Any
 * thread may call.
 */

/* Zeroed. NULL on overflow, lack, or beyond the limit. */
void *lg_pages_alloc(size_t count, size_t size);
/* The same, with anything in it. */
void *lg_pages_alloc_dirty(size_t count, size_t size);

/* Takes NULL. */
void lg_pages_free(void *array);

/* Give the pages that are kept back to the kernel; how many bytes they are. */
void lg_pages_drain(void);
uint64_t lg_pages_kept(void);

/* As lg_room_check(), for arrays: what is kept is there for them. */
enum lg_status lg_pages_room(const char *what, uint64_t needed_bytes,
			     struct lg_error *err) LG_MUST_CHECK;

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
enum lg_status lg_pages_take_(void *slot, size_t count, size_t size, bool zeroed,
			      const char *what, struct lg_error *err) LG_MUST_CHECK;
#define lg_pages_take(pointer, count, what, err)                                                   \
	lg_pages_take_(&(pointer), (count), sizeof *(pointer), true, (what), (err))
#define lg_pages_take_dirty(pointer, count, what, err)                                             \
	lg_pages_take_(&(pointer), (count), sizeof *(pointer), false, (what), (err))

/* Bytes asked for at this moment, and the most since the last reset; whole process. */
uint64_t lg_pages_in_use(void);
uint64_t lg_pages_peak(void);
void lg_pages_reset_peak(void);

/* Refuse what would bring lg_pages_in_use() above this; UINT64_MAX, the default: no limit. */
void lg_pages_set_limit(uint64_t bytes);

#endif
