/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_ARRAY_H
#define LG_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* count * size, or false where that overflows. */
static inline bool lg_mul_size(size_t count, size_t size, size_t *out)
{
	return !__builtin_mul_overflow(count, size, out);
}

/* malloc for count things, at least one byte; NULL on overflow or lack. */
void *lg_alloc(size_t count, size_t size);
/* The same, zeroed. */
void *lg_alloc_zero(size_t count, size_t size);
/*
 * The same, zeroed, for a column that is filled at once: a large one asks for huge
 * pages, since being given hundreds of megabytes 4 KiB at a time costs more than filling them.
 */
void *lg_alloc_column(size_t count, size_t size);

/*
 * Make room for `needed` elements in a growing array: *slot points to the
 * array's pointer. Capacity grows by half again. False, with nothing changed,
 * when memory is out.
 */
bool lg_reserve_(void *slot, size_t *capacity, size_t needed, size_t size);
#define lg_reserve(pointer, capacity, needed) \
	lg_reserve_(&(pointer), &(capacity), (needed), sizeof *(pointer))

#endif
