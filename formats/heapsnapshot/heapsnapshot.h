/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_HEAPSNAPSHOT_H
#define LG_HEAPSNAPSHOT_H

#include "base/stream.h"
#include "leakgraph/analysis.h"

/*
 * All objects and references as V8 writes them: README.md says what stands for
 * what. Objects that retain less than least_bytes are merged (merge.h); 0: none
 * is. O(objects + references); memory for one number a label that differs from
 * all others, and for the garbage; where objects are merged, 8 bytes an object.
 */
enum lg_status lg_heapsnapshot_write(const struct lg_analysis *analysis, uint64_t least_bytes,
				     const struct lg_progress *progress, struct lg_stream *stream,
				     struct lg_error *err) LG_MUST_CHECK;

#endif
