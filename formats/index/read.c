/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bounds.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "formats/index/frame.h"
#include "graph/fold.h"
#include "graph/validate.h"
#include "leakgraph/index.h"
#include "snapshot/validate.h"

LG_DEFINE_CLEANUP(lg_index_close, struct lg_index *)

struct lg_index {
	void *map; /* the file, MAP_FAILED before */
	uint64_t map_bytes;
	unsigned wanted; /* enum lg_index_part */
	struct lg_index_parts parts;
	struct lg_index_frame frame; /* its blocks lie in the map */
};

/* Is all of these parts wanted? */
static bool wants(const struct lg_index *index, unsigned part)
{
	return (part & ~index->wanted) == 0;
}

void lg_index_close(struct lg_index *index)
{
	if (!index)
		return;
	/* What lies in the map is not for free(); what was built since is. */
	for (unsigned i = 0; i < index->frame.block_count; i++)
		if (wants(index, index->frame.block[i].part))
			*index->frame.block[i].slot = NULL;
	lg_analysis_free(index->parts.analysis);
	lg_snapshot_free(index->parts.snapshot);
	lg_index_frame_release(&index->frame);
	if (index->map != MAP_FAILED)
		munmap(index->map, index->map_bytes);
	free(index);
}

const struct lg_snapshot *lg_index_snapshot(const struct lg_index *index)
{
	return index->parts.snapshot;
}

struct lg_analysis *lg_index_analysis(struct lg_index *index)
{
	return index->parts.analysis;
}

static bool make_analysis(struct lg_index *index)
{
	struct lg_analysis *a = calloc(1, sizeof *a);

	index->parts.analysis = a;
	if (!a)
		return false;
	a->snapshot = index->parts.snapshot;
	a->graph = calloc(1, sizeof *a->graph);
	a->dominators = calloc(1, sizeof *a->dominators);
	a->shortest = calloc(1, sizeof *a->shortest);
	if (!a->graph || !a->dominators || !a->shortest)
		return false;
	a->graph->snapshot = index->parts.snapshot;
	return true;
}

static struct lg_index *new_index(unsigned wanted)
{
	lg_cleanup(lg_index_close_slot) struct lg_index *index = calloc(1, sizeof *index);

	if (!index)
		return NULL;
	index->map = MAP_FAILED;
	index->wanted = wanted;
	index->parts.snapshot = lg_snapshot_new();
	return index->parts.snapshot && make_analysis(index) ? lg_take(index) : NULL;
}

/* ---- is it for this dump, and for us? ---- */

static enum lg_status map_file(struct lg_index *index, const char *index_path, struct lg_error *err)
{
	lg_cleanup(lg_input_release) struct lg_input input = {.fd = -1};
	enum lg_status status = lg_input_open(&input, index_path, err);
	struct stat st;

	if (status != LG_OK)
		return status;
	if (fstat(input.fd, &st) != 0)
		return lg_fail(err, LG_E_IO, "cannot be looked at: %s", strerror(errno));
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return lg_fail(err, LG_E_UNREADABLE,
			       "may be written by others (user %u, mode %03o, expected user %u, 600)",
			       st.st_uid, st.st_mode & 0777, geteuid());
	if (input.bytes < sizeof(struct lg_index_head))
		return lg_fail(err, LG_E_UNREADABLE, "has %lu bytes, too few for an index",
			       input.bytes);
	index->map_bytes = input.bytes;
	index->map = mmap(NULL, input.bytes, PROT_READ, MAP_SHARED, input.fd, 0);
	if (index->map == MAP_FAILED)
		return lg_fail(err, LG_E_IO, "cannot be mapped: %s", strerror(errno));
	return LG_OK;
}

static enum lg_status check_dump(const struct lg_index_head *head, const char *path,
				 struct lg_error *err)
{
	struct lg_index_stamp stamp;
	uint64_t hash = 0;
	enum lg_status status = lg_index_stamp_of(path, &stamp, err);

