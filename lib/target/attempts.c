/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "target/attempts.h"
#include "target/priority.h"

#define ATTEMPTS 20
#define WAIT_MS  25

/* How long to wait at the end for threads that have not stopped yet. */
#define DRAIN_MS 1000

enum lg_status lg_attempts_make(struct lg_threads *threads, lg_attempt attempt, void *context,
				struct lg_error *err)
{
	__attribute__((unused)) lg_cleanup(lg_priority_restore) struct lg_priority before =
		lg_priority_hurry();
	enum lg_status status = LG_OK;
	bool busy = true;

	for (int i = 0; busy && i < ATTEMPTS; i++) {
		if (lg_guard_stopped())
			return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
		if (i > 0)
			usleep(WAIT_MS * 1000);
		lg_threads_drain(threads, 0);
		busy = false;
		status = attempt(context, threads, &busy, err);
	}
	lg_threads_drain(threads, DRAIN_MS);
	if (busy)
		lg_fail_within(err, "given up after %d attempts", ATTEMPTS);
	return status;
}
