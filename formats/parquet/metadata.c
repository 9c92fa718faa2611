/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "formats/parquet/metadata.h"
#include "formats/parquet/thrift.h"

/* Numbers of fields, by the names that parquet.thrift gives them. */
enum { PAGE_TYPE = 1, PAGE_PLAIN_SIZE, PAGE_STORED_SIZE, PAGE_CRC, PAGE_DATA, PAGE_DICTIONARY = 7 };
enum { DATA_VALUES = 1, DATA_ENCODING, DATA_DEFINITION_ENCODING, DATA_REPETITION_ENCODING };
enum { DICTIONARY_VALUES = 1, DICTIONARY_ENCODING };
enum { DATA_PAGE = 0, DICTIONARY_PAGE = 2 };

enum { CHUNK_FILE_OFFSET = 2, CHUNK_METADATA };
enum {
	COLUMN_TYPE = 1,
	COLUMN_ENCODINGS,
	COLUMN_PATH,
	COLUMN_CODEC,
	COLUMN_VALUES,
	COLUMN_PLAIN_SIZE,
	COLUMN_STORED_SIZE,
	COLUMN_DATA_OFFSET = 9,
	COLUMN_DICTIONARY_OFFSET = 11,
	COLUMN_STATISTICS
};
enum { STATISTICS_NULLS = 3, STATISTICS_MAX = 5, STATISTICS_MIN, STATISTICS_MAX_EXACT, STATISTICS_MIN_EXACT };

enum { FILE_VERSION = 1, FILE_SCHEMA, FILE_ROWS, FILE_GROUPS, FILE_NOTES, FILE_CREATED_BY, FILE_ORDERS };
enum {
	ELEMENT_TYPE = 1,
	ELEMENT_REPETITION = 3,
	ELEMENT_NAME,
	ELEMENT_CHILDREN,
	ELEMENT_CONVERTED,
	ELEMENT_LOGICAL = 10
};
enum { REQUIRED = 0, OPTIONAL = 1 };
enum { CONVERTED_UTF8 = 0, CONVERTED_TIMESTAMP_MICROS = 10, CONVERTED_UINT_64 = 14 };
enum { LOGICAL_STRING = 1, LOGICAL_TIMESTAMP = 8, LOGICAL_INTEGER = 10 };
enum { TIMESTAMP_UTC = 1, TIMESTAMP_UNIT, UNIT_MICROS = 2 };
enum { INTEGER_WIDTH = 1, INTEGER_SIGNED };
enum { NOTE_KEY = 1, NOTE_VALUE };
enum { ORDER_OF_TYPE = 1 };

#define CREATED_BY "leakgraph version " LEAKGRAPH_VERSION

static struct lg_text text_of(const char *text)
{
	return (struct lg_text){text, strlen(text)};
}

static struct lg_text bytes_of(const struct lg_bytes *bytes)
{
	return (struct lg_text){(const char *)bytes->bytes, bytes->used};
}

static void put_empty(struct lg_thrift *thrift, unsigned field)
{
	lg_thrift_begin(thrift, field);
	lg_thrift_end(thrift);
}

/* ---- pages ---- */

void lg_metadata_page(struct lg_bytes *out, const struct lg_page *page)
{
	struct lg_thrift thrift = {.out = out};

	lg_thrift_i32(&thrift, PAGE_TYPE, page->is_dictionary ? DICTIONARY_PAGE : DATA_PAGE);
	lg_thrift_i32(&thrift, PAGE_PLAIN_SIZE, (int32_t)page->plain_bytes);
	lg_thrift_i32(&thrift, PAGE_STORED_SIZE, (int32_t)page->stored_bytes);
	lg_thrift_i32(&thrift, PAGE_CRC, (int32_t)page->checksum);
	if (page->is_dictionary) {
		lg_thrift_begin(&thrift, PAGE_DICTIONARY);
		lg_thrift_i32(&thrift, DICTIONARY_VALUES, (int32_t)page->values);
		lg_thrift_i32(&thrift, DICTIONARY_ENCODING, page->encoding);
	} else {
		lg_thrift_begin(&thrift, PAGE_DATA);
		lg_thrift_i32(&thrift, DATA_VALUES, (int32_t)page->values);
		lg_thrift_i32(&thrift, DATA_ENCODING, page->encoding);
		lg_thrift_i32(&thrift, DATA_DEFINITION_ENCODING, LG_RLE);
		lg_thrift_i32(&thrift, DATA_REPETITION_ENCODING, LG_RLE);
	}
	lg_thrift_end(&thrift);
	lg_thrift_end(&thrift);
}

