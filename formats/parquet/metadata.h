/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_METADATA_H
#define LG_PARQUET_METADATA_H

#include "formats/parquet/chunk.h"

/* Parquet's structs (parquet.thrift of the format's specification), as far as we fill them. */

/* How a page stands in the file. */
struct lg_page {
	size_t plain_bytes, stored_bytes; /* before and after compression */
	uint32_t checksum;                /* CRC-32 of what is stored */
	size_t values;                    /* nulls included */
	enum lg_parquet_encoding encoding;
	bool is_dictionary;
};
void lg_metadata_page(struct lg_bytes *out, const struct lg_page *page);

/* A column in one row group, when its pages are written. */
struct lg_column_place {
	uint64_t dictionary_offset, data_offset; /* dictionary_offset 0: there is none */
	uint64_t plain_bytes, stored_bytes;      /* pages with their headers */
};
struct lg_thrift;
void lg_metadata_column(struct lg_thrift *thrift, const struct lg_chunk *chunk,
			const struct lg_column_place *place);

/* What the footer is made of; `groups` are encoded as items of a list. */
struct lg_footer {
	const struct lg_parquet_column *column;
	size_t column_count;
	const struct lg_parquet_note *note;
	size_t note_count;
	const struct lg_bytes *groups;
	size_t group_count;
	uint64_t rows;
};
void lg_metadata_footer(struct lg_bytes *out, const struct lg_footer *footer);

#endif
