/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_LISTS_H
#define LG_WALKER_LISTS_H

#include "walker/abi.h"
#include "walker/walk.h"

/*
 * Sum up free lists of malloc inside the copy: bytes, chunks and whole of each
 * are set. A list that is torn ends its row, with whole 0. O(free chunks).
 */
enum lg_status lg_walk_lists(struct lg_freeze *freeze, const struct lg_left *left,
			     struct lg_walker_lists *lists, size_t count, struct lg_error *err) LG_MUST_CHECK;

#endif
