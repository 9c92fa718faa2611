/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "target/copy.h"
#include "target/proc.h"
#include "target/process_memory.h"
#include "target/revive.h"

/* How often a wait looks whether the user asked to stop. */
#define LOOK_NS (20 * LG_MS)
/* Code that computes stops at once; longer only where the machine is out of memory. */
#define STOP_MS 2000
#define CALL_TIMEOUT_MS 60000
#define EFLAGS_PLAIN 0x202 /* interrupts on, direction forward */

pid_t lg_freeze_pid(const struct lg_freeze *freeze)
{
	return freeze->copy;
}

uint64_t lg_freeze_pause_ns(const struct lg_freeze *freeze)
{
	return freeze->pause_ns;
}

const uint64_t *lg_freeze_stacks(const struct lg_freeze *freeze, size_t *count)
{
	*count = freeze->stack_count;
	return freeze->stack;
}

enum lg_status lg_freeze_maps(struct lg_freeze *freeze, const struct lg_maps **out,
			      struct lg_error *err)
{
	*out = &freeze->maps;
	return freeze->maps.text ? LG_OK : lg_maps_read(freeze->copy, &freeze->maps, err);
}

struct lg_freeze_extent lg_freeze_extent(const struct lg_freeze *freeze)
{
	char path[64];
	unsigned long long mapped, resident, data;
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);

	if (freeze->extent.mapped_bytes)
		return freeze->extent;
	snprintf(path, sizeof path, "/proc/%d/statm", freeze->copy);
	lg_cleanup(lg_fclose) FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%llu %llu %*u %*u %*u %llu", &mapped, &resident, &data) != 3)
		return (struct lg_freeze_extent){0};
	return (struct lg_freeze_extent){
		.mapped_bytes = mapped * page_bytes,
		.resident_bytes = resident * page_bytes,
		.data_bytes = data * page_bytes,
	};
}

const struct lg_memory *lg_freeze_memory(struct lg_freeze *freeze)
{
	return &freeze->memory;
}

enum lg_status lg_freeze_write(struct lg_freeze *freeze, uint64_t address, const void *bytes,
			       size_t length, struct lg_error *err)
{
	return lg_process_write(freeze->copy, address, bytes, length, err);
}

static enum lg_status unusable(const struct lg_freeze *freeze, const char *how, struct lg_error *err)
{
	if (freeze->target)
		return lg_fail(err, LG_E_ATTACH, "the frozen copy of process %d %s", freeze->target,
			       how);
	return lg_fail(err, LG_E_ATTACH, "the process that holds the memory %s", how);
}

static enum lg_status check_standing(const struct lg_freeze *freeze, struct lg_error *err)
{
	if (freeze->state == LG_COPY_DEAD)
		return unusable(freeze, "is dead", err);
	if (freeze->state == LG_COPY_RUNS)
		return unusable(freeze, "can't be stopped", err);
	return LG_OK;
}

bool lg_freeze_lives(const struct lg_freeze *freeze)
{
	char state = lg_proc_thread_state(freeze->copy, freeze->copy);

	return state && state != 'Z' && state != 'X';
}

bool lg_freeze_ran_short(const struct lg_freeze *freeze)
{
	return lg_memory_watch_struck(freeze->watch);
}

enum lg_status lg_freeze_explain(const struct lg_freeze *freeze, enum lg_status status,
				 struct lg_error *err)
{
	if (status == LG_OK || status == LG_E_INTERRUPTED || !freeze || !freeze->target)
		return status;
	if (lg_freeze_ran_short(freeze))
		return lg_fail(err, LG_E_ATTACH,
			       "the frozen copy of process %d was given up, since the memory of its "
			       "group ran short: limit %llu bytes (%s)",
			       freeze->target, (unsigned long long)freeze->group.limit_bytes,
			       freeze->group.path);
	if (lg_freeze_lives(freeze))
		return status;
	return lg_fail(err, LG_E_ATTACH,
		       "the frozen copy of process %d was killed, as the kernel does where it is out "
		       "of memory",
		       freeze->target);
}

enum lg_status lg_freeze_syscall(struct lg_freeze *freeze, long number, const uint64_t arguments[6],
				 int64_t *result, struct lg_error *err)
{
	struct user_regs_struct before, registers;
	struct lg_trace_call call = {
		.registers = &registers,
		.number = number,
		.timeout_ms = CALL_TIMEOUT_MS,
	};
	enum lg_status status = check_standing(freeze, err);
	bool ignored = false;

	*result = -ESRCH;
	if (status != LG_OK)
		return status;
	if (freeze->sealed)
		return lg_fail(err, LG_E_INTERNAL, "system call %ld after code has run", number);
	if (!lg_trace_get_registers(freeze->copy, &before)) {
		freeze->state = LG_COPY_DEAD;
		return check_standing(freeze, err);
	}
	registers = before;
	registers.rip = freeze->code.call;
	memcpy(call.argument, arguments, sizeof call.argument);
	status = lg_trace_call(freeze->copy, &call, result, &ignored, err);
	before.orig_rax = (uint64_t)-1;
	if (status == LG_OK && lg_trace_set_registers(freeze->copy, &before))
		return LG_OK;
	freeze->state = LG_COPY_RUNS;
	return status == LG_OK ? check_standing(freeze, err) : status;
}

