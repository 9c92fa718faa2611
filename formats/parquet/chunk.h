/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_CHUNK_H
#define LG_PARQUET_CHUNK_H

#include "base/intern.h"
#include "formats/parquet/bytes.h"
#include "formats/parquet/parquet.h"

/* Parquet's own numbers for what we use (parquet.thrift). */
enum lg_parquet_type { LG_TYPE_BOOLEAN = 0, LG_TYPE_INT64 = 2, LG_TYPE_BYTE_ARRAY = 6 };
enum lg_parquet_encoding { LG_PLAIN = 0, LG_RLE = 3, LG_RLE_DICTIONARY = 8 };
enum lg_parquet_codec { LG_CODEC_ZSTD = 6 };

enum lg_parquet_type lg_parquet_type_of(enum lg_parquet_kind kind);

/*
 * The values of a column in one row group. Each text is held once, and stands
 * in `number` by its number.
 */
struct lg_chunk {
	const struct lg_parquet_column *column;
	uint32_t *present; /* row: 1, or 0 where it is null; none of a column that is never */
	size_t rows, present_capacity;
	uint64_t *number; /* of those that are not null */
	size_t values, number_capacity;
	struct lg_intern *strings;
	uint64_t text_bytes; /* of all texts, as often as they come */
	bool has_empty;      /* "" is among them */
};

/* For lg_cleanup; the column stays. */
void lg_chunk_release(struct lg_chunk *chunk);
/* The row group is written: the next begins. */
enum lg_status lg_chunk_clear(struct lg_chunk *chunk, struct lg_error *err) LG_MUST_CHECK;

enum lg_status lg_chunk_number(struct lg_chunk *chunk, uint64_t number,
			       struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_chunk_text(struct lg_chunk *chunk, struct lg_text text,
			     struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_chunk_null(struct lg_chunk *chunk, struct lg_error *err) LG_MUST_CHECK;

/* Do the texts take less by their numbers, with a page of them before? */
bool lg_chunk_has_dictionary(const struct lg_chunk *chunk);
/* That page's bytes, and how many texts stand in it. */
uint32_t lg_chunk_dictionary(const struct lg_chunk *chunk, struct lg_bytes *out);
/* Which values are null, and the others: by their numbers if there is a dictionary. */
void lg_chunk_data(const struct lg_chunk *chunk, bool dictionary, struct lg_bytes *out);

/* The least and greatest value, as `Statistics` have them; false where none is told. */
struct lg_chunk_bounds {
	struct lg_bytes least, greatest;
	bool least_exact, greatest_exact;
};
bool lg_chunk_bounds(const struct lg_chunk *chunk, struct lg_chunk_bounds *out);

#endif
