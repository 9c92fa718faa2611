/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_TRACEMALLOC_H
#define LG_CPYTHON_TRACEMALLOC_H

#include "base/intern.h"
#include "base/word_map.h"
#include "cpython/runtime.h"

/* What tracemalloc has recorded: the site of each block that is allocated. */
struct lg_traces {
	struct lg_site *site;
	size_t site_count, site_capacity;
	struct lg_word_map block; /* address of a block to its site */
};

void lg_traces_free(struct lg_traces *traces);

/* Bytes that tracemalloc needs for a trace, at least: an entry and what it points to. */
#define LG_TRACE_BYTES 48

/*
 * Read the traces of tracemalloc's own domain, at most `most`: as many as the
 * process has memory for. Nothing where it does not run. Chains and counts are
 * bounded; a trace that can't be read is left out. Files go to `strings`.
 * O(traces), each some reads of the copy. The caller frees, also after a failure.
 */
enum lg_status lg_traces_read(const struct lg_python *python, const struct lg_maps *maps,
			      uint64_t most, struct lg_intern *strings, struct lg_traces *out,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