	if (status != LG_OK || lg_index_stamps_match(&head->stamp, &stamp))
		return status;
	if (stamp.bytes == head->stamp.bytes)
		status = lg_index_fingerprint(path, &hash, err);
	if (status == LG_OK && (stamp.bytes != head->stamp.bytes || hash != head->dump_hash))
		return lg_fail(err, LG_E_UNREADABLE, "is of another dump, or of this one as it was");
	return status;
}

static enum lg_status check_head(const struct lg_index *index, const char *path,
				 struct lg_error *err)
{
	const struct lg_index_head *head = index->map;

	if (memcmp(head->magic, LG_INDEX_MAGIC, sizeof head->magic) != 0)
		return lg_fail(err, LG_E_UNREADABLE, "is no index");
	if (head->version != LG_INDEX_VERSION || head->shape != lg_index_shape())
		return lg_fail(err, LG_E_UNREADABLE, "was written by another version of leakgraph");
	if (head->bytes != index->map_bytes)
		return lg_fail(err, LG_E_UNREADABLE, "has %lu bytes, expected %lu",
			       index->map_bytes, head->bytes);
	return check_dump(head, path, err);
}

/* Cuts the blocks, and takes the checksums of their chunks. */
static enum lg_status cut(struct lg_index *index, struct lg_error *err)
{
	const struct lg_index_head *head = index->map;
	struct lg_index_frame *frame = &index->frame;
	enum lg_status status = lg_index_counts_put(&head->counts, &index->parts, err);

	if (status == LG_OK)
		status = lg_index_frame_lay(frame, &index->parts, &head->counts, err);
	if (status != LG_OK)
		return status;
	if (frame->bytes != index->map_bytes)
		return lg_fail(err, LG_E_UNREADABLE, "has %lu bytes, its counts make %lu",
			       index->map_bytes, frame->bytes);
	memcpy(frame->hash, head + 1, frame->chunk_count * sizeof *frame->hash);
	if (lg_index_hash(head, frame) != head->hash)
		return lg_fail(err, LG_E_UNREADABLE, "is damaged: the checksum of its head is wrong");
	return LG_OK;
}

/* ---- blocks ---- */

static enum lg_status check_chunk(void *context, unsigned worker, uint64_t i, struct lg_error *err)
{
	const struct lg_index *index = context;
	const struct lg_index_chunk *chunk = &index->frame.chunk[i];
	const char *bytes = (const char *)index->map + chunk->offset;

	(void)worker;
	if (!wants(index, index->frame.block[chunk->block].part))
		return LG_OK;
	if (XXH3_64bits(bytes, chunk->bytes) != index->frame.hash[i])
		return lg_fail(err, LG_E_UNREADABLE, "is damaged at byte %lu", chunk->offset);
	return LG_OK;
}

/* An empty block has no chunk, and any pointer will do: nothing is read there. */
static void point(struct lg_index *index)
{
	const struct lg_index_frame *frame = &index->frame;

	for (unsigned i = 0; i < frame->block_count; i++)
		if (wants(index, frame->block[i].part))
			*frame->block[i].slot = index->map;
	for (uint64_t i = 0; i < frame->chunk_count; i++) {
		const struct lg_index_block *block = &frame->block[frame->chunk[i].block];

		if (frame->chunk[i].in_block == 0 && wants(index, block->part))
			*block->slot = (char *)index->map + frame->chunk[i].offset;
	}
}

/* ---- what they make ---- */

static enum lg_status check_snapshot(const struct lg_index *index, struct lg_error *err)
{
	const struct lg_index_head *head = index->map;
	const struct lg_snapshot *s = index->parts.snapshot;
	uint64_t end = s->strings.offset[s->strings.count];

	if (end != head->counts.string_bytes)
		return lg_fail(err, LG_E_UNREADABLE, "its strings end at byte %lu, expected %lu",
			       end, head->counts.string_bytes);
	return lg_snapshot_validate_there(s, err);
}

static enum lg_status check_dominators(const struct lg_index *index, struct lg_error *err)
{
	const struct lg_analysis *a = index->parts.analysis;

	return lg_dominators_validate(a->graph, a->dominators, err);
}

static enum lg_status check_folded(const struct lg_index *index, struct lg_error *err)
{
	return lg_folded_validate(index->parts.analysis->graph, err);
}

