/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_PREFER_H
#define LG_ANALYSIS_PREFER_H

#include "analysis/model.h"

/*
 * Choose among the shortest paths of each object: those through frames and
 * names before those through what C types keep without a name, and these
 * before what a thread's state keeps. Distances stay. O(objects + references).
 */
enum lg_status lg_prefer_telling_paths(struct lg_analysis *analysis,
				       struct lg_error *err) LG_MUST_CHECK;

#endif
