/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WATCH_CONDITIONS_H
#define LG_WATCH_CONDITIONS_H

#include "leakgraph/watch.h"

/* When a dump is due: a decision over numbers, with no clock and no process of its own. */
struct lg_conditions {
	const struct lg_watch_options *options; /* borrowed */
	bool taken;              /* there was a dump */
	bool above;              /* RSS has been told; it must fall first */
	uint64_t last_ns;        /* when the last dump fell due */
	uint64_t last_rss_bytes; /* RSS then */
};

/* Which conditions hold now (monotonic time): LG_WATCH_FIRST | ..., 0 for none. O(1). */
unsigned lg_conditions_due(struct lg_conditions *conditions, uint64_t now_ns, uint64_t rss_bytes);

/* The dump that fell due at that moment is made. */
void lg_conditions_met(struct lg_conditions *conditions, uint64_t now_ns, uint64_t rss_bytes);

#endif
