/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>

#include "leakgraph/status.h"

/* Seconds of processor time: of this thread, and of all threads of the process. */
double cpu_seconds(void);
double process_seconds(void);

/* Of these, those the kernel took: for the most part to clear new pages. */
double kernel_seconds(void);
double process_kernel_seconds(void);

/* The middle one; reorders. */
double median(double *seconds, unsigned count);

/*
 * How much resident memory grows: rss_mark() starts anew, rss_peak() says by
 * how many bytes the most since then exceeds what there was. 0 where the
 * kernel doesn't let the mark be set.
 */
void rss_mark(void);
uint64_t rss_peak(void);

/* Prints the error and exits unless status is LG_OK. */
void must(enum lg_status status, const struct lg_error *error);

#endif
