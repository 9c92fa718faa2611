/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_COLLECTOR_H
#define LG_CPYTHON_COLLECTOR_H

#include "cpython/runtime.h"
#include "leakgraph/snapshot.h"

/*
 * What the collector of an interpreter says of itself: thresholds, counts,
 * flags, how many objects are in gc.garbage. `frozen` is not set: how long that
 * list is, only who walks it knows. What can't be read is 0.
 */
void lg_collector_read(const struct lg_python *python, uint64_t interpreter,
		       struct lg_collector_state *out);

#endif
