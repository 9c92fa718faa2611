/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "formats/parquet/metadata.h"
#include "formats/parquet/thrift.h"

#define MAGIC "PAR1"
#define MAGIC_BYTES 4
#define LENGTH_BYTES 4
#define VALUE_BYTES 8 /* what a value counts as, besides its text */

/* Fields of RowGroup. */
enum { GROUP_COLUMNS = 1, GROUP_PLAIN_SIZE, GROUP_ROWS, GROUP_OFFSET = 5, GROUP_STORED_SIZE, GROUP_ORDINAL };

struct lg_parquet {
	struct lg_stream *stream;
	uint64_t offset; /* of the next byte in the file */
	size_t column_count;
	struct lg_chunk *chunk;
	size_t at;            /* column of the next value */
	uint64_t group_bytes; /* of the rows since the last group */
	struct lg_bytes groups; /* what the footer says of those written */
	size_t group_count;
	uint64_t rows; /* in them */
	ZSTD_CCtx *compressor;
	struct lg_bytes page, packed; /* room, kept from page to page */
	struct lg_error failure;
};

LG_DEFINE_CLEANUP(lg_parquet_free, struct lg_parquet *)

void lg_parquet_free(struct lg_parquet *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->column_count; i++)
		lg_chunk_release(&file->chunk[i]);
	free(file->chunk);
	lg_bytes_free(&file->groups);
	lg_bytes_free(&file->page);
	lg_bytes_free(&file->packed);
	ZSTD_freeCCtx(file->compressor);
	free(file);
}

static void put(struct lg_parquet *file, const void *bytes, size_t count)
{
	lg_stream_bytes(file->stream, bytes, count);
	file->offset += count;
}

/* The first failure, if there was one. */
static enum lg_status check(const struct lg_parquet *file, struct lg_error *err)
{
	if (file->failure.status != LG_OK && err)
		*err = file->failure;
	return file->failure.status;
}

static void begin_group(struct lg_parquet *file)
{
	file->group_bytes = 0;
	for (size_t i = 0; i < file->column_count && file->failure.status == LG_OK; i++)
		file->failure.status = lg_chunk_clear(&file->chunk[i], &file->failure);
}

enum lg_status lg_parquet_open(struct lg_stream *stream, const struct lg_parquet_column *column,
			       size_t column_count, struct lg_parquet **out, struct lg_error *err)
{
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *file = calloc(1, sizeof *file);

	*out = NULL;
	if (file) {
		file->stream = stream;
		file->compressor = ZSTD_createCCtx();
		file->chunk = lg_alloc_zero(column_count, sizeof *file->chunk);
	}
	if (!file || !file->compressor || !file->chunk)
		return lg_fail(err, LG_E_MEMORY, "no memory for a table of %zu columns",
			       column_count);
	file->column_count = column_count;
	for (size_t i = 0; i < column_count; i++)
		file->chunk[i].column = &column[i];
	begin_group(file);
	if (file->failure.status != LG_OK)
		return check(file, err);
	put(file, MAGIC, MAGIC_BYTES);
	*out = lg_take(file);
	return LG_OK;
}

/* ---- rows ---- */

/* The column of the next value; NULL where there is none, or all has failed already. */
static struct lg_chunk *next_chunk(struct lg_parquet *file)
{
	if (file->failure.status != LG_OK)
		return NULL;
	if (file->at < file->column_count)
		return &file->chunk[file->at++];
	lg_fail(&file->failure, LG_E_INTERNAL, "a row has more than %zu values",
		file->column_count);
	return NULL;
}

void lg_parquet_number(struct lg_parquet *file, uint64_t number)
{
	struct lg_chunk *chunk = next_chunk(file);

	file->group_bytes += VALUE_BYTES;
	if (chunk)
		file->failure.status = lg_chunk_number(chunk, number, &file->failure);
}

void lg_parquet_text(struct lg_parquet *file, struct lg_text text)
{
	struct lg_chunk *chunk = next_chunk(file);

	file->group_bytes += VALUE_BYTES + text.length;
	if (chunk)
		file->failure.status = lg_chunk_text(chunk, text, &file->failure);
}

void lg_parquet_null(struct lg_parquet *file)
{
	struct lg_chunk *chunk = next_chunk(file);

	if (chunk)
		file->failure.status = lg_chunk_null(chunk, &file->failure);
}

/* ---- pages ---- */

static void pack_page(struct lg_parquet *file)
{
	size_t bound = ZSTD_compressBound(file->page.used), got;

	if (file->failure.status != LG_OK)
		return;
	file->packed.used = 0;
	if (file->page.failed || !lg_reserve(file->packed.bytes, file->packed.capacity, bound)) {
		lg_fail(&file->failure, LG_E_MEMORY, "no memory for a page of %zu bytes",
			file->page.used);
		return;
	}
	got = ZSTD_compress2(file->compressor, file->packed.bytes, bound, file->page.bytes,
			     file->page.used);
	if (ZSTD_isError(got))
		lg_fail(&file->failure, LG_E_INTERNAL, "zstd: %s", ZSTD_getErrorName(got));
	else
		file->packed.used = got;
}

