/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_SUSPECTS_H
#define LG_DIFF_SUSPECTS_H

#include "leakgraph/diff.h"

/* Suspects that all profiles of the head have, and whether the base has them. */
enum lg_status lg_diff_find_suspects(const struct lg_diff_side *base,
				     const struct lg_diff_side *head, struct lg_diff *diff,
				     struct lg_error *err) LG_MUST_CHECK;

#endif
