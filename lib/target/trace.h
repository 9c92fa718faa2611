/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_TRACE_H
#define LG_TARGET_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "leakgraph/status.h"

/* The few ptrace requests in use, and waiting with an end to it. x86-64 Linux. */

/* What the kernel leaves in rax of a call that a stop interrupted. */
enum {
	LG_RESTART_SYS = -512,
	LG_RESTART_NOINTR = -513,
	LG_RESTART_NOHAND = -514,
	LG_RESTART_BLOCK = -516,
};

#define LG_ALL_SIGNALS (~(uint64_t)0)
#define LG_MS          ((uint64_t)1000000)

uint64_t lg_now_ns(void);

enum lg_trace_wait { LG_WAIT_STOPPED, LG_WAIT_DEAD, LG_WAIT_TIMEOUT };

/*
 * Wait for the next stop of a traced thread, at most until deadline_ns of
 * lg_now_ns(). *status is waitpid's where it stopped or died by it.
 */
enum lg_trace_wait lg_trace_wait(pid_t thread, uint64_t deadline_ns, int *status);

/* Of a status: the PTRACE_EVENT_ number, 0 for a plain signal stop. */
static inline int lg_trace_event(int status)
{
	return status >> 16;
}

bool lg_trace_get_registers(pid_t thread, struct user_regs_struct *out);
bool lg_trace_set_registers(pid_t thread, const struct user_regs_struct *registers);
bool lg_trace_get_mask(pid_t thread, uint64_t *out);
bool lg_trace_set_mask(pid_t thread, uint64_t mask);

/*
 * Run one system call in a stopped thread: *registers with rip at a `syscall`
 * instruction (and rsp as it is to be). The thread ends in its exit stop; its
 * registers are the caller's to set. *child is the process that a clone made,
 * seen before it has run an instruction. *stop_signal: a SIGSTOP that was held
 * back. LG_E_ATTACH when the thread dies or timeout_ms passes.
 */
struct lg_trace_call {
	const struct user_regs_struct *registers;
	long number;
	uint64_t argument[6];
	uint32_t timeout_ms;
	void (*on_child)(void *context, pid_t child); /* may be NULL */
	void *context;
};
/* The registers with which it begins. */
struct user_regs_struct lg_trace_call_registers(const struct lg_trace_call *call);

enum lg_status lg_trace_call(pid_t thread, const struct lg_trace_call *call, int64_t *result,
			     bool *stop_signal, struct lg_error *err) LG_MUST_CHECK;

/*
 * From an exit stop to a PTRACE_EVENT_STOP, without an instruction run: only
 * there may registers of an interrupted call be put back so that the kernel
 * restarts it.
 */
bool lg_trace_settle(pid_t thread, bool *stop_signal);

#endif
