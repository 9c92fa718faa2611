/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_BOUNDS_H
#define LG_BASE_BOUNDS_H

#include <stdint.h>

/*
 * Where the first bad value of a column stands, or the length of the column.
 * Branch-free in blocks, which the compiler turns into vector code: checking a
 * column costs a fraction of what reading it does. O(count).
 */
uint64_t lg_first_at_least_u32(const uint32_t *value, uint64_t count, uint32_t bound);
uint64_t lg_first_at_least_u8(const uint8_t *value, uint64_t count, uint32_t bound);
/* Not in 1 .. bound-1: 0, the virtual root, is no object. */
uint64_t lg_first_no_object(const uint32_t *value, uint64_t count, uint32_t bound);
/* Not below bound, and not UINT32_MAX, which stands for none. */
uint64_t lg_first_beyond(const uint32_t *value, uint64_t count, uint32_t bound);
/* value has count + 1 elements, of which none is below the one before it. */
uint64_t lg_first_descent(const uint32_t *value, uint64_t count);

#endif
