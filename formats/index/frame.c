/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/index/frame.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/parallel.h"

void lg_index_frame_release(struct lg_index_frame *frame)
{
	free(frame->chunk);
	free(frame->hash);
}

static uint64_t chunks_of(uint64_t bytes)
{
	return (bytes + LG_INDEX_CHUNK_BYTES - 1) / LG_INDEX_CHUNK_BYTES;
}

static uint64_t aligned(uint64_t offset)
{
	return (offset + LG_INDEX_ALIGNMENT - 1) & -(uint64_t)LG_INDEX_ALIGNMENT;
}

static void lay_block(struct lg_index_frame *frame, unsigned block)
{
	uint64_t bytes = frame->block[block].bytes, start = aligned(frame->bytes);

	for (uint64_t at = 0; at < bytes; at += LG_INDEX_CHUNK_BYTES) {
		uint64_t rest = bytes - at;
		uint64_t here = rest < LG_INDEX_CHUNK_BYTES ? rest : LG_INDEX_CHUNK_BYTES;

		frame->chunk[frame->chunk_count++] =
			(struct lg_index_chunk){block, at, here, start + at};
	}
	frame->bytes = start + bytes;
}

enum lg_status lg_index_frame_lay(struct lg_index_frame *frame, const struct lg_index_parts *parts,
				  const struct lg_index_counts *counts, struct lg_error *err)
{
	uint64_t count = 0;

	frame->block_count = lg_index_blocks(parts, counts, frame->block);
	for (unsigned b = 0; b < frame->block_count; b++)
		count += chunks_of(frame->block[b].bytes);
	frame->chunk = lg_alloc(count, sizeof *frame->chunk);
	frame->hash = lg_alloc_zero(count, sizeof *frame->hash);
	if (!frame->chunk || !frame->hash)
		return lg_fail(err, LG_E_MEMORY, "no memory for %lu parts of an index", count);
	frame->bytes = sizeof(struct lg_index_head) + count * sizeof *frame->hash;
	for (unsigned b = 0; b < frame->block_count; b++)
		lay_block(frame, b);
	return LG_OK;
}

uint64_t lg_index_hash(const struct lg_index_head *head, const struct lg_index_frame *frame)
{
	struct lg_index_head unsealed = *head;

	unsealed.hash = XXH3_64bits(frame->hash, frame->chunk_count * sizeof *frame->hash);
	return XXH3_64bits(&unsealed, sizeof unsealed);
}

/* ---- which dump ---- */

/* Longer than a tick of any file system's clock. */
#define A_MOMENT_NS ((uint64_t)2500000000)

static uint64_t nanoseconds(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

enum lg_status lg_index_stamp_of(const char *path, struct lg_index_stamp *out, struct lg_error *err)
{
	struct timespec now;
	struct stat st;

	if (stat(path, &st) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return lg_fail(err, LG_E_IO, "%s cannot be looked at: %s", path, strerror(errno));
	*out = (struct lg_index_stamp){
		.device = st.st_dev,
		.inode = st.st_ino,
		.bytes = (uint64_t)st.st_size,
		.modified_ns = nanoseconds(st.st_mtim),
		.changed_ns = nanoseconds(st.st_ctim),
	};
	if (out->changed_ns + A_MOMENT_NS > nanoseconds(now))
		out->changed_ns = 0;
	return LG_OK;
}

struct print {
	struct lg_input input;
	uint8_t *buffer[LG_MAX_WORKERS];
	uint64_t *hash;
};

static void release(struct print *print)
{
	lg_input_release(&print->input);
	for (int i = 0; i < LG_MAX_WORKERS; i++)
		free(print->buffer[i]);
	free(print->hash);
}

static enum lg_status print_chunk(void *context, unsigned worker, uint64_t index,
				  struct lg_error *err)
{
	struct print *print = context;
	uint64_t offset = index * LG_INDEX_CHUNK_BYTES, rest = print->input.bytes - offset;
	uint64_t bytes = rest < LG_INDEX_CHUNK_BYTES ? rest : LG_INDEX_CHUNK_BYTES;
	enum lg_status status;

	if (!print->buffer[worker])
		print->buffer[worker] = lg_alloc(LG_INDEX_CHUNK_BYTES, 1);
	if (!print->buffer[worker])
		return lg_fail(err, LG_E_MEMORY, "no memory to read %lu bytes", bytes);
	status = lg_input_read(&print->input, offset, print->buffer[worker], bytes, err);
	if (status == LG_OK)
		print->hash[index] = XXH3_64bits(print->buffer[worker], bytes);
	return status;
}

enum lg_status lg_index_fingerprint(const char *path, uint64_t *hash, struct lg_error *err)
{
	lg_cleanup(release) struct print print = {.input.fd = -1};
	enum lg_status status = lg_input_open(&print.input, path, err);
	uint64_t chunks;

	if (status != LG_OK)
		return status;
	chunks = chunks_of(print.input.bytes);
	print.hash = lg_alloc(chunks, sizeof *print.hash);
	if (!print.hash)
		return lg_fail(err, LG_E_MEMORY, "no memory for %lu checksums", chunks);
	status = lg_parallel_for(chunks, print_chunk, &print, err);
	*hash = status == LG_OK ? XXH3_64bits(print.hash, chunks * sizeof *print.hash) : 0;
	return status;
}

enum lg_status lg_index_path(const char *path, char out[PATH_MAX], struct lg_error *err)
{
	int length = snprintf(out, PATH_MAX, "%s" LG_INDEX_SUFFIX, path);

	if (length < 0 || length >= PATH_MAX)
		return lg_fail(err, LG_E_LIMIT, "%.100s...: no index has a name so long", path);
	return LG_OK;
}
