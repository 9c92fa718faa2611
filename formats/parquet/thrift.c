/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/parquet/thrift.h"

#define MOST_NEAR 15 /* fields, and items, that are told in the half of a byte */

static uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static void put_field(struct lg_thrift *thrift, unsigned field, enum lg_thrift_type type)
{
	unsigned *last = &thrift->last[thrift->depth];
	unsigned distance = field - *last;

	*last = field;
	if (distance > 0 && distance <= MOST_NEAR) {
		lg_bytes_byte(thrift->out, (uint8_t)(distance << 4 | type));
		return;
	}
	lg_bytes_byte(thrift->out, (uint8_t)type);
	lg_bytes_varint(thrift->out, zigzag(field));
}

void lg_thrift_bool(struct lg_thrift *thrift, unsigned field, bool value)
{
	put_field(thrift, field, value ? LG_THRIFT_TRUE : LG_THRIFT_FALSE);
}

void lg_thrift_i8(struct lg_thrift *thrift, unsigned field, int8_t value)
{
	put_field(thrift, field, LG_THRIFT_I8);
	lg_bytes_byte(thrift->out, (uint8_t)value);
}

void lg_thrift_i16(struct lg_thrift *thrift, unsigned field, int16_t value)
{
	put_field(thrift, field, LG_THRIFT_I16);
	lg_bytes_varint(thrift->out, zigzag(value));
}

void lg_thrift_i32(struct lg_thrift *thrift, unsigned field, int32_t value)
{
	put_field(thrift, field, LG_THRIFT_I32);
	lg_bytes_varint(thrift->out, zigzag(value));
}

void lg_thrift_i64(struct lg_thrift *thrift, unsigned field, int64_t value)
{
	put_field(thrift, field, LG_THRIFT_I64);
	lg_bytes_varint(thrift->out, zigzag(value));
}

void lg_thrift_binary(struct lg_thrift *thrift, unsigned field, struct lg_text value)
{
	put_field(thrift, field, LG_THRIFT_BINARY);
	lg_thrift_item_binary(thrift, value);
}

void lg_thrift_begin(struct lg_thrift *thrift, unsigned field)
{
	put_field(thrift, field, LG_THRIFT_STRUCT);
	lg_thrift_item_begin(thrift);
}

void lg_thrift_end(struct lg_thrift *thrift)
{
	lg_bytes_byte(thrift->out, 0);
	if (thrift->depth)
		thrift->depth--;
}

void lg_thrift_list(struct lg_thrift *thrift, unsigned field, enum lg_thrift_type type,
		    size_t count)
{
	put_field(thrift, field, LG_THRIFT_LIST);
	if (count < MOST_NEAR) {
		lg_bytes_byte(thrift->out, (uint8_t)(count << 4 | type));
		return;
	}
	lg_bytes_byte(thrift->out, (uint8_t)(MOST_NEAR << 4 | type));
	lg_bytes_varint(thrift->out, count);
}

void lg_thrift_item_i32(struct lg_thrift *thrift, int32_t value)
{
	lg_bytes_varint(thrift->out, zigzag(value));
}

void lg_thrift_item_binary(struct lg_thrift *thrift, struct lg_text value)
{
	lg_bytes_varint(thrift->out, value.length);
	lg_bytes_add(thrift->out, value.bytes, value.length);
}

/* The schema of the metadata is ours, and no deeper than LG_THRIFT_DEPTH. */
void lg_thrift_item_begin(struct lg_thrift *thrift)
{
	if (thrift->depth + 1 < LG_THRIFT_DEPTH)
		thrift->depth++;
	thrift->last[thrift->depth] = 0;
}
