/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_THRIFT_H
#define LG_PARQUET_THRIFT_H

#include "formats/parquet/bytes.h"
#include "leakgraph/snapshot.h"

/*
 * Thrift's compact protocol, as far as Parquet's metadata needs it: what is
 * written of a field is its distance from the one before and its type, so that
 * fields stand in ascending order.
 */
enum lg_thrift_type {
	LG_THRIFT_TRUE = 1,
	LG_THRIFT_FALSE = 2,
	LG_THRIFT_I8 = 3,
	LG_THRIFT_I16 = 4,
	LG_THRIFT_I32 = 5,
	LG_THRIFT_I64 = 6,
	LG_THRIFT_BINARY = 8,
	LG_THRIFT_LIST = 9,
	LG_THRIFT_STRUCT = 12,
};

#define LG_THRIFT_DEPTH 8 /* structs within each other */

/* Zero-initialised but for `out`; begins within the outermost struct. */
struct lg_thrift {
	struct lg_bytes *out;
	unsigned last[LG_THRIFT_DEPTH]; /* field of each struct that is open */
	unsigned depth;
};

void lg_thrift_bool(struct lg_thrift *thrift, unsigned field, bool value);
void lg_thrift_i8(struct lg_thrift *thrift, unsigned field, int8_t value);
void lg_thrift_i16(struct lg_thrift *thrift, unsigned field, int16_t value);
void lg_thrift_i32(struct lg_thrift *thrift, unsigned field, int32_t value);
void lg_thrift_i64(struct lg_thrift *thrift, unsigned field, int64_t value);
void lg_thrift_binary(struct lg_thrift *thrift, unsigned field, struct lg_text value);
void lg_thrift_begin(struct lg_thrift *thrift, unsigned field);
/* Also of an item, and of the outermost struct. */
void lg_thrift_end(struct lg_thrift *thrift);

/* Behind it `count` items of the type follow. */
void lg_thrift_list(struct lg_thrift *thrift, unsigned field, enum lg_thrift_type type,
		    size_t count);
void lg_thrift_item_i32(struct lg_thrift *thrift, int32_t value);
void lg_thrift_item_binary(struct lg_thrift *thrift, struct lg_text value);
void lg_thrift_item_begin(struct lg_thrift *thrift);

#endif