/* What stands in file->page, with a header before it. */
static void put_page(struct lg_parquet *file, struct lg_page *page, struct lg_column_place *place)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes header = {0};

	pack_page(file);
	if (file->failure.status != LG_OK)
		return;
	page->plain_bytes = file->page.used;
	page->stored_bytes = file->packed.used;
	page->checksum = (uint32_t)crc32_z(0, file->packed.bytes, file->packed.used);
	lg_metadata_page(&header, page);
	if (header.failed)
		lg_fail(&file->failure, LG_E_MEMORY, "no memory for a page");
	put(file, header.bytes, header.used);
	put(file, file->packed.bytes, file->packed.used);
	place->plain_bytes += header.used + page->plain_bytes;
	place->stored_bytes += header.used + page->stored_bytes;
}

static void put_dictionary(struct lg_parquet *file, const struct lg_chunk *chunk,
			   struct lg_column_place *place)
{
	struct lg_page page = {.encoding = LG_PLAIN, .is_dictionary = true};

	file->page.used = 0;
	place->dictionary_offset = file->offset;
	page.values = lg_chunk_dictionary(chunk, &file->page);
	put_page(file, &page, place);
}

static void put_column(struct lg_parquet *file, const struct lg_chunk *chunk,
		       struct lg_column_place *place)
{
	bool dictionary = lg_chunk_has_dictionary(chunk);
	struct lg_page page = {
		.values = chunk->rows,
		.encoding = dictionary ? LG_RLE_DICTIONARY : LG_PLAIN,
	};

	if (dictionary)
		put_dictionary(file, chunk, place);
	file->page.used = 0;
	place->data_offset = file->offset;
	lg_chunk_data(chunk, dictionary, &file->page);
	put_page(file, &page, place);
}

/* ---- row groups ---- */

static void put_group(struct lg_parquet *file)
{
	struct lg_thrift thrift = {.out = &file->groups};
	uint64_t start = file->offset, plain_bytes = 0;
	size_t rows = file->chunk[0].rows;

	lg_thrift_item_begin(&thrift);
	lg_thrift_list(&thrift, GROUP_COLUMNS, LG_THRIFT_STRUCT, file->column_count);
	for (size_t i = 0; i < file->column_count; i++) {
		struct lg_column_place place = {0};

		put_column(file, &file->chunk[i], &place);
		lg_metadata_column(&thrift, &file->chunk[i], &place);
		plain_bytes += place.plain_bytes;
	}
	lg_thrift_i64(&thrift, GROUP_PLAIN_SIZE, (int64_t)plain_bytes);
	lg_thrift_i64(&thrift, GROUP_ROWS, (int64_t)rows);
	lg_thrift_i64(&thrift, GROUP_OFFSET, (int64_t)start);
	lg_thrift_i64(&thrift, GROUP_STORED_SIZE, (int64_t)(file->offset - start));
	/* A number of 16 bits: later ones go without. */
	if (file->group_count <= INT16_MAX)
		lg_thrift_i16(&thrift, GROUP_ORDINAL, (int16_t)file->group_count);
	lg_thrift_end(&thrift);
	file->group_count++;
	file->rows += rows;
}

static enum lg_status end_group(struct lg_parquet *file, struct lg_error *err)
{
	put_group(file);
	if (file->failure.status == LG_OK && file->groups.failed)
		lg_fail(&file->failure, LG_E_MEMORY, "no memory for %zu row groups",
			file->group_count);
	begin_group(file);
	if (file->failure.status == LG_OK)
		file->failure.status = lg_stream_check(file->stream, &file->failure);
	return check(file, err);
}

enum lg_status lg_parquet_end_row(struct lg_parquet *file, struct lg_error *err)
{
	if (file->failure.status == LG_OK && file->at < file->column_count)
		lg_fail(&file->failure, LG_E_INTERNAL, "a row has %zu values, expected %zu",
			file->at, file->column_count);
	file->at = 0;
	if (file->failure.status != LG_OK || (file->chunk[0].rows < LG_PARQUET_GROUP_ROWS &&
					      file->group_bytes < LG_PARQUET_GROUP_BYTES))
		return check(file, err);
	return end_group(file, err);
}

/* ---- the end ---- */

enum lg_status lg_parquet_finish(struct lg_parquet *file, const struct lg_parquet_note *note,
				 size_t note_count, struct lg_error *err)
{
	lg_cleanup(lg_bytes_free) struct lg_bytes footer = {0};
	enum lg_status status = check(file, err);

	if (status == LG_OK && file->chunk[0].rows)
		status = end_group(file, err);
	if (status != LG_OK)
		return status;
	lg_metadata_footer(&footer,
			   &(struct lg_footer){
				   .column = file->chunk[0].column,
				   .column_count = file->column_count,
				   .note = note,
				   .note_count = note_count,
				   .groups = &file->groups,
				   .group_count = file->group_count,
				   .rows = file->rows,
			   });
	if (footer.used > INT32_MAX)
		return lg_fail(err, LG_E_LIMIT, "%zu row groups are too many for one file",
			       file->group_count);
	lg_bytes_number(&footer, footer.used, LENGTH_BYTES);
	lg_bytes_add(&footer, MAGIC, MAGIC_BYTES);
	if (footer.failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a footer");
	put(file, footer.bytes, footer.used);
	return lg_stream_check(file->stream, err);
}
