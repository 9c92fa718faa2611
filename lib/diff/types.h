/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_TYPES_H
#define LG_DIFF_TYPES_H

#include "diff/align.h"

/* What each type has on both sides, without garbage. O(rows + types log types). */
enum lg_status lg_diff_sum_types(const struct lg_diff_union *u, struct lg_diff *diff,
				 struct lg_error *err) LG_MUST_CHECK;

#endif
