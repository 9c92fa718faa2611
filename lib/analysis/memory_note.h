/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_MEMORY_NOTE_H
#define LG_ANALYSIS_MEMORY_NOTE_H

#include "analysis/text.h"
#include "leakgraph/memory.h"

/* The largest part that is neither an object nor of files. */
enum lg_memory_part lg_memory_largest_elsewhere(const struct lg_accounting *accounting);

/*
 * One sentence on the largest part of the memory that is no Python object,
 * where it is at least a quarter of the anonymous memory and least_bytes; else
 * nothing is added. It names fragmentation and native leaks as such.
 */
enum lg_status lg_memory_note(const struct lg_analysis *analysis,
			      const struct lg_accounting *accounting, uint64_t least_bytes,
			      struct lg_buffer *out, struct lg_error *err) LG_MUST_CHECK;

/* "Python objects 58.7 MB, pages of files 5.1 MB, ...": the largest first. */
void lg_memory_line(const struct lg_accounting *accounting, struct lg_buffer *out);

#endif
