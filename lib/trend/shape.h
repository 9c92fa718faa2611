/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TREND_SHAPE_H
#define LG_TREND_SHAPE_H

#include "leakgraph/trend.h"

/* How a line of `count` points, at least one, has grown; *since as lg_trend_line has it. O(count). */
enum lg_trend_shape lg_trend_judge(const struct lg_trend_point *point, size_t count, size_t *since);

#endif
