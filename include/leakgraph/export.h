/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_EXPORT_H
#define LEAKGRAPH_EXPORT_H

#include "leakgraph/analysis.h"

/*
 * Files of formats that other tools read (formats/README.md). They are written
 * as they come: beside the analysis they take some bytes a label, whatever
 * their size. Names in them are escaped as in all reports (SPEC.md, section 3),
 * and then as the format wants it.
 */

enum lg_export_format {
	LG_EXPORT_NONE = 0,
	LG_EXPORT_HEAPSNAPSHOT, /* V8's: Chrome's Memory panel, memlab */
};

struct lg_export_options {
	enum lg_export_format format;
	struct lg_progress progress;
};

/*
 * Write the analysis to path, whole or not at all, mode 0600; "-" is stdout,
 * which gets what could be written. O(objects + references).
 */
enum lg_status lg_export_write(struct lg_analysis *analysis, const char *path,
			       const struct lg_export_options *options,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
