/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freeze_loop PID COUNT [HOLD_MS]: freeze a process COUNT times and let the copy
 * go again, without looking into it. Prints "pause_us N" for each.
 *
 * LG_KILL_AT=N kills the tracer with SIGKILL just before the N-th of its
 * requests to the kernel that concern the target, LG_KILL_AFTER=N just after
 * it: the harm that any moment of death could do is so tried one by one.
 * LG_GUARD=1 works inside lg_guard_run(); with LG_KILL_PARENT=1 it is the
 * guarding parent, the process a user sees, that is killed at that moment, and
 * with LG_KILL_TARGET=1 the target.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "leakgraph/take.h"
#include "target/freeze.h"

static long requests, kill_at, kill_after, kill_parent, kill_target;

static void strike(void)
{
	kill(kill_target ? (pid_t)kill_target : kill_parent ? getppid() : getpid(), SIGKILL);
}

static void count(void)
{
	if (++requests == kill_at)
		strike();
}

static void counted(void)
{
	if (requests == kill_after)
		strike();
}

long __real_ptrace(int request, pid_t pid, void *address, void *data);
long __wrap_ptrace(int request, pid_t pid, void *address, void *data);
long __wrap_ptrace(int request, pid_t pid, void *address, void *data)
{
	long result;

	count();
	result = __real_ptrace(request, pid, address, data);
	counted();
	return result;
}

ssize_t __real_process_vm_writev(pid_t pid, const struct iovec *local, unsigned long local_count,
				 const struct iovec *remote, unsigned long remote_count,
				 unsigned long flags);
ssize_t __wrap_process_vm_writev(pid_t pid, const struct iovec *local, unsigned long local_count,
				 const struct iovec *remote, unsigned long remote_count,
				 unsigned long flags);
ssize_t __wrap_process_vm_writev(pid_t pid, const struct iovec *local, unsigned long local_count,
				 const struct iovec *remote, unsigned long remote_count,
				 unsigned long flags)
{
	ssize_t result;

	count();
	result = __real_process_vm_writev(pid, local, local_count, remote, remote_count, flags);
	counted();
	return result;
}

struct plan {
	pid_t pid;
	long count;
	unsigned hold_ms;
};

static enum lg_status freeze_all(void *context, struct lg_error *err)
{
	const struct plan *plan = context;
	enum lg_status status = LG_OK;

	for (long i = 0; i < plan->count && status == LG_OK; i++) {
		struct lg_freeze *freeze = NULL;

		status = lg_freeze_open(plan->pid, &freeze, NULL, err);
		if (status != LG_OK)
			break;
		for (unsigned ms = 0; ms < plan->hold_ms && !lg_guard_stopped(); ms++)
			usleep(1000);
		printf("pause_us %.1f\n", (double)lg_freeze_pause_ns(freeze) / 1000.0);
		lg_freeze_close(freeze);
	}
	printf("requests %ld\n", requests);
	return status;
}

static long number_of(const char *name)
{
	const char *value = getenv(name);

	return value ? atol(value) : 0;
}

int main(int argc, char **argv)
{
	struct lg_error err = {0};
	enum lg_status status;
	struct plan plan;

	if (argc < 3) {
		fprintf(stderr, "usage: freeze_loop PID COUNT [HOLD_MS]\n");
		return 2;
	}
	kill_at = number_of("LG_KILL_AT");
	kill_after = number_of("LG_KILL_AFTER");
	kill_parent = number_of("LG_KILL_PARENT");
	kill_target = number_of("LG_KILL_TARGET") ? atoi(argv[1]) : 0;
	plan = (struct plan){
		.pid = atoi(argv[1]),
		.count = atol(argv[2]),
		.hold_ms = argc > 3 ? (unsigned)atoi(argv[3]) : 0,
	};
	if (number_of("LG_GUARD"))
		status = lg_guard_run(plan.pid, freeze_all, &plan, &err);
	else
		status = freeze_all(&plan, &err);
	if (status != LG_OK)
		printf("error %d: %s\n", status, err.text);
	return status == LG_OK ? 0 : status == LG_E_INTERRUPTED ? 130 : 5;
}
