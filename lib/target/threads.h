/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_THREADS_H
#define LG_TARGET_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "leakgraph/status.h"
#include "target/sleep.h"

/* One traced thread of the target. */
struct lg_thread_stop {
	pid_t thread;
	bool stopped; /* in a PTRACE_EVENT_STOP; else running towards one */
	uint64_t stack_pointer; /* 0: not known */
	struct lg_sleep sleep; /* what it was in before */
	bool rewound; /* its interrupted call will be issued again ... */
	struct user_regs_struct interrupted; /* ... unless a signal came: then as it was */
};

/* The stopped threads of a process. Zero-initialise; release with lg_threads_free(). */
struct lg_threads {
	pid_t pid;
	struct lg_thread_stop *thread;
	size_t count, capacity;
	size_t sorted;     /* so many at the front ascend; the rest was found by the scan under way */
	uint64_t first_ns; /* when the first was interrupted */
	uint64_t stopped_ns; /* for how long they stood, all times together */
	struct lg_clocks clocks;
	bool stop_signal;  /* a SIGSTOP came meanwhile, and is sent again at the end */
};

/*
 * Stop all threads of threads->pid, those too that appear meanwhile. On
 * failure everything that could be stopped runs again. LG_E_ATTACH with *busy
 * true: a thread could not be stopped within its time, worth another attempt.
 */
enum lg_status lg_threads_stop(struct lg_threads *threads, bool *busy,
			       struct lg_error *err) LG_MUST_CHECK;

/* Stop one thread only; the same rules. */
enum lg_status lg_threads_stop_one(struct lg_threads *threads, pid_t thread, bool *busy,
				   struct lg_error *err) LG_MUST_CHECK;

/*
 * Let all run, each with its interrupted call restarted. Threads that never
 * stopped stay attached: they are let go when they do stop, or when the
 * calling thread ends.
 */
void lg_threads_resume(struct lg_threads *threads);

/* Wait up to timeout_ms for threads that never stopped, and let them go. */
void lg_threads_drain(struct lg_threads *threads, uint32_t timeout_ms);

void lg_threads_free(struct lg_threads *threads);

/* A signal waits that the thread would take: its calls must be left to fail. */
bool lg_thread_has_signal(pid_t pid, pid_t thread);

#endif