/* ---- row groups ---- */

static void put_statistics(struct lg_thrift *thrift, const struct lg_chunk *chunk)
{
	struct lg_chunk_bounds bounds = {0};
	bool bounded = lg_chunk_bounds(chunk, &bounds);

	lg_thrift_begin(thrift, COLUMN_STATISTICS);
	lg_thrift_i64(thrift, STATISTICS_NULLS, (int64_t)(chunk->rows - chunk->values));
	if (bounded) {
		lg_thrift_binary(thrift, STATISTICS_MAX, bytes_of(&bounds.greatest));
		lg_thrift_binary(thrift, STATISTICS_MIN, bytes_of(&bounds.least));
		lg_thrift_bool(thrift, STATISTICS_MAX_EXACT, bounds.greatest_exact);
		lg_thrift_bool(thrift, STATISTICS_MIN_EXACT, bounds.least_exact);
	}
	lg_thrift_end(thrift);
	thrift->out->failed |= bounds.least.failed || bounds.greatest.failed;
	lg_bytes_free(&bounds.least);
	lg_bytes_free(&bounds.greatest);
}

static void put_encodings(struct lg_thrift *thrift, const struct lg_chunk *chunk, bool dictionary)
{
	lg_thrift_list(thrift, COLUMN_ENCODINGS, LG_THRIFT_I32,
		       (size_t)1 + dictionary + chunk->column->optional);
	lg_thrift_item_i32(thrift, LG_PLAIN);
	if (dictionary)
		lg_thrift_item_i32(thrift, LG_RLE_DICTIONARY);
	if (chunk->column->optional)
		lg_thrift_item_i32(thrift, LG_RLE);
}

void lg_metadata_column(struct lg_thrift *thrift, const struct lg_chunk *chunk,
			const struct lg_column_place *place)
{
	lg_thrift_item_begin(thrift);
	lg_thrift_i64(thrift, CHUNK_FILE_OFFSET, 0); /* of metadata outside the footer: none */
	lg_thrift_begin(thrift, CHUNK_METADATA);
	lg_thrift_i32(thrift, COLUMN_TYPE, lg_parquet_type_of(chunk->column->kind));
	put_encodings(thrift, chunk, place->dictionary_offset != 0);
	lg_thrift_list(thrift, COLUMN_PATH, LG_THRIFT_BINARY, 1);
	lg_thrift_item_binary(thrift, text_of(chunk->column->name));
	lg_thrift_i32(thrift, COLUMN_CODEC, LG_CODEC_ZSTD);
	lg_thrift_i64(thrift, COLUMN_VALUES, (int64_t)chunk->rows);
	lg_thrift_i64(thrift, COLUMN_PLAIN_SIZE, (int64_t)place->plain_bytes);
	lg_thrift_i64(thrift, COLUMN_STORED_SIZE, (int64_t)place->stored_bytes);
	lg_thrift_i64(thrift, COLUMN_DATA_OFFSET, (int64_t)place->data_offset);
	if (place->dictionary_offset)
		lg_thrift_i64(thrift, COLUMN_DICTIONARY_OFFSET, (int64_t)place->dictionary_offset);
	put_statistics(thrift, chunk);
	lg_thrift_end(thrift);
	lg_thrift_end(thrift);
}

/* ---- the footer ---- */

