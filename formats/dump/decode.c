/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <msgpack.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/room.h"
#include "formats/dump/column.h"
#include "formats/dump/fields.h"
#include "formats/dump/frame.h"
#include "formats/dump/info.h"
#include "base/parallel.h"

/*
 * Chunks know their place, so they are decoded on all cores straight into the
 * snapshot's columns. Each is checked to be what verify saw: the file may be
 * changed under us.
 */

struct worker {
	uint8_t *value;
	size_t capacity;
	struct lg_column_scratch scratch;
};

struct decoder {
	const struct lg_frame_index *frame;
	const struct lg_progress *progress;
	struct lg_snapshot *out;
	struct worker worker[LG_MAX_WORKERS];
};

static void decoder_release(struct decoder *d)
{
	for (int i = 0; i < LG_MAX_WORKERS; i++) {
		free(d->worker[i].value);
		lg_column_scratch_release(&d->worker[i].scratch);
	}
}

/* ---- room ---- */

static enum lg_status allocate_table(struct lg_snapshot *s, const struct lg_dump_table *table,
				     uint32_t rows, struct lg_error *err)
{
	*lg_dump_row_count(s, table) = rows;
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct lg_dump_column *c = &table->column[i];
		void **slot = lg_dump_elements(s, c);

		if (lg_dump_shares_elements(table, i))
			continue;
		*slot = lg_alloc_column((size_t)rows + c->difference, c->stride);
		if (!*slot)
			return lg_fail(err, LG_E_MEMORY, "no memory for %u rows of '%s'", rows,
				       table->name);
	}
	return LG_OK;
}

static enum lg_status allocate(const struct lg_frame_index *frame, struct lg_snapshot *s,
			       struct lg_error *err)
{
	enum lg_status status = lg_room_check(
		"the tables", lg_dump_decoded_bytes(frame->rows, frame->string_bytes), err);

	for (int t = 0; t < LG_TABLE_COUNT && status == LG_OK; t++)
		status = allocate_table(s, &lg_dump_tables[t], (uint32_t)frame->rows[t], err);
	if (status != LG_OK)
		return status;
	s->strings.bytes = lg_alloc(frame->string_bytes, 1);
	if (!s->strings.bytes)
		return lg_fail(err, LG_E_MEMORY, "no memory for %lu bytes of strings",
			       frame->string_bytes);
	return LG_OK;
}

/* ---- chunks ---- */

static enum lg_status load_value(const struct decoder *d, struct worker *w,
				 const struct lg_chunk *chunk, msgpack_unpacked *map,
				 struct lg_error *err)
{
	/* Parts were counted by verify; the hash says it is the same value. */
	const struct lg_scan scan = {.bytes = chunk->bytes, .parts = 1};
	enum lg_status status;

	if (!lg_reserve(w->value, w->capacity, chunk->bytes))
		return lg_fail(err, LG_E_MEMORY, "no memory for a chunk of %lu bytes", chunk->bytes);
	status = lg_input_read(&d->frame->input, chunk->offset, w->value, chunk->bytes, err);
	if (status != LG_OK)
		return status;
	if (XXH3_64bits(w->value, chunk->bytes) != chunk->hash)
		return lg_fail(err, LG_E_UNREADABLE, "changed while it was read");
	return lg_fields_parse(w->value, &scan, map, err);
}

static enum lg_status decode_blob(const struct decoder *d, struct worker *w,
				  const struct lg_chunk *chunk, const msgpack_object *map,
				  struct lg_error *err)
{
	const uint64_t *length = d->out->strings.offset + chunk->first + 1;
	char encoding[16];
	struct lg_column_bytes bytes;
	uint64_t sum = 0;
	enum lg_status status = lg_field_column(map, "bytes", encoding, &bytes, err);

	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < chunk->count; i++) {
		if (length[i] > LG_DUMP_MAX_STRING_BYTES)
			return lg_fail(err, LG_E_UNREADABLE,
				       "string %u has %lu bytes, expected at most %u",
				       chunk->first + i, length[i], LG_DUMP_MAX_STRING_BYTES);
		sum += length[i];
	}
	if (sum != chunk->blob_bytes)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the lengths of its strings add up to %lu, column 'bytes' has %lu",
			       sum, chunk->blob_bytes);
	return lg_column_decode_blob(&w->scratch, d->out->strings.bytes + chunk->blob_first,
				     chunk->blob_bytes, &bytes, err);
}

