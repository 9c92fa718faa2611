/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_SITES_H
#define LG_TAKE_SITES_H

#include "base/intern.h"
#include "cpython/runtime.h"
#include "leakgraph/snapshot.h"

/* Where tracemalloc runs: the sites of all objects it saw, into the snapshot. */
enum lg_status lg_take_sites(const struct lg_python *python, const struct lg_maps *maps,
			     struct lg_intern *strings, struct lg_snapshot *snapshot,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
