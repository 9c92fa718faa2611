/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_ATTEMPTS_H
#define LG_TARGET_ATTEMPTS_H

#include "target/threads.h"

/*
 * Stop the threads, do something with them, let them go. Failing with *busy true it is
 * worth another attempt.
 */
typedef enum lg_status (*lg_attempt)(void *context, struct lg_threads *threads, bool *busy,
				     struct lg_error *err);

/*
 * Attempts in haste until one succeeds, fails for good, or there were 20 of them: half a
 * second and what they take. LG_E_INTERRUPTED when the user asks to stop. For how long the
 * threads stood in all is in threads->stopped_ns.
 */
enum lg_status lg_attempts_make(struct lg_threads *threads, lg_attempt attempt, void *context,
				struct lg_error *err) LG_MUST_CHECK;

#endif
