/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "target/trace.h"

/* A stop may be reported without a SIGCHLD to us (another thread took it): look again. */
#define LOOK_AGAIN_NS (2 * LG_MS)

/* A call that signals keep interrupting is issued again this often. */
#define MAX_CALL_TRIES 100

uint64_t lg_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum lg_trace_wait lg_trace_wait(pid_t thread, uint64_t deadline_ns, int *status)
{
	enum lg_trace_wait answer = LG_WAIT_TIMEOUT;
	sigset_t child, old;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &child, &old);
	for (;;) {
		pid_t got = waitpid(thread, status, __WALL | WNOHANG);
		struct timespec pause = {0};
		uint64_t now, left;

		if (got == thread) {
			answer = WIFSTOPPED(*status) ? LG_WAIT_STOPPED : LG_WAIT_DEAD;
			break;
		}
		if (got < 0 && errno != EINTR) {
			*status = 0;
			answer = LG_WAIT_DEAD;
			break;
		}
		now = lg_now_ns();
		if (now >= deadline_ns)
			break;
		left = deadline_ns - now;
		pause.tv_nsec = (long)(left < LOOK_AGAIN_NS ? left : LOOK_AGAIN_NS);
		sigtimedwait(&child, NULL, &pause);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return answer;
}

bool lg_trace_get_registers(pid_t thread, struct user_regs_struct *out)
{
	struct iovec area = {out, sizeof *out};

	return ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &area) == 0 &&
	       area.iov_len == sizeof *out;
}

bool lg_trace_set_registers(pid_t thread, const struct user_regs_struct *registers)
{
	struct iovec area = {(void *)(uintptr_t)registers, sizeof *registers};

	return ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &area) == 0;
}

bool lg_trace_get_mask(pid_t thread, uint64_t *out)
{
	return ptrace(PTRACE_GETSIGMASK, thread, sizeof *out, out) == 0;
}

bool lg_trace_set_mask(pid_t thread, uint64_t mask)
{
	return ptrace(PTRACE_SETSIGMASK, thread, sizeof mask, &mask) == 0;
}

static enum lg_status lost(pid_t thread, const char *how, struct lg_error *err)
{
	return lg_fail(err, LG_E_ATTACH, "thread %d %s while a system call ran in it", thread, how);
}

/* Of a stop that is neither entry nor exit of the call. False: the thread faulted. */
static bool pass_stop(pid_t thread, const struct lg_trace_call *call, int status,
		      bool *stop_signal)
{
	int event = lg_trace_event(status);
	unsigned long child = 0;

	switch (event) {
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		if (ptrace(PTRACE_GETEVENTMSG, thread, 0, &child) == 0 && call->on_child)
			call->on_child(call->context, (pid_t)child);
		return true;
	case 0:
		/* All that can be blocked is: SIGSTOP, or a fault of the instruction itself. */
		if (WSTOPSIG(status) != SIGSTOP)
			return false;
		*stop_signal = true;
		return true;
	}
	return true;
}

static enum lg_status run_once(pid_t thread, const struct lg_trace_call *call,
			       struct user_regs_struct *registers, bool *stop_signal,
			       struct lg_error *err)
{
	uint64_t deadline = lg_now_ns() + call->timeout_ms * LG_MS;
	int status, passed = 0;

	if (!lg_trace_set_registers(thread, registers))
		return lost(thread, "vanished", err);
	while (passed < 2) {
		if (ptrace(PTRACE_SYSCALL, thread, 0, 0) != 0)
			return lost(thread, "vanished", err);
		switch (lg_trace_wait(thread, deadline, &status)) {
		case LG_WAIT_DEAD:
			return lost(thread, "ended", err);
		case LG_WAIT_TIMEOUT:
			return lost(thread, "did not come back in time", err);
		case LG_WAIT_STOPPED:
			break;
		}
		if (status >> 8 == (SIGTRAP | 0x80))
			passed++;
		else if (!pass_stop(thread, call, status, stop_signal))
			return lg_fail(err, LG_E_ATTACH,
				       "thread %d got signal %d (%s) where a system call was to run",
				       thread, WSTOPSIG(status), strsignal(WSTOPSIG(status)));
	}
	if (!lg_trace_get_registers(thread, registers))
		return lost(thread, "vanished", err);
	return LG_OK;
}

struct user_regs_struct lg_trace_call_registers(const struct lg_trace_call *call)
{
	struct user_regs_struct registers = *call->registers;

	registers.rax = (uint64_t)call->number;
	registers.orig_rax = (uint64_t)-1;
	registers.rdi = call->argument[0];
	registers.rsi = call->argument[1];
	registers.rdx = call->argument[2];
	registers.r10 = call->argument[3];
	registers.r8 = call->argument[4];
	registers.r9 = call->argument[5];
	return registers;
}

enum lg_status lg_trace_call(pid_t thread, const struct lg_trace_call *call, int64_t *result,
			     bool *stop_signal, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	*result = -EINTR;
	for (int i = 0; i < MAX_CALL_TRIES; i++) {
		struct user_regs_struct registers = lg_trace_call_registers(call);

		status = run_once(thread, call, &registers, stop_signal, err);
		*result = (int64_t)registers.rax;
		if (status != LG_OK || *result < LG_RESTART_BLOCK || *result > LG_RESTART_SYS)
			return status;
		*result = -EINTR;
	}
	return status;
}

bool lg_trace_settle(pid_t thread, bool *stop_signal)
{
	uint64_t deadline = lg_now_ns() + 1000 * LG_MS;
	int status;

	if (ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0)
		return false;
	for (;;) {
		if (ptrace(PTRACE_CONT, thread, 0, 0) != 0 ||
		    lg_trace_wait(thread, deadline, &status) != LG_WAIT_STOPPED)
			return false;
		if (lg_trace_event(status) == PTRACE_EVENT_STOP)
			return true;
		if (lg_trace_event(status) == 0 && WSTOPSIG(status) == SIGSTOP)
			*stop_signal = true;
	}
}
