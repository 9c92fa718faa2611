/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/proc.h"
#include "target/threads.h"
#include "target/trace.h"

/* A thread that sleeps without end in the kernel (vfork, a dead file server) is given up. */
#define STOP_TIMEOUT_NS (100 * LG_MS)
/* The kernel's own bound on threads is 4 million; a process with more than this is not met. */
#define MAX_THREADS     65536
/* Each scan of a process that keeps starting threads finds some more. */
#define MAX_SCANS       1000

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

void lg_threads_free(struct lg_threads *threads)
{
	if (!threads)
		return;
	free(threads->thread);
	*threads = (struct lg_threads){0};
}

/* Of these nothing comes where there is no handler. */
#define IDLE_SIGNALS (signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | \
		      signal_bit(SIGWINCH))

static uint64_t signal_bit(int number)
{
	return (uint64_t)1 << (number - 1);
}

/*
 * Linux keeps signals for a traced thread that it would else have thrown away. Those for the
 * process go to its main thread, unless that blocks them; then to any other.
 */
bool lg_thread_has_signal(pid_t pid, pid_t thread)
{
	struct lg_proc_status status, main_thread;
	uint64_t idle;

	if (lg_proc_status_read(pid, thread, &status, NULL) != LG_OK)
		return true;
	idle = status.ignored | (IDLE_SIGNALS & ~status.caught);
	if (status.pending & ~status.blocked & ~idle)
		return true;
	if (!(status.shared_pending & ~status.blocked & ~idle))
		return false;
	if (thread == pid || lg_proc_status_read(pid, pid, &main_thread, NULL) != LG_OK)
		return true;
	return (status.shared_pending & ~status.blocked & ~idle & main_thread.blocked) != 0;
}

static enum lg_status refused(pid_t pid, pid_t thread, int failure, struct lg_error *err)
{
	struct lg_proc_status status;

	if (lg_proc_status_read(pid, thread, &status, NULL) == LG_OK && status.tracer)
		return lg_fail(err, LG_E_ATTACH,
			       "thread %d of process %d is traced by process %d, expected no tracer",
			       thread, pid, status.tracer);
	return lg_fail(err, LG_E_ATTACH, "thread %d of process %d can't be traced: %s", thread, pid,
		       strerror(failure));
}

