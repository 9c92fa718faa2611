/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "formats/parquet/bytes.h"

void lg_bytes_free(struct lg_bytes *bytes)
{
	free(bytes->bytes);
	*bytes = (struct lg_bytes){0};
}

void lg_bytes_add(struct lg_bytes *bytes, const void *more, size_t count)
{
	if (count == 0)
		return;
	if (!lg_reserve(bytes->bytes, bytes->capacity, bytes->used + count)) {
		bytes->failed = true;
		return;
	}
	memcpy(bytes->bytes + bytes->used, more, count);
	bytes->used += count;
}

void lg_bytes_byte(struct lg_bytes *bytes, uint8_t byte)
{
	lg_bytes_add(bytes, &byte, 1);
}

void lg_bytes_varint(struct lg_bytes *bytes, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		lg_bytes_byte(bytes, (uint8_t)(value | 0x80));
	lg_bytes_byte(bytes, (uint8_t)value);
}

void lg_bytes_number(struct lg_bytes *bytes, uint64_t value, size_t count)
{
	uint64_t little = htole64(value);

	lg_bytes_add(bytes, &little, count);
}
