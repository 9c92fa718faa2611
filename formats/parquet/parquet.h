/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_H
#define LG_PARQUET_H

#include "base/stream.h"
#include "leakgraph/snapshot.h"

/*
 * A Parquet file that is written row by row: a table of numbers and texts. What
 * is held are the rows of one row group; what is kept of those before are some
 * hundred bytes a column. README.md says what of the format is used.
 *
 * As with a stream the first failure is kept, and is told at the end of a row.
 */
enum lg_parquet_kind {
	LG_PARQUET_INT64,     /* 0 to 2^63 - 1: what every reader has a type for */
	LG_PARQUET_UINT64,    /* addresses */
	LG_PARQUET_TIMESTAMP, /* microseconds since 1970, UTC */
	LG_PARQUET_BOOLEAN,
	LG_PARQUET_TEXT,      /* UTF-8, which is the caller's to see to */
};

struct lg_parquet_column {
	const char *name;
	enum lg_parquet_kind kind;
	bool optional; /* may be null */
};

/* What a file says of itself. */
struct lg_parquet_note {
	const char *key, *value;
};

#define LG_PARQUET_GROUP_ROWS  122880
#define LG_PARQUET_GROUP_BYTES ((uint64_t)16 << 20)
#define LG_PARQUET_TEXT_BYTES  ((uint64_t)1 << 30) /* of one text, so that sizes of pages fit 31 bits */

struct lg_parquet;

/* Columns and stream are borrowed; *out is the caller's. */
enum lg_status lg_parquet_open(struct lg_stream *stream, const struct lg_parquet_column *column,
			       size_t column_count, struct lg_parquet **out,
			       struct lg_error *err) LG_MUST_CHECK;
/* Takes NULL. */
void lg_parquet_free(struct lg_parquet *file);

/* The values of a row, in the order of the columns. */
void lg_parquet_number(struct lg_parquet *file, uint64_t number);
void lg_parquet_text(struct lg_parquet *file, struct lg_text text);
void lg_parquet_null(struct lg_parquet *file);
enum lg_status lg_parquet_end_row(struct lg_parquet *file, struct lg_error *err) LG_MUST_CHECK;

/* The last row group and the footer; the stream is still to be committed. */
enum lg_status lg_parquet_finish(struct lg_parquet *file, const struct lg_parquet_note *note,
				 size_t note_count, struct lg_error *err) LG_MUST_CHECK;

#endif