static enum lg_status check_graph(const struct lg_index *index, struct lg_error *err)
{
	return lg_graph_validate(index->parts.analysis->graph, err);
}

static enum lg_status check_shortest(const struct lg_index *index, struct lg_error *err)
{
	const struct lg_analysis *a = index->parts.analysis;

	return lg_shortest_validate(a->graph, a->shortest, err);
}

static enum lg_status check_via(const struct lg_index *index, struct lg_error *err)
{
	const struct lg_snapshot *s = index->parts.snapshot;
	const uint32_t *via = index->parts.analysis->via;
	uint64_t i = lg_first_beyond(via, s->object_count, s->reference_count);

	if (i == s->object_count)
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE, "via[%lu] is %u, expected less than %u", i, via[i],
		       s->reference_count);
}

static const struct {
	unsigned part;
	enum lg_status (*run)(const struct lg_index *index, struct lg_error *err);
} checks[] = {
	{LG_INDEX_DOMINATORS, check_dominators}, {LG_INDEX_SUMS, check_snapshot},
	{LG_INDEX_SHORTEST, check_shortest},     {LG_INDEX_GRAPH, check_graph},
	{LG_INDEX_DOMINATORS, check_via},        {LG_INDEX_DOMINATORS, check_folded},
};

/* Each asks only what is said by counts, so they run side by side; the longest first. */
static enum lg_status validate(void *context, unsigned worker, uint64_t i, struct lg_error *err)
{
	const struct lg_index *index = context;

	(void)worker;
	return wants(index, checks[i].part) ? checks[i].run(index, err) : LG_OK;
}

/* So that it is made when asked for, or missed at once. */
static void drop_unwanted(struct lg_index *index)
{
	struct lg_analysis *a = index->parts.analysis;

	if (!wants(index, LG_INDEX_SHORTEST)) {
		lg_shortest_free(a->shortest);
		a->shortest = NULL;
	}
	if (!wants(index, LG_INDEX_DOMINATORS)) {
		lg_dominators_free(a->dominators);
		a->dominators = NULL;
	}
}

static enum lg_status read_file(struct lg_index *index, const char *index_path, const char *path,
				const struct lg_progress *progress, struct lg_error *err)
{
	enum lg_status status = map_file(index, index_path, err);

	if (status == LG_OK)
		status = check_head(index, path, err);
	if (status == LG_OK)
		status = cut(index, err);
	if (status == LG_OK && lg_progress_report(progress, "reading the index", 0,
						  index->map_bytes, "bytes"))
		return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	if (status == LG_OK)
		status = lg_parallel_for(index->frame.chunk_count, check_chunk, index, err);
	if (status != LG_OK)
		return status;
	point(index);
	status = lg_parallel_for(sizeof checks / sizeof *checks, validate, index, err);
	drop_unwanted(index);
	if (status == LG_OK && wants(index, LG_INDEX_DOMINATORS))
		status = lg_fold_tables(index->parts.analysis->graph, err);
	return status == LG_OK ? lg_analysis_tables(index->parts.analysis, err) : status;
}

enum lg_status lg_index_open(const char *path, unsigned parts, const struct lg_progress *progress,
			     enum lg_index_state *state, struct lg_index **out,
			     struct lg_error *err)
{
	lg_cleanup(lg_index_close_slot) struct lg_index *index = NULL;
	char index_path[PATH_MAX];
	enum lg_status status;

	*out = NULL;
	*state = LG_INDEX_NONE;
	if (lg_index_path(path, index_path, err) != LG_OK || access(index_path, F_OK) != 0)
		return LG_OK;
	index = new_index(parts);
	if (!index)
		return lg_fail(err, LG_E_MEMORY, "no memory for an index");
	status = read_file(index, index_path, path, progress, err);
	*state = status == LG_OK ? LG_INDEX_USED : LG_INDEX_LEFT;
	if (status == LG_OK)
		*out = lg_take(index);
	else
		lg_fail_within(err, "%s", index_path);
	return status == LG_E_MEMORY || status == LG_E_INTERRUPTED ? status : LG_OK;
}
