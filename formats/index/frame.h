/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_INDEX_FRAME_H
#define LG_INDEX_FRAME_H

#include <limits.h>
#include <string.h>

#include "formats/dump/input.h"
#include "formats/index/blocks.h"

/*
 * The file: the head, a checksum for each chunk of each block, the blocks, each
 * from a multiple of LG_INDEX_ALIGNMENT on. A chunk is what is hashed at a time.
 */
#define LG_INDEX_MAGIC "leakgraph.index"
#define LG_INDEX_VERSION 2
#define LG_INDEX_CHUNK_BYTES ((uint64_t)1 << 20)
#define LG_INDEX_ALIGNMENT 64u
#define LG_INDEX_SUFFIX ".index"

/* A file as the file system tells it from others, and from what it was before. */
struct lg_index_stamp {
	uint64_t device, inode, bytes;
	uint64_t modified_ns, changed_ns; /* changed_ns 0: it says nothing */
};

struct lg_index_head {
	char magic[16];
	uint64_t version;
	uint64_t shape;      /* lg_index_shape() of the writer */
	struct lg_index_stamp stamp; /* which dump it is of: that very file, */
	uint64_t dump_hash;          /* or one with this lg_index_fingerprint() */
	uint64_t bytes;      /* of the whole file */
	uint64_t hash;       /* XXH3 of head, with 0 here, and checksums */
	struct lg_index_counts counts;
};

/* A part of a block, and where it stands in the file. */
struct lg_index_chunk {
	unsigned block;
	uint64_t in_block, bytes, offset;
};

/* Blocks cut in chunks. Zero-initialise; lg_index_frame_release() for lg_cleanup. */
struct lg_index_frame {
	struct lg_index_block block[LG_INDEX_MOST_BLOCKS];
	unsigned block_count;
	struct lg_index_chunk *chunk;
	uint64_t *hash; /* chunk_count */
	uint64_t chunk_count;
	uint64_t bytes; /* of the whole file */
};
enum lg_status lg_index_frame_lay(struct lg_index_frame *frame, const struct lg_index_parts *parts,
				  const struct lg_index_counts *counts,
				  struct lg_error *err) LG_MUST_CHECK;
void lg_index_frame_release(struct lg_index_frame *frame);

/* What head->hash must be. */
uint64_t lg_index_hash(const struct lg_index_head *head, const struct lg_index_frame *frame);

/*
 * The stamp of a file. One that was changed a moment ago could be changed again
 * without another time on it: its stamp says nothing.
 */
enum lg_status lg_index_stamp_of(const char *path, struct lg_index_stamp *out,
				 struct lg_error *err) LG_MUST_CHECK;
static inline bool lg_index_stamps_match(const struct lg_index_stamp *a, const struct lg_index_stamp *b)
{
	return a->changed_ns != 0 && memcmp(a, b, sizeof *a) == 0;
}

/* Checksum of a file. O(file), on all cores. */
enum lg_status lg_index_fingerprint(const char *path, uint64_t *hash,
				    struct lg_error *err) LG_MUST_CHECK;

/* "heap.msgpack.index". LG_E_LIMIT where that is longer than a path can be. */
enum lg_status lg_index_path(const char *path, char out[PATH_MAX],
			     struct lg_error *err) LG_MUST_CHECK;

#endif
