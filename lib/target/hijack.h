/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_HIJACK_H
#define LG_TARGET_HIJACK_H

#include "target/check.h"
#include "target/code.h"
#include "target/threads.h"
#include "target/trace.h"

/*
 * One system call in a stopped thread of the target. At no moment between two
 * of our steps may our death harm it, so each step is either nothing to the
 * thread or done with a way back laid out on its stack (frame.h):
 *
 *	1. frames below the red zone     memory that no one reads
 *	2. registers: at the call        from here the thread finds back itself
 *	3. all signals blocked           the way back restores the mask
 *	4. the call runs
 *	5. the mask as it was
 *	6. the registers as they were    and the kernel restarts what it interrupted
 */
struct lg_hijack {
	struct lg_thread_stop *stop;
	struct user_regs_struct saved;
	uint64_t mask;
	struct lg_trace_call call;
	struct user_regs_struct entry;
};

/*
 * Choose a thread and take steps 1 to 3. Nothing has changed when it fails;
 * *busy: no thread was fit just now, worth another attempt.
 */
enum lg_status lg_hijack_begin(struct lg_threads *threads, const struct lg_code *code,
			       const struct lg_trace_call *call, enum lg_filters filters,
			       struct lg_hijack *out, bool *busy, struct lg_error *err) LG_MUST_CHECK;

/* Step 4. */
enum lg_status lg_hijack_run(struct lg_threads *threads, struct lg_hijack *hijack, int64_t *result,
			     struct lg_error *err) LG_MUST_CHECK;

/* Steps 5 and 6. Where the thread can't be had it finds back itself. */
void lg_hijack_end(struct lg_threads *threads, struct lg_hijack *hijack);

#endif