static void put_logical_type(struct lg_thrift *thrift, enum lg_parquet_kind kind)
{
	lg_thrift_begin(thrift, ELEMENT_LOGICAL);
	if (kind == LG_PARQUET_TEXT) {
		put_empty(thrift, LOGICAL_STRING);
	} else if (kind == LG_PARQUET_TIMESTAMP) {
		lg_thrift_begin(thrift, LOGICAL_TIMESTAMP);
		lg_thrift_bool(thrift, TIMESTAMP_UTC, true);
		lg_thrift_begin(thrift, TIMESTAMP_UNIT);
		put_empty(thrift, UNIT_MICROS);
		lg_thrift_end(thrift);
		lg_thrift_end(thrift);
	} else {
		lg_thrift_begin(thrift, LOGICAL_INTEGER);
		lg_thrift_i8(thrift, INTEGER_WIDTH, 64);
		lg_thrift_bool(thrift, INTEGER_SIGNED, false);
		lg_thrift_end(thrift);
	}
	lg_thrift_end(thrift);
}

/* The older word for a type, which some readers know alone; -1: there is none. */
static int32_t converted_type(enum lg_parquet_kind kind)
{
	switch (kind) {
	case LG_PARQUET_TEXT:
		return CONVERTED_UTF8;
	case LG_PARQUET_TIMESTAMP:
		return CONVERTED_TIMESTAMP_MICROS;
	case LG_PARQUET_UINT64:
		return CONVERTED_UINT_64;
	default:
		return -1;
	}
}

static void put_column(struct lg_thrift *thrift, const struct lg_parquet_column *column)
{
	int32_t converted = converted_type(column->kind);

	lg_thrift_item_begin(thrift);
	lg_thrift_i32(thrift, ELEMENT_TYPE, lg_parquet_type_of(column->kind));
	lg_thrift_i32(thrift, ELEMENT_REPETITION, column->optional ? OPTIONAL : REQUIRED);
	lg_thrift_binary(thrift, ELEMENT_NAME, text_of(column->name));
	if (converted >= 0) {
		lg_thrift_i32(thrift, ELEMENT_CONVERTED, converted);
		put_logical_type(thrift, column->kind);
	}
	lg_thrift_end(thrift);
}

static void put_schema(struct lg_thrift *thrift, const struct lg_footer *footer)
{
	lg_thrift_list(thrift, FILE_SCHEMA, LG_THRIFT_STRUCT, footer->column_count + 1);
	lg_thrift_item_begin(thrift);
	lg_thrift_binary(thrift, ELEMENT_NAME, text_of("schema"));
	lg_thrift_i32(thrift, ELEMENT_CHILDREN, (int32_t)footer->column_count);
	lg_thrift_end(thrift);
	for (size_t i = 0; i < footer->column_count; i++)
		put_column(thrift, &footer->column[i]);
}

static void put_notes(struct lg_thrift *thrift, const struct lg_footer *footer)
{
	lg_thrift_list(thrift, FILE_NOTES, LG_THRIFT_STRUCT, footer->note_count);
	for (size_t i = 0; i < footer->note_count; i++) {
		lg_thrift_item_begin(thrift);
		lg_thrift_binary(thrift, NOTE_KEY, text_of(footer->note[i].key));
		lg_thrift_binary(thrift, NOTE_VALUE, text_of(footer->note[i].value));
		lg_thrift_end(thrift);
	}
}

/* Bounds are by the order of the type: without this, readers must not use them. */
static void put_orders(struct lg_thrift *thrift, const struct lg_footer *footer)
{
	lg_thrift_list(thrift, FILE_ORDERS, LG_THRIFT_STRUCT, footer->column_count);
	for (size_t i = 0; i < footer->column_count; i++) {
		lg_thrift_item_begin(thrift);
		put_empty(thrift, ORDER_OF_TYPE);
		lg_thrift_end(thrift);
	}
}

void lg_metadata_footer(struct lg_bytes *out, const struct lg_footer *footer)
{
	struct lg_thrift thrift = {.out = out};

	lg_thrift_i32(&thrift, FILE_VERSION, 1);
	put_schema(&thrift, footer);
	lg_thrift_i64(&thrift, FILE_ROWS, (int64_t)footer->rows);
	lg_thrift_list(&thrift, FILE_GROUPS, LG_THRIFT_STRUCT, footer->group_count);
	lg_bytes_add(out, footer->groups->bytes, footer->groups->used);
	put_notes(&thrift, footer);
	lg_thrift_binary(&thrift, FILE_CREATED_BY, text_of(CREATED_BY));
	put_orders(&thrift, footer);
	lg_thrift_end(&thrift);
}
