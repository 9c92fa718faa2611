/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <msgpack.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/output.h"
#include "base/parallel.h"
#include "formats/dump/column.h"
#include "formats/dump/redact.h"
#include "formats/dump/utf8.h"
#include "leakgraph/dump.h"

/*
 * Chunks are independent: a batch is encoded on all cores, each into a buffer
 * of its own, then written in order. msgpack-c packs the frame of a chunk;
 * objects are never packed one at a time.
 */
#define BATCH 16

/* Strings of a chunk, so that one chunk stays a few megabytes. */
#define STRING_CHUNK_BYTES (4u << 20)

/* Largest single value of padding: a reader may hold a value at a time. */
#define PADDING_BYTES (4u << 20)

struct task {
	uint32_t first, count;
	uint8_t table;
};

struct writer {
	const struct lg_snapshot *snapshot;
	struct lg_output *output;
	int level;
	struct task *task;
	size_t task_count, task_capacity;
	size_t batch_first;
	msgpack_sbuffer buffer[BATCH];
	struct lg_column_scratch scratch[LG_MAX_WORKERS];
};

static void writer_release(struct writer *w)
{
	free(w->task);
	for (int i = 0; i < BATCH; i++)
		msgpack_sbuffer_destroy(&w->buffer[i]);
	for (int i = 0; i < LG_MAX_WORKERS; i++)
		lg_column_scratch_release(&w->scratch[i]);
}

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory to pack a part of the dump");
}

/* ---- packing ---- */

/* Each answers 0, or nonzero when memory is out, as msgpack-c does. */
static int pack_key(msgpack_packer *pk, const char *key)
{
	return msgpack_pack_str_with_body(pk, key, strlen(key));
}

static int pack_number(msgpack_packer *pk, const char *key, uint64_t value)
{
	return pack_key(pk, key) || msgpack_pack_uint64(pk, value);
}

static int pack_section(msgpack_packer *pk, unsigned fields, const char *name)
{
	return msgpack_pack_map(pk, fields) || pack_key(pk, "section") || pack_key(pk, name);
}

static int pack_column(msgpack_packer *pk, const char *name, const struct lg_column_bytes *column)
{
	return pack_key(pk, name) || msgpack_pack_array(pk, 2) || pack_key(pk, column->encoding) ||
	       msgpack_pack_bin_with_body(pk, column->bytes, column->count);
}

/* Text that is no UTF-8 goes as bin, or strict readers would refuse the file. */
static int pack_text(msgpack_packer *pk, struct lg_text text)
{
	if (lg_utf8_valid(text.bytes, text.length))
		return msgpack_pack_str_with_body(pk, text.bytes, text.length);
	return msgpack_pack_bin_with_body(pk, text.bytes, text.length);
}

static int pack_header(msgpack_packer *pk)
{
	return msgpack_pack_map(pk, 2) || pack_key(pk, "leakgraph") || msgpack_pack_array(pk, 2) ||
	       msgpack_pack_uint64(pk, LG_DUMP_MAJOR) || msgpack_pack_uint64(pk, LG_DUMP_MINOR) ||
	       pack_key(pk, "form") || pack_key(pk, "columns");
}

static int pack_info(msgpack_packer *pk, const struct lg_snapshot *s)
{
	int failed = pack_section(pk, 1 + LG_DUMP_INFO_FIELDS, "info");

	for (int i = 0; i < LG_DUMP_INFO_FIELDS && !failed; i++) {
		const struct lg_dump_info_field *field = &lg_dump_info_fields[i];
		const char *slot = (const char *)&s->info + field->slot;

		if (field->text)
			failed = pack_key(pk, field->name) ||
				 pack_text(pk, lg_snapshot_string(s, *(const uint32_t *)slot));
		else
			failed = pack_number(pk, field->name, *(const uint64_t *)slot);
	}
	return failed;
}

static int pack_end(msgpack_packer *pk, const struct lg_snapshot *s)
{
	int failed = pack_section(pk, 1 + LG_TABLE_COUNT, "end");

	for (int i = 0; i < LG_TABLE_COUNT && !failed; i++)
		failed = pack_number(pk, lg_dump_tables[i].name,
				     *lg_dump_row_count(s, &lg_dump_tables[i]));
	return failed;
}

static enum lg_status pack_blob(struct writer *w, unsigned worker, const struct task *task,
				msgpack_packer *pk, struct lg_error *err)
{
	const struct lg_strings *strings = &w->snapshot->strings;
	uint64_t start = strings->offset[task->first];
	uint64_t bytes = strings->offset[task->first + task->count] - start;
	const char *blob = bytes ? strings->bytes + start : "";
	struct lg_column_bytes column;
	enum lg_status status = lg_column_encode_blob(&w->scratch[worker], blob, bytes, w->level,
						      &column, err);

	if (status != LG_OK)
		return status;
	return pack_column(pk, "bytes", &column) ? no_memory(err) : LG_OK;
}