static enum lg_status decode_column(const struct decoder *d, struct worker *w,
				    const struct lg_chunk *chunk, const msgpack_object *map,
				    const struct lg_dump_column *column, struct lg_error *err)
{
	const msgpack_object *value;
	char encoding[16];
	struct lg_column_bytes bytes;
	enum lg_status status = lg_field_find(map, column->name, &value, err);

	/* Columns are zeroed from the start. */
	if (status != LG_OK || (!value && column->optional))
		return status;
	status = lg_field_column(map, column->name, encoding, &bytes, err);
	if (status != LG_OK)
		return status;
	status = lg_column_decode(&w->scratch, d->out, column, chunk->first, chunk->count, &bytes,
				  err);
	if (status != LG_OK)
		lg_fail_within(err, "column '%s'", column->name);
	return status;
}

static enum lg_status decode_chunk(const struct decoder *d, struct worker *w,
				   const struct lg_chunk *chunk, struct lg_error *err)
{
	lg_cleanup(msgpack_unpacked_destroy) msgpack_unpacked map = {0};
	const struct lg_dump_table *table = &lg_dump_tables[chunk->table];
	enum lg_status status = load_value(d, w, chunk, &map, err);

	for (unsigned i = 0; i < table->column_count && status == LG_OK; i++)
		status = decode_column(d, w, chunk, &map.data, &table->column[i], err);
	if (status == LG_OK && chunk->table == LG_TABLE_STRINGS)
		status = decode_blob(d, w, chunk, &map.data, err);
	if (status != LG_OK)
		lg_fail_within(err, "section '%s' at byte %lu", table->name, chunk->offset);
	return status;
}

static enum lg_status decode_index(void *context, unsigned worker, uint64_t index,
				   struct lg_error *err)
{
	struct decoder *d = context;

	if (worker == 0 &&
	    lg_progress_report(d->progress, "read", d->frame->chunk[index].offset,
			       d->frame->input.bytes, "bytes"))
		return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	return decode_chunk(d, &d->worker[worker], &d->frame->chunk[index], err);
}

/* ---- after all chunks ---- */

static enum lg_status add_up_degrees(struct lg_snapshot *s, struct lg_error *err)
{
	uint64_t sum = 0;

	for (uint64_t i = 1; i <= s->inner_count; i++) {
		sum += s->first_reference[i];
		s->first_reference[i] = (uint32_t)sum;
	}
	if (sum != s->reference_count)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the degrees of section 'inner' add up to %lu, there are %u references",
			       sum, s->reference_count);
	return LG_OK;
}

/* A newer minor version may have kinds we do not know (SPEC.md, section 5). */
static void forget_new_kinds(struct lg_snapshot *s)
{
	for (uint64_t i = 0; i < s->reference_count; i++)
		if (s->ref_kind[i] >= LG_REF_KIND_COUNT) {
			s->ref_kind[i] = LG_REF_OTHER;
			s->ref_name[i] = 0;
		}
	for (uint64_t i = 0; i < s->root_count; i++)
		if (s->roots[i].kind >= LG_ROOT_KIND_COUNT)
			s->roots[i].kind = LG_ROOT_OTHER;
	for (uint64_t i = 0; i < s->mapping_count; i++)
		if (s->mappings[i].kind >= LG_MAPPING_KIND_COUNT)
			s->mappings[i].kind = LG_MAPPING_OTHER;
}

enum lg_status lg_decode_columns(const struct lg_frame_index *frame,
				 const struct lg_progress *progress, struct lg_snapshot *out,
				 struct lg_error *err)
{
	lg_cleanup(decoder_release) struct decoder d = {
		.frame = frame,
		.progress = progress,
		.out = out,
	};
	enum lg_status status = allocate(frame, out, err);

	if (status == LG_OK)
		status = lg_parallel_for(frame->chunk_count, decode_index, &d, err);
	if (status != LG_OK)
		return status;
	/* No sum overflows: strings are bounded by blob_bytes, degrees by 2^64. */
	for (uint64_t i = 0; i < out->strings.count; i++)
		out->strings.offset[i + 1] += out->strings.offset[i];
	status = add_up_degrees(out, err);
	if (frame->header.version_minor > LG_DUMP_MINOR)
		forget_new_kinds(out);
	return status == LG_OK ? lg_decode_info(frame, out, err) : status;
}
