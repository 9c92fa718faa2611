/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_WARM_UP_H
#define LG_DIFF_WARM_UP_H

#include <stdbool.h>

#include "diff/align.h"

/*
 * Is a row a cache of the interpreter or its library, which fills as a program
 * runs and has a bound of its own, or is bounded by the source? O(1).
 */
bool lg_diff_is_warm_up(const struct lg_diff_union *u, uint32_t row);

#endif