static enum lg_status encode_chunk(void *context, unsigned worker, uint64_t index,
				   struct lg_error *err)
{
	struct writer *w = context;
	const struct task *task = &w->task[w->batch_first + index];
	const struct lg_dump_table *table = &lg_dump_tables[task->table];
	bool blob = task->table == LG_TABLE_STRINGS;
	msgpack_sbuffer *buffer = &w->buffer[index];
	msgpack_packer pk;

	msgpack_sbuffer_clear(buffer);
	msgpack_packer_init(&pk, buffer, msgpack_sbuffer_write);
	if (pack_section(&pk, 3 + table->column_count + blob, table->name) ||
	    pack_number(&pk, "first", task->first) || pack_number(&pk, "count", task->count))
		return no_memory(err);
	for (unsigned i = 0; i < table->column_count; i++) {
		const struct lg_dump_column *column = &table->column[i];
		struct lg_column_bytes bytes;
		enum lg_status status = lg_column_encode(&w->scratch[worker], w->snapshot, column,
							 task->first, task->count, w->level, &bytes,
							 err);

		if (status != LG_OK)
			return status;
		if (pack_column(&pk, column->name, &bytes))
			return no_memory(err);
	}
	return blob ? pack_blob(w, worker, task, &pk, err) : LG_OK;
}

/* ---- the plan ---- */

static enum lg_status add_task(struct writer *w, enum lg_dump_table_id table, uint32_t first,
			       uint32_t count, struct lg_error *err)
{
	if (!lg_reserve(w->task, w->task_capacity, w->task_count + 1))
		return no_memory(err);
	w->task[w->task_count++] = (struct task){first, count, (uint8_t)table};
	return LG_OK;
}

static enum lg_status plan_strings(struct writer *w, struct lg_error *err)
{
	const struct lg_strings *strings = &w->snapshot->strings;
	const uint64_t *offset = strings->offset;
	uint32_t first = 0;

	for (uint32_t i = 0; i < strings->count; i++) {
		bool last = i + 1 == strings->count;
		enum lg_status status;

		if (offset[i + 1] - offset[i] > LG_DUMP_MAX_STRING_BYTES)
			return lg_fail(err, LG_E_LIMIT,
				       "string %u has %lu bytes, a dump holds strings of up to %u", i,
				       offset[i + 1] - offset[i], LG_DUMP_MAX_STRING_BYTES);
		if (!last && i + 1 - first < LG_DUMP_CHUNK_ROWS &&
		    offset[i + 2] - offset[first] <= STRING_CHUNK_BYTES)
			continue;
		status = add_task(w, LG_TABLE_STRINGS, first, i + 1 - first, err);
		if (status != LG_OK)
			return status;
		first = i + 1;
	}
	return LG_OK;
}

static enum lg_status plan(struct writer *w, struct lg_error *err)
{
	enum lg_status status = plan_strings(w, err);

	for (int t = LG_TABLE_STRINGS + 1; t < LG_TABLE_COUNT; t++) {
		uint32_t rows = *lg_dump_row_count(w->snapshot, &lg_dump_tables[t]);

		for (uint64_t first = 0; first < rows && status == LG_OK;
		     first += LG_DUMP_CHUNK_ROWS) {
			uint64_t rest = rows - first;

			status = add_task(w, (enum lg_dump_table_id)t, (uint32_t)first,
					  rest < LG_DUMP_CHUNK_ROWS ? (uint32_t)rest
								    : LG_DUMP_CHUNK_ROWS,
					  err);
		}
	}
	return status;
}

/* ---- writing ---- */

static enum lg_status write_buffer(struct writer *w, unsigned i, struct lg_error *err)
{
	return lg_output_write(w->output, w->buffer[i].data, w->buffer[i].size, err);
}

static enum lg_status write_batch(struct writer *w, struct lg_error *err)
{
	size_t left = w->task_count - w->batch_first, count = left < BATCH ? left : BATCH;
	enum lg_status status = lg_parallel_for(count, encode_chunk, w, err);

	for (size_t i = 0; i < count && status == LG_OK; i++)
		status = write_buffer(w, (unsigned)i, err);
	w->batch_first += count;
	return status;
}

static enum lg_status write_head(struct writer *w, struct lg_error *err)
{
	msgpack_packer pk;

	msgpack_sbuffer_clear(&w->buffer[0]);
	msgpack_packer_init(&pk, &w->buffer[0], msgpack_sbuffer_write);
	if (pack_header(&pk) || pack_info(&pk, w->snapshot))
		return no_memory(err);
	return write_buffer(w, 0, err);
}

