/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_BITS_H
#define LG_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bit for each of many things, in words of 64. */
static inline size_t lg_bit_words(uint32_t count)
{
	return ((size_t)count + 63) / 64;
}

static inline bool lg_bit_get(const uint64_t *bits, uint32_t i)
{
	return bits[i >> 6] >> (i & 63) & 1;
}

static inline void lg_bit_set(uint64_t *bits, uint32_t i)
{
	bits[i >> 6] |= (uint64_t)1 << (i & 63);
}

static inline void lg_bit_clear(uint64_t *bits, uint32_t i)
{
	bits[i >> 6] &= ~((uint64_t)1 << (i & 63));
}

#endif
