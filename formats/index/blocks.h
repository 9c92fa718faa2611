/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_INDEX_BLOCKS_H
#define LG_INDEX_BLOCKS_H

#include "analysis/model.h"
#include "formats/dump/schema.h"
#include "leakgraph/index.h"

/*
 * The arrays of a snapshot, its graph and its analysis: which there are, how
 * long each is, and where its pointer stands. The one list for writing and reading.
 */

/* What lengths follow from. Stands in the file as it is. */
struct lg_index_counts {
	uint64_t rows[LG_TABLE_COUNT];
	uint64_t string_bytes;
	uint64_t inner_references, leaf_references; /* of the graph */
	uint64_t folded;
	uint64_t reached;
	uint64_t object_bytes, object_count, reached_bytes; /* as the analysis has them */
	struct lg_snapshot_info info;
};

struct lg_index_block {
	void **slot;
	uint64_t bytes;
	unsigned part; /* enum lg_index_part; 0: always read */
};

#define LG_INDEX_MOST_BLOCKS 256

/* The parts that an index is of. All are there; pointers to arrays may not be yet. */
struct lg_index_parts {
	struct lg_snapshot *snapshot;
	struct lg_analysis *analysis; /* with graph, dominators and shortest */
};

/* Of parts that are whole. */
struct lg_index_counts lg_index_counts_of(const struct lg_index_parts *parts);

/*
 * Give empty parts the counts. LG_E_UNREADABLE where these can't be those of a
 * snapshot: beyond this no length overflows.
 */
enum lg_status lg_index_counts_put(const struct lg_index_counts *counts,
				   const struct lg_index_parts *parts,
				   struct lg_error *err) LG_MUST_CHECK;

/* All blocks, in the order of the file; returns how many. */
unsigned lg_index_blocks(const struct lg_index_parts *parts, const struct lg_index_counts *counts,
			 struct lg_index_block block[LG_INDEX_MOST_BLOCKS]);

/*
 * What the file depends on besides its own version, in one number: names and
 * places of all columns. O(1).
 */
uint64_t lg_index_shape(void);

#endif