/*
 * Readers bound their memory by the size of the file (SPEC.md, "Limits"). A
 * heap so regular that it compresses beyond that is padded.
 */
static enum lg_status write_padding(struct writer *w, struct lg_error *err)
{
	const struct lg_snapshot *s = w->snapshot;
	uint64_t rows[LG_TABLE_COUNT], needed;
	static const char zero[4096];

	for (int t = 0; t < LG_TABLE_COUNT; t++)
		rows[t] = *lg_dump_row_count(s, &lg_dump_tables[t]);
	needed = lg_dump_decoded_bytes(rows, s->strings.offset[s->strings.count]);
	needed = needed > LG_DUMP_FREE_BYTES ? (needed - LG_DUMP_FREE_BYTES) / LG_DUMP_RATIO : 0;
	while (w->output->bytes < needed) {
		uint64_t rest = needed - w->output->bytes;
		uint32_t bytes = rest < PADDING_BYTES ? (uint32_t)rest : PADDING_BYTES;
		msgpack_packer pk;
		enum lg_status status;

		msgpack_sbuffer_clear(&w->buffer[0]);
		msgpack_packer_init(&pk, &w->buffer[0], msgpack_sbuffer_write);
		if (pack_section(&pk, 2, "padding") || pack_key(&pk, "bytes") ||
		    msgpack_pack_bin(&pk, bytes))
			return no_memory(err);
		status = write_buffer(w, 0, err);
		for (uint32_t n = 0; n < bytes && status == LG_OK;) {
			uint32_t step = bytes - n < sizeof zero ? bytes - n : sizeof zero;

			status = lg_output_write(w->output, zero, step, err);
			n += step;
		}
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status write_tail(struct writer *w, struct lg_error *err)
{
	char seal[LG_DUMP_SEAL_BYTES] = LG_DUMP_SEAL_HEAD;
	uint64_t hash;
	msgpack_packer pk;
	enum lg_status status;

	msgpack_sbuffer_clear(&w->buffer[0]);
	msgpack_packer_init(&pk, &w->buffer[0], msgpack_sbuffer_write);
	if (pack_end(&pk, w->snapshot))
		return no_memory(err);
	status = write_buffer(w, 0, err);
	if (status != LG_OK)
		return status;
	hash = __builtin_bswap64(lg_output_hash(w->output));
	memcpy(seal + LG_DUMP_SEAL_HEAD_BYTES, &hash, sizeof hash);
	return lg_output_write(w->output, seal, sizeof seal, err);
}

static enum lg_status write_all(struct writer *w, const struct lg_progress *progress,
				struct lg_error *err)
{
	enum lg_status status = plan(w, err);

	if (status == LG_OK)
		status = write_head(w, err);
	while (status == LG_OK && w->batch_first < w->task_count) {
		if (lg_progress_report(progress, "write", w->batch_first, w->task_count, "chunks"))
			return lg_fail(err, LG_E_INTERRUPTED, "%s: interrupted, nothing is written",
				       w->output->path);
		status = write_batch(w, err);
	}
	if (status == LG_OK)
		status = write_padding(w, err);
	return status == LG_OK ? write_tail(w, err) : status;
}

enum lg_status lg_dump_write(const char *path, const struct lg_snapshot *snapshot,
			     const struct lg_dump_write_options *options, struct lg_error *err)
{
	static const struct lg_dump_write_options defaults;
	lg_cleanup(lg_redacted_release) struct lg_redacted redacted = {0};
	lg_cleanup(lg_output_release) struct lg_output output = {.fd = -1, .directory = -1};
	lg_cleanup(writer_release) struct writer w = {.snapshot = snapshot, .output = &output};
	enum lg_status status = lg_snapshot_validate(snapshot, err);

	/* What we could not read back is a defect of the producer, not a file. */
	if (status != LG_OK) {
		lg_fail_within(err, "%s: the snapshot is not valid", path);
		return LG_E_INTERNAL;
	}
	if (!options)
		options = &defaults;
	if (options->compression == LG_DUMP_ZSTD)
		w.level = options->zstd_level ? options->zstd_level : 1;
	if (options->redact) {
		status = lg_redact(snapshot, &redacted, err);
		w.snapshot = &redacted.view;
	}
	if (status == LG_OK)
		status = lg_output_open(&output, path, err);
	if (status == LG_OK)
		status = write_all(&w, &options->progress, err);
	return status == LG_OK ? lg_output_commit(&output, err) : status;
}

enum lg_status lg_dump_check_path(const char *path, struct lg_error *err)
{
	lg_cleanup(lg_output_release) struct lg_output output = {.fd = -1, .directory = -1};

	return lg_output_open(&output, path, err);
}
