/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_SNAPSHOT_VALIDATE_MEMORY_H
#define LG_SNAPSHOT_VALIDATE_MEMORY_H

#include "leakgraph/snapshot.h"

/*
 * The tables on memory as a whole: in order, without overlap, no part larger
 * than the whole, and sums that fit. O(rows). The messages are as those of
 * lg_snapshot_validate(), which calls it.
 */
enum lg_status lg_snapshot_validate_memory(const struct lg_snapshot *snapshot,
					   struct lg_error *err) LG_MUST_CHECK;

#endif
