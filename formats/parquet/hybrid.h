/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_HYBRID_H
#define LG_PARQUET_HYBRID_H

#include "formats/parquet/bytes.h"

/* Bits that numbers up to `most` need, at least one. */
unsigned lg_hybrid_width(uint32_t most);

/*
 * Small numbers as Parquet's levels and indexes stand: in turns a number that
 * repeats and how often, and groups of eight packed to `width` bits each. O(count).
 */
void lg_hybrid_add(struct lg_bytes *out, const uint32_t *value, size_t count, unsigned width);

#endif
