/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DOT_H
#define LG_DOT_H

#include "base/stream.h"
#include "leakgraph/analysis.h"

/*
 * The paths of lg_where_build(query), with what they begin with in common drawn
 * once: the shortest from a root, the chain of dominators, and where no single
 * object holds it the smallest cut, its references dashed. Its errors.
 */
enum lg_status lg_dot_write(struct lg_analysis *analysis, const char *query,
			    struct lg_stream *stream, struct lg_error *err) LG_MUST_CHECK;

#endif
