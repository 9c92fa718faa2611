/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_EXPORT_H
#define LEAKGRAPH_EXPORT_H

#include "leakgraph/analysis.h"

/*
 * Files of formats that other tools read (formats/README.md). They are written
 * as they come: beside the analysis they take some bytes a label that differs
 * from others, and never the whole of the output. Names in them are escaped as in all reports (SPEC.md, section 3),
 * and then as the format wants it.
 */

enum lg_export_format {
	LG_EXPORT_NONE = 0,
	LG_EXPORT_HEAPSNAPSHOT, /* V8's: Chrome's Memory panel, memlab */
	LG_EXPORT_PPROF,        /* profile.proto, with gzip: go tool pprof */
	LG_EXPORT_FOLDED,       /* folded stacks: flame graphs */
	LG_EXPORT_DOT,          /* the paths of an object or type: Graphviz */
	LG_EXPORT_CSV,          /* a table: spreadsheets */
	LG_EXPORT_JSON,         /* the same, a JSON object a line */
	LG_EXPORT_PARQUET,      /* tables of many heaps: by lg_fleet_export(), fleet.h */
	LG_EXPORT_FORMAT_COUNT
};

#define LG_EXPORT_DEPTH     64
#define LG_EXPORT_MIN_SHARE 0.0001

struct lg_export_options {
	enum lg_export_format format;
	uint64_t min_retained_bytes; /* HEAPSNAPSHOT: what retains less is merged; 0: nothing is */
	const char *what; /* DOT: a query, as lg_where_build(); CSV, JSON: a table's name */
	/* PPROF, FOLDED: by sites of allocations instead of the dominator tree; of this, frames
	   of a stack (0: LG_EXPORT_DEPTH), and the least share of what roots reach that has a
	   frame of its own (0: LG_EXPORT_MIN_SHARE). */
	bool sites;
	uint32_t depth;
	double min_share;
	struct lg_progress progress;
};

/*
 * Write the analysis to path, whole or not at all, mode 0600; "-" is stdout,
 * which gets what could be written. O(objects + references). LG_E_USAGE and
 * LG_E_NOT_FOUND where `what` is not there, or the dump has no sites.
 */
enum lg_status lg_export_write(struct lg_analysis *analysis, const char *path,
			       const struct lg_export_options *options,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