enum lg_status lg_freeze_start(struct lg_freeze *freeze, const struct lg_freeze_call *call,
			       struct lg_error *err)
{
	struct user_regs_struct registers = freeze->copy_registers;
	enum lg_status status = check_standing(freeze, err);
	uint64_t nowhere = 0;

	if (status == LG_OK && freeze->seal)
		status = lg_revive_seal(freeze, err);
	if (status != LG_OK)
		return status;
	/* As a function is entered: what it would return to is 0, a fault. */
	registers.rsp = call->stack - sizeof nowhere;
	status = lg_freeze_write(freeze, registers.rsp, &nowhere, sizeof nowhere, err);
	if (status != LG_OK)
		return status;
	registers.rip = call->entry;
	registers.rdi = call->argument;
	registers.rax = 0;
	registers.rbp = 0;
	registers.orig_rax = (uint64_t)-1;
	registers.eflags = EFLAGS_PLAIN;
	if (!lg_trace_set_registers(freeze->copy, &registers)) {
		freeze->state = LG_COPY_DEAD;
		return check_standing(freeze, err);
	}
	freeze->state = LG_COPY_STARTED;
	return LG_OK;
}

static bool is_fault(int signal_number)
{
	switch (signal_number) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGABRT:
	case SIGSYS:
	case SIGTRAP:
		return true;
	}
	return false;
}

/* What a stop of the copy means; false for one that is to be passed over. */
static bool is_event(struct lg_freeze *freeze, int status, enum lg_freeze_event *event,
		     int *signal_number)
{
	int number = WSTOPSIG(status);
	siginfo_t info = {0};

	if (lg_trace_event(status) != 0 || !is_fault(number))
		return false;
	if (number == SIGTRAP && ptrace(PTRACE_GETSIGINFO, freeze->copy, 0, &info) == 0 &&
	    info.si_code == SI_KERNEL) {
		*event = LG_FREEZE_TRAP;
		return true;
	}
	*event = LG_FREEZE_FAULT;
	*signal_number = number;
	freeze->state = LG_COPY_STANDS;
	return true;
}

/* Time is over: stop it. What it had to say at just that moment still counts. */
static void stall(struct lg_freeze *freeze, enum lg_freeze_event *event, int *signal_number)
{
	uint64_t deadline = lg_now_ns() + STOP_MS * LG_MS;
	int status;

	*event = LG_FREEZE_STALL;
	freeze->state = LG_COPY_RUNS;
	ptrace(PTRACE_INTERRUPT, freeze->copy, 0, 0);
	for (;;) {
		switch (lg_trace_wait(freeze->copy, deadline, &status)) {
		case LG_WAIT_TIMEOUT:
			return;
		case LG_WAIT_DEAD:
			*event = LG_FREEZE_DEAD;
			freeze->state = LG_COPY_DEAD;
			return;
		case LG_WAIT_STOPPED:
			break;
		}
		freeze->state = LG_COPY_STARTED;
		if (is_event(freeze, status, event, signal_number))
			return;
		if (lg_trace_event(status) == PTRACE_EVENT_STOP) {
			freeze->state = LG_COPY_STANDS;
			return;
		}
		ptrace(PTRACE_CONT, freeze->copy, 0, 0);
	}
}

enum lg_status lg_freeze_wait(struct lg_freeze *freeze, uint32_t timeout_ms,
			      enum lg_freeze_event *event, int *signal_number, struct lg_error *err)
{
	uint64_t deadline = lg_now_ns() + timeout_ms * LG_MS;
	int status;

	*event = LG_FREEZE_DEAD;
	*signal_number = 0;
	if (freeze->state == LG_COPY_DEAD)
		return LG_OK;
	if (freeze->state != LG_COPY_STARTED)
		return lg_fail(err, LG_E_INTERNAL, "the frozen copy is waited for before a start");
	ptrace(PTRACE_CONT, freeze->copy, 0, 0);
	for (;;) {
		uint64_t now = lg_now_ns();

		if (lg_guard_stopped()) {
			stall(freeze, event, signal_number);
			return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
		}
		if (now >= deadline) {
			stall(freeze, event, signal_number);
			return LG_OK;
		}
		if (lg_revive_is_greedy(freeze))
			kill(freeze->copy, SIGKILL);
		switch (lg_trace_wait(freeze->copy,
				      deadline - now < LOOK_NS ? deadline : now + LOOK_NS, &status)) {
		case LG_WAIT_TIMEOUT:
			continue;
		case LG_WAIT_DEAD:
			freeze->state = LG_COPY_DEAD;
			return LG_OK;
		case LG_WAIT_STOPPED:
			break;
		}
		if (is_event(freeze, status, event, signal_number))
			return LG_OK;
		ptrace(PTRACE_CONT, freeze->copy, 0, 0);
	}
}
