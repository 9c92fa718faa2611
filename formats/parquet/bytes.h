/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_BYTES_H
#define LG_PARQUET_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes while they are put together. A failed growth sets `failed`, which is asked for at the end. */
struct lg_bytes {
	uint8_t *bytes;
	size_t used, capacity;
	bool failed;
};

/* For lg_cleanup. */
void lg_bytes_free(struct lg_bytes *bytes);

void lg_bytes_add(struct lg_bytes *bytes, const void *more, size_t count);
void lg_bytes_byte(struct lg_bytes *bytes, uint8_t byte);
/* Seven bits a byte, the lowest first (ULEB128). */
void lg_bytes_varint(struct lg_bytes *bytes, uint64_t value);
/* Little-endian, in `count` (at most 8) bytes. */
void lg_bytes_number(struct lg_bytes *bytes, uint64_t value, size_t count);

#endif
