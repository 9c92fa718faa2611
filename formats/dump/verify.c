/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <msgpack.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "formats/dump/column.h"
#include "formats/dump/fields.h"
#include "formats/dump/frame.h"

/*
 * One pass over the frame of a columns file: where each chunk stands, that
 * the chunks of each table follow each other without gap, what they need in
 * memory, and the checksum. No column is decoded.
 */

static enum lg_status check_first(const struct lg_frame_index *frame, enum lg_dump_table_id table,
				  uint64_t first, uint64_t count, struct lg_error *err)
{
	if (first != frame->rows[table])
		return lg_fail(err, LG_E_UNREADABLE, "'first' is %lu, expected %lu: a chunk is %s",
			       first, frame->rows[table],
			       first > frame->rows[table] ? "missing" : "doubled");
	if (count == 0)
		return lg_fail(err, LG_E_UNREADABLE, "'count' is 0, expected 1 to %u",
			       LG_DUMP_CHUNK_ROWS);
	if (first + count > LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "more than %u rows", LG_MAX_OBJECTS);
	return LG_OK;
}

/* Each column must be there and fit; a lie is cheaper to find before memory is taken. */
typedef enum lg_status (*bytes_check)(enum lg_encoding, bool, const void *, size_t, uint64_t,
				      uint64_t *, struct lg_error *);
static enum lg_status check_column(const msgpack_object *map, const char *name, bytes_check check,
				   uint64_t most, uint64_t *raw_bytes, struct lg_error *err)
{
	char text[16];
	struct lg_column_bytes column;
	enum lg_encoding encoding;
	bool compressed;
	enum lg_status status = lg_field_column(map, name, text, &column, err);

	if (status != LG_OK)
		return status;
	if (!lg_encoding_parse(text, strlen(text), &encoding, &compressed))
		return lg_fail(err, LG_E_UNREADABLE, "column '%s': encoding '%s' is not known", name,
			       lg_name_show((struct lg_name){text, strlen(text)}).text);
	status = check(encoding, compressed, column.bytes, column.count, most, raw_bytes, err);
	if (status != LG_OK)
		lg_fail_within(err, "column '%s'", name);
	return status;
}

/* A file of an earlier minor version does not have the column. */
static enum lg_status check_table_column(const msgpack_object *map,
					 const struct lg_dump_column *column, uint64_t count,
					 struct lg_error *err)
{
	const msgpack_object *value = NULL;
	enum lg_status status = LG_OK;
	uint64_t raw;

	if (column->optional)
		status = lg_field_find(map, column->name, &value, err);
	if (status != LG_OK || (column->optional && !value))
		return status;
	return check_column(map, column->name, lg_column_raw_bytes, count, &raw, err);
}

static enum lg_status add_chunk(struct lg_frame_index *frame, const struct lg_values *values,
				enum lg_dump_table_id id, const msgpack_object *map,
				struct lg_error *err)
{
	const struct lg_dump_table *table = &lg_dump_tables[id];
	uint64_t first = 0, count = 0, blob = 0;
	enum lg_status status = lg_field_number(map, "first", LG_MAX_OBJECTS, &first, err);

