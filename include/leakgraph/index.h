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
 * Map the index of the dump at path. LG_INDEX_USED: *out is the caller's.
 * LG_INDEX_LEFT: *out is NULL, and err->text says why. Anything but LG_OK is a
 * lack of memory or that the user asked to stop. All of the file is checked
 * before it is trusted. O(index), on all cores; its pages are the page cache's.
 *
 * Who cuts the file off while it is mapped makes an access to it SIGBUS, which
 * is the caller's to handle. A file that others than its owner, who must be the
 * caller, may write is left alone: it could change after the check.
 */
enum lg_status lg_index_open(const char *path, const struct lg_progress *progress,
			     enum lg_index_state *state, struct lg_index **out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_index_close(struct lg_index *index);

/*
 * As lg_dump_read() and lg_analysis_open() would have made them; borrowed, valid
 * as long as the index. Columns must not be written to.
 */
const struct lg_snapshot *lg_index_snapshot(const struct lg_index *index);
struct lg_analysis *lg_index_analysis(struct lg_index *index);

/*
 * Write the index of the dump at path, of which analysis was made: whole or not
 * at all, mode 0600. Some 60 bytes an object and 13 a reference.
 */
enum lg_status lg_index_write(const char *path, struct lg_analysis *analysis,
			      const struct lg_progress *progress,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
