/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_INDEX_H
#define LEAKGRAPH_INDEX_H

#include "leakgraph/analysis.h"

/*
 * An index: a dump's columns and what the engine made of them, as they lie in
 * memory, in a file beside the dump ("heap.msgpack.index"). Reading it takes
 * the place of decoding the dump and of building graph and dominator tree.
 *
 * It is a cache and no format to exchange: it holds for the one dump whose
 * checksum it names, and for the version of leakgraph that wrote it
 * (formats/index/README.md).
 */

struct lg_index;

enum lg_index_state {
	LG_INDEX_NONE, /* there is no such file */
	LG_INDEX_USED,
	LG_INDEX_LEFT, /* there is one, but not for this: of another dump or version, not ours, damaged */
};

/*
 * What is wanted of an index. What is not is neither read nor checked, and its
 * columns are NULL: the less a command asks for, the sooner it starts. Types,
 * strings, roots and all other small tables, and the sums that
 * lg_histogram_build() and lg_overview_build() need, are always there.
 */
enum lg_index_part {
	LG_INDEX_SUMS = 0,
	LG_INDEX_OBJECTS = 1 << 0,    /* type, shallow_bytes, flags */
	LG_INDEX_ADDRESSES = 1 << 1,  /* address, refcount */
	LG_INDEX_REFERENCES = 1 << 2, /* first_reference, ref_* */
	LG_INDEX_DOMINATORS = 1 << 3, /* the tree and the labels of its edges */
	LG_INDEX_GRAPH = 1 << 4,      /* its rows */
	LG_INDEX_SHORTEST = 1 << 5,   /* shortest paths */
	LG_INDEX_MARKS = 1 << 6,      /* allocations, equals, containers, bounds: of single objects */
	LG_INDEX_ALL = (1 << 7) - 1,

	/* What a walk down the dominator tree needs, with its labels. */
	LG_INDEX_TREE = LG_INDEX_OBJECTS | LG_INDEX_REFERENCES | LG_INDEX_DOMINATORS,
};

/*
 * Map the index of the dump at path, and the parts of it that are wanted.
 * LG_INDEX_USED: *out is the caller's. LG_INDEX_LEFT: *out is NULL, and
 * err->text says why. Anything but LG_OK is a lack of memory or that the user
 * asked to stop. Each part is checked as a whole before it is trusted. O(parts),
 * on all cores; its pages are the page cache's.
 *
 * The dump itself is not read where it is, by device, inode, length and times
 * of its last changes, the file that the index was made of; else by its length
 * and a checksum of all of it.
 *
 * Who cuts the file off while it is mapped makes an access to it SIGBUS, which
 * is the caller's to handle. A file that others than its owner, who must be the
 * caller, may write is left alone: it could change after the check.
 */
enum lg_status lg_index_open(const char *path, unsigned parts, const struct lg_progress *progress,
			     enum lg_index_state *state, struct lg_index **out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_index_close(struct lg_index *index);

/*
 * As lg_dump_read() and lg_analysis_open() would have made them; borrowed, valid
 * as long as the index. Columns must not be written to; those of parts that were
 * not asked for are NULL.
 */
const struct lg_snapshot *lg_index_snapshot(const struct lg_index *index);
struct lg_analysis *lg_index_analysis(struct lg_index *index);

/*
 * Write the index of the dump at path, of which analysis was made: whole or not
 * at all, mode 0600. Some 65 bytes an object and 13 a reference, and no more
 * memory than the analysis and its shortest paths.
 */
enum lg_status lg_index_write(const char *path, struct lg_analysis *analysis,
			      const struct lg_progress *progress,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