	if (status == LG_OK)
		status = lg_field_number(map, "count", LG_DUMP_CHUNK_ROWS, &count, err);
	if (status == LG_OK)
		status = check_first(frame, id, first, count, err);
	for (unsigned i = 0; i < table->column_count && status == LG_OK; i++)
		status = check_table_column(map, &table->column[i], count, err);
	if (status == LG_OK && id == LG_TABLE_STRINGS)
		status = check_column(map, "bytes", lg_column_blob_bytes,
				      count * LG_DUMP_MAX_STRING_BYTES, &blob, err);
	if (status != LG_OK)
		return status;
	if (!lg_reserve(frame->chunk, frame->chunk_capacity, frame->chunk_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu chunks", frame->chunk_count + 1);
	frame->chunk[frame->chunk_count++] = (struct lg_chunk){
		.offset = values->offset,
		.bytes = values->scan.bytes,
		.hash = XXH3_64bits(values->value, values->scan.bytes),
		.blob_first = frame->string_bytes,
		.blob_bytes = blob,
		.first = (uint32_t)first,
		.count = (uint32_t)count,
		.table = (uint8_t)id,
	};
	frame->rows[id] += count;
	frame->string_bytes += blob;
	return LG_OK;
}

static enum lg_status check_end(struct lg_frame_index *frame, const msgpack_object *map,
				struct lg_error *err)
{
	for (int t = 0; t < LG_TABLE_COUNT; t++) {
		const char *name = lg_dump_tables[t].name;
		const msgpack_object *said = NULL;
		uint64_t rows = 0;
		enum lg_status status = lg_field_find(map, name, &said, err);

		if (status == LG_OK && (said || t < LG_TABLE_TASKS))
			status = lg_field_number(map, name, UINT32_MAX, &rows, err);
		if (status != LG_OK)
			return status;
		if (rows != frame->rows[t])
			return lg_fail(err, LG_E_UNREADABLE,
				       "'%s' should have %lu rows, the file holds %lu",
				       name, rows, frame->rows[t]);
	}
	frame->ended = true;
	return LG_OK;
}

static enum lg_status note_info(struct lg_frame_index *frame, const struct lg_values *values,
				struct lg_error *err)
{
	if (frame->info_bytes)
		return lg_fail(err, LG_E_UNREADABLE, "is given twice");
	frame->info_offset = values->offset;
	frame->info_bytes = values->scan.bytes;
	return LG_OK;
}

static enum lg_status add_section(struct lg_frame_index *frame, const struct lg_values *values,
				  struct lg_name name, struct lg_error *err)
{
	lg_cleanup(msgpack_unpacked_destroy) msgpack_unpacked map = {0};
	int table = 0;
	bool info = lg_name_is(name, "info"), end = lg_name_is(name, "end");
	enum lg_status status;

	while (table < LG_TABLE_COUNT && !lg_name_is(name, lg_dump_tables[table].name))
		table++;
	if (table == LG_TABLE_COUNT && !info && !end)
		return LG_OK; /* an extension: skipped, not even parsed */
	status = lg_fields_parse(values->value, &values->scan, &map, err);
	if (status != LG_OK)
		return status;
	if (info)
		return note_info(frame, values, err);
	if (end)
		return check_end(frame, &map.data, err);
	return add_chunk(frame, values, (enum lg_dump_table_id)table, &map.data, err);
}

static enum lg_status add_value(struct lg_frame_index *frame, const struct lg_values *values,
				struct lg_error *err)
{
	struct lg_name name = lg_section_name(values->value, &values->scan);
	enum lg_status status;

	if (name.length == 0)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the value at byte %lu is no map that begins with 'section'",
			       values->offset);
	if (frame->ended)
		return lg_fail(err, LG_E_UNREADABLE,
			       "section '%s' at byte %lu follows the section 'end'",
			       lg_name_show(name).text, values->offset);
	status = add_section(frame, values, name, err);
	if (status != LG_OK)
		lg_fail_within(err, "section '%s' at byte %lu", lg_name_show(name).text,
			       values->offset);
	return status;
}

static enum lg_status check_memory(const struct lg_frame_index *frame, struct lg_error *err)
{
	uint64_t needed = lg_dump_decoded_bytes(frame->rows, frame->string_bytes);
	uint64_t most = LG_DUMP_FREE_BYTES + LG_DUMP_RATIO * frame->input.bytes;

	if (needed <= most)
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE,
		       "claims %lu bytes of tables, a file of %lu bytes may hold %lu", needed,
		       frame->input.bytes, most);
}

static enum lg_status check_whole(const struct lg_frame_index *frame, struct lg_error *err)
{
	if (!frame->ended)
		return lg_fail(err, LG_E_UNREADABLE, "section 'end' is missing");
	if (!frame->info_bytes)
		return lg_fail(err, LG_E_UNREADABLE, "section 'info' is missing");
	/* The virtual root, its type and the empty string are in each dump. */
	for (int t = LG_TABLE_STRINGS; t <= LG_TABLE_INNER; t++)
		if (frame->rows[t] == 0)
			return lg_fail(err, LG_E_UNREADABLE, "table '%s' has no row",
				       lg_dump_tables[t].name);
	return check_memory(frame, err);
}

static enum lg_status verify_columns(struct lg_frame_index *frame,
				     const struct lg_progress *progress, struct lg_error *err)
{
	lg_cleanup(lg_values_release) struct lg_values values = {0};
	enum lg_status status = lg_frame_values(frame, &values, err);
	bool more = true;

	while (status == LG_OK) {
		status = lg_values_next(&values, &more, err);
		if (status != LG_OK || !more)
			break;
		if (lg_progress_report(progress, "verify", values.offset, frame->input.bytes,
				       "bytes"))
			return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
		status = add_value(frame, &values, err);
	}
	if (status == LG_OK)
		status = lg_frame_check_seal(frame, &values, err);
	return status == LG_OK ? check_whole(frame, err) : status;
}

enum lg_status lg_frame_verify(struct lg_frame_index *frame, const struct lg_progress *progress,
			       struct lg_error *err)
{
	return frame->header.rows ? lg_verify_rows(frame, progress, err)
				  : verify_columns(frame, progress, err);
}

enum lg_status lg_dump_verify(const char *path, struct lg_error *err)
{
	lg_cleanup(lg_frame_release) struct lg_frame_index frame = {.input.fd = -1};
	enum lg_status status = lg_input_open(&frame.input, path, err);

	if (status == LG_OK)
		status = lg_frame_peek(&frame, err);
	if (status == LG_OK)
		status = lg_frame_verify(&frame, NULL, err);
	if (status != LG_OK)
		lg_fail_within(err, "%s", path);
	return status;
}
