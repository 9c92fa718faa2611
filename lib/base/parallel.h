/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_PARALLEL_H
#define LG_BASE_PARALLEL_H

#include <stdint.h>

#include "leakgraph/status.h"

#define LG_MAX_WORKERS 8

/* How many workers lg_parallel_for uses: the cores of this process, at most LG_MAX_WORKERS. */
unsigned lg_parallel_workers(void);

/*
 * Call work(context, worker, index, err) for each index below count, on up to
 * lg_parallel_workers() threads; worker 0 is the caller's own thread, the only
 * one that may report progress. Indexes are handed out in ascending order, and
 * no more after a failure; of several failures the one of the lowest index
 * is returned.
 */
typedef enum lg_status (*lg_parallel_work)(void *context, unsigned worker, uint64_t index,
					   struct lg_error *err);
enum lg_status lg_parallel_for(uint64_t count, lg_parallel_work work, void *context,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
