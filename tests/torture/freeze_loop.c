/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freeze_loop PID COUNT [HOLD_MS]: freeze a process COUNT times and let the copy
 * go again, without looking into it. Prints "pause_us N" for each.
 *
 * LG_KILL_AT=N kills the tracer with SIGKILL just before the N-th of its
 * requests to the kernel that concern the target, LG_KILL_AFTER=N just after
 * it: the harm that any moment of death could do is so tried one by one.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "target/freeze.h"

static long requests, kill_at, kill_after;

static void count(void)
{
	if (++requests == kill_at)
		kill(getpid(), SIGKILL);
}

static void counted(void)
{
	if (requests == kill_after)
		kill(getpid(), SIGKILL);
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

static int freeze_once(pid_t pid, unsigned hold_ms)
{
	struct lg_freeze *freeze = NULL;
	struct lg_error err = {0};

	if (lg_freeze_open(pid, &freeze, &err) != LG_OK) {
		printf("error %d: %s\n", err.status, err.text);
		return 5;
	}
	usleep(hold_ms * 1000);
	printf("pause_us %.1f\n", (double)lg_freeze_pause_ns(freeze) / 1000.0);
	lg_freeze_close(freeze);
	return 0;
}

static long number_of(const char *name)
{
	const char *value = getenv(name);

	return value ? atol(value) : 0;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: freeze_loop PID COUNT [HOLD_MS]\n");
		return 2;
	}
	kill_at = number_of("LG_KILL_AT");
	kill_after = number_of("LG_KILL_AFTER");
	for (long i = 0; i < atol(argv[2]) && status == 0; i++)
		status = freeze_once(atoi(argv[1]), argc > 3 ? (unsigned)atoi(argv[3]) : 0);
	printf("requests %ld\n", requests);
	return status;
}