/* The thread's number stands first in the struct, so that a number is a key. */
static int compare_threads(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

static bool known(const struct lg_threads *threads, pid_t thread)
{
	if (!threads->sorted)
		return false;
	return bsearch(&thread, threads->thread, threads->sorted, sizeof *threads->thread,
		       compare_threads) != NULL;
}

static enum lg_status seize(struct lg_threads *threads, pid_t thread, bool *busy,
			    struct lg_error *err)
{
	char state;

	if (threads->count == MAX_THREADS)
		return lg_fail(err, LG_E_ATTACH, "process %d has more than %d threads",
			       threads->pid, MAX_THREADS);
	if (!lg_reserve(threads->thread, threads->capacity, threads->count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for a table of %zu threads",
			       threads->count + 1);
	/* Once seized, a thread is bound to us until it stops: don't begin what can't end. */
	if (threads->first_ns == 0 && lg_proc_thread_state(threads->pid, thread) == 'D') {
		*busy = true;
		return lg_fail(err, LG_E_ATTACH,
			       "thread %d of process %d sleeps in the kernel and can't be stopped",
			       thread, threads->pid);
	}
	if (ptrace(PTRACE_SEIZE, thread, 0, 0) != 0) {
		int failure = errno;

		state = lg_proc_thread_state(threads->pid, thread);
		if (failure == ESRCH || state == 0 || state == 'Z' || state == 'X')
			return LG_OK;
		return refused(threads->pid, thread, failure, err);
	}
	threads->thread[threads->count] = (struct lg_thread_stop){.thread = thread};
	lg_sleep_look(threads->pid, thread, &threads->clocks,
		      &threads->thread[threads->count++].sleep);
	return LG_OK;
}

/* Seize the threads not known yet. */
static enum lg_status scan(struct lg_threads *threads, bool *busy, struct lg_error *err)
{
	char path[64];
	lg_cleanup(close_directory) DIR *directory = NULL;
	struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%d/task", threads->pid);
	directory = opendir(path);
	if (!directory)
		return lg_fail(err, LG_E_ATTACH, "process %d is gone", threads->pid);
	while ((entry = readdir(directory))) {
		pid_t thread = atoi(entry->d_name);
		enum lg_status status;

		if (thread <= 0 || known(threads, thread))
			continue;
		status = seize(threads, thread, busy, err);
		if (status != LG_OK)
			return status;
	}
	if (threads->count)
		qsort(threads->thread, threads->count, sizeof *threads->thread,
		      compare_threads);
	threads->sorted = threads->count;
	return LG_OK;
}

/* To the next PTRACE_EVENT_STOP. Signals met on the way are the target's: they are delivered. */
static enum lg_trace_wait await_stop(struct lg_thread_stop *stop, uint64_t deadline)
{
	int status;

	for (;;) {
		enum lg_trace_wait got = lg_trace_wait(stop->thread, deadline, &status);
		int event = lg_trace_event(status);

		if (got != LG_WAIT_STOPPED)
			return got;
		if (event == PTRACE_EVENT_STOP) {
			stop->stopped = true;
			return got;
		}
		ptrace(PTRACE_CONT, stop->thread, 0, event ? 0 : WSTOPSIG(status));
	}
}

static void forget(struct lg_threads *threads, size_t i)
{
	memmove(&threads->thread[i], &threads->thread[i + 1],
		(threads->count - i - 1) * sizeof *threads->thread);
	threads->sorted = --threads->count;
}

/* Interrupt those that run, wait for all; false with the first that would not stop. */
static bool stop_known(struct lg_threads *threads, pid_t *stuck)
{
	uint64_t deadline;

	if (!threads->first_ns)
		threads->first_ns = lg_now_ns();
	for (size_t i = 0; i < threads->count; i++)
		if (!threads->thread[i].stopped)
			ptrace(PTRACE_INTERRUPT, threads->thread[i].thread, 0, 0);
	deadline = lg_now_ns() + STOP_TIMEOUT_NS;
	for (size_t i = 0; i < threads->count;) {
		enum lg_trace_wait got = LG_WAIT_STOPPED;

		if (!threads->thread[i].stopped)
			got = await_stop(&threads->thread[i], deadline);
		if (got == LG_WAIT_TIMEOUT) {
			*stuck = threads->thread[i].thread;
			return false;
		}
		if (got == LG_WAIT_DEAD)
			forget(threads, i);
		else
			i++;
	}
	return true;
}

static void rewind_call(const struct lg_threads *threads, struct lg_thread_stop *stop)
{
	struct user_regs_struct registers;

	if (!lg_trace_get_registers(stop->thread, &registers))
		return;
	stop->stack_pointer = registers.rsp;
	if ((int64_t)registers.orig_rax < 0 || (int64_t)registers.rax != -EINTR ||
	    !lg_sleep_is_broken(registers.orig_rax) ||
	    lg_thread_has_signal(threads->pid, stop->thread))
		return;
	stop->interrupted = registers;
	lg_sleep_rewind(threads->pid, stop->thread, &stop->sleep, &registers);
	stop->rewound = lg_trace_set_registers(stop->thread, &registers);
}

static void rewind_all(const struct lg_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		if (threads->thread[i].stopped)
			rewind_call(threads, &threads->thread[i]);
}

static void release(struct lg_threads *threads, struct lg_thread_stop *stop)
{
	/* A signal that came since has a right to its EINTR. */
	if (stop->rewound && lg_thread_has_signal(threads->pid, stop->thread))
		lg_trace_set_registers(stop->thread, &stop->interrupted);
	ptrace(PTRACE_DETACH, stop->thread, 0, 0);
}

void lg_threads_resume(struct lg_threads *threads)
{
	size_t kept = 0;

	for (size_t i = 0; i < threads->count; i++) {
		if (threads->thread[i].stopped)
			release(threads, &threads->thread[i]);
		else
			threads->thread[kept++] = threads->thread[i];
	}
	threads->count = threads->sorted = kept;
	if (threads->first_ns)
		threads->stopped_ns += lg_now_ns() - threads->first_ns;
	threads->first_ns = 0;
	threads->clocks.measured = false;
	if (threads->stop_signal)
		kill(threads->pid, SIGSTOP);
	threads->stop_signal = false;
}

void lg_threads_drain(struct lg_threads *threads, uint32_t timeout_ms)
{
	uint64_t deadline = lg_now_ns() + timeout_ms * LG_MS;

	while (threads->count) {
		struct lg_thread_stop *stop = &threads->thread[threads->count - 1];

		if (await_stop(stop, deadline) == LG_WAIT_TIMEOUT)
			return;
		if (stop->stopped) {
			rewind_call(threads, stop);
			release(threads, stop);
		}
		threads->sorted = --threads->count;
	}
}

static enum lg_status stuck_thread(struct lg_threads *threads, pid_t stuck, bool *busy,
				   struct lg_error *err)
{
	char state = lg_proc_thread_state(threads->pid, stuck);

	*busy = true;
	return lg_fail(err, LG_E_ATTACH,
		       "thread %d of process %d did not stop within %d ms (state %c)", stuck,
		       threads->pid, (int)(STOP_TIMEOUT_NS / LG_MS), state ? state : '?');
}

enum lg_status lg_threads_stop_one(struct lg_threads *threads, pid_t thread, bool *busy,
				   struct lg_error *err)
{
	enum lg_status status;
	pid_t stuck;

	*busy = false;
	status = seize(threads, thread, busy, err);
	if (status == LG_OK && threads->count == 0)
		status = lg_fail(err, LG_E_ATTACH, "thread %d is gone", thread);
	if (status == LG_OK && !stop_known(threads, &stuck))
		status = stuck_thread(threads, stuck, busy, err);
	rewind_all(threads);
	if (status != LG_OK)
		lg_threads_resume(threads);
	return status;
}

enum lg_status lg_threads_stop(struct lg_threads *threads, bool *busy, struct lg_error *err)
{
	enum lg_status status = LG_OK;
	pid_t stuck;

	*busy = false;
	/* A scan that finds nothing new while all known ones stand has found all. */
	for (int i = 0; status == LG_OK; i++) {
		size_t before = threads->count;

		status = scan(threads, busy, err);
		if (status != LG_OK || (i > 0 && threads->count == before))
			break;
		*busy = i == MAX_SCANS;
		if (i == MAX_SCANS)
			status = lg_fail(err, LG_E_ATTACH,
					 "process %d starts threads faster than they are stopped",
					 threads->pid);
		else if (!stop_known(threads, &stuck))
			status = stuck_thread(threads, stuck, busy, err);
	}
	if (status == LG_OK && threads->count == 0)
		status = lg_fail(err, LG_E_ATTACH, "process %d has no thread that runs",
				 threads->pid);
	rewind_all(threads);
	if (status != LG_OK)
		lg_threads_resume(threads);
	return status;
}
