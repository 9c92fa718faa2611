/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "target/copy.h"
#include "target/guard.h"
#include "target/hijack.h"
#include "target/priority.h"
#include "target/proc.h"
#include "target/process_memory.h"

/* Attempts to stop a process that is not ready for it, and the wait between them. */
#define OPEN_ATTEMPTS 20
#define OPEN_WAIT_MS  25

/* The kernel copies 4 GB of page tables in 0.2 s; more than this is a machine that thrashes. */
#define FORK_TIMEOUT_MS 120000
#define CALL_TIMEOUT_MS 5000

#define HELPER_FLAGS  (CLONE_VM | CLONE_FILES | CLONE_FS)
#define COPY_FLAGS    (CLONE_FILES | CLONE_FS)
#define CHILD_OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE)

LG_DEFINE_CLEANUP(lg_freeze_close, struct lg_freeze *)

static enum lg_status fork_refused(const struct lg_freeze *freeze, int64_t result,
				   struct lg_error *err)
{
	const char *why = "";

	switch (-result) {
	case EAGAIN:
		why = " (a limit on processes: ulimit -u, or pids.max of its cgroup)";
		break;
	case ENOMEM:
		why = " (memory: vm.overcommit_memory, or a limit of its cgroup)";
		break;
	case EPERM:
	case ENOSYS:
	case EACCES:
		why = " (a seccomp filter)";
		break;
	}
	return lg_fail(err, LG_E_ATTACH, "process %d may not be copied: clone: %s%s", freeze->target,
		       strerror((int)-result), why);
}

static void on_helper(void *context, pid_t child)
{
	struct lg_freeze *freeze = context;

	freeze->helper = child;
	lg_guard_note()->helper = child;
}

static void on_copy(void *context, pid_t child)
{
	struct lg_freeze *freeze = context;

	freeze->copy = child;
	lg_guard_note()->copy = child;
}

/* The target's seccomp filters came along: where we may, they are not asked what ours may do. */
static bool set_child_options(pid_t child)
{
	return ptrace(PTRACE_SETOPTIONS, child, 0, CHILD_OPTIONS | PTRACE_O_SUSPEND_SECCOMP) == 0 ||
	       ptrace(PTRACE_SETOPTIONS, child, 0, CHILD_OPTIONS) == 0;
}

/* To its first stop, before it has run anything; from here on it dies with us. */
static enum lg_status adopt(pid_t child, const char *what, struct user_regs_struct *registers,
			    struct lg_error *err)
{
	int status;

	if (child > 0 &&
	    lg_trace_wait(child, lg_now_ns() + 5000 * LG_MS, &status) == LG_WAIT_STOPPED &&
	    set_child_options(child) && lg_trace_get_registers(child, registers))
		return LG_OK;
	return lg_fail(err, LG_E_ATTACH, "the %s of the process died at once", what);
}

/* Stage one: the helper, by a call in the target. The target is itself again afterwards. */
static enum lg_status make_helper(struct lg_freeze *freeze, struct lg_threads *threads,
				  enum lg_filters filters, bool *busy, struct lg_error *err)
{
	struct lg_trace_call call = {
		.number = SYS_clone,
		.argument = {HELPER_FLAGS},
		.timeout_ms = CALL_TIMEOUT_MS,
		.on_child = on_helper,
		.context = freeze,
	};
	struct lg_hijack hijack;
	enum lg_status status;
	int64_t result;

	status = lg_hijack_begin(threads, &freeze->code, &call, filters, &hijack, busy, err);
	if (status != LG_OK)
		return status;
	status = lg_hijack_run(threads, &hijack, &result, err);
	if (status == LG_OK && result < 0)
		status = fork_refused(freeze, result, err);
	if (status == LG_OK) {
		freeze->helper_inner = (pid_t)result;
		lg_guard_note()->helper_inner = (pid_t)result;
		lg_priority_raise(freeze->helper);
		status = adopt(freeze->helper, "helper", &freeze->helper_registers, err);
	}
	lg_hijack_end(threads, &hijack);
	return status;
}

static enum lg_status call_in_helper(struct lg_freeze *freeze, long number,
				     const uint64_t arguments[6], uint32_t timeout_ms,
				     int64_t *result, struct lg_error *err)
{
	struct user_regs_struct registers = freeze->helper_registers;
	struct lg_trace_call call = {
		.registers = &registers,
		.number = number,
		.timeout_ms = timeout_ms,
		.on_child = on_copy,
		.context = freeze,
	};
	bool ignored = false;

	registers.rip = freeze->code.call;
	memcpy(call.argument, arguments, sizeof call.argument);
	return lg_trace_call(freeze->helper, &call, result, &ignored, err);
}

/* Stage two: the copy, by a call in the helper. */
static enum lg_status make_copy(struct lg_freeze *freeze, struct lg_error *err)
{
	static const uint64_t fork_flags[6] = {COPY_FLAGS};
	enum lg_status status;
	int64_t result;

	status = call_in_helper(freeze, SYS_clone, fork_flags, FORK_TIMEOUT_MS, &result, err);
	if (status != LG_OK)
		return status;
	if (result < 0)
		return fork_refused(freeze, result, err);
	freeze->copy_inner = (pid_t)result;
	lg_guard_note()->copy_inner = (pid_t)result;
	return LG_OK;
}

/*
 * Neither holds a descriptor of the target open, should that close one or end.
 * Up to here they share its table, so that nothing it closes is kept either.
 */
static enum lg_status leave_descriptors(struct lg_freeze *freeze, struct lg_error *err)
{
	static const uint64_t close_all[6] = {0, ~0u, CLOSE_RANGE_UNSHARE};
	enum lg_status status;
	int64_t result;

	status = call_in_helper(freeze, SYS_close_range, close_all, CALL_TIMEOUT_MS, &result, err);
	if (status == LG_OK)
		status = lg_freeze_syscall(freeze, SYS_close_range, close_all, &result, err);
	return status;
}

static void end_child(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	/* It may stop once more on its way. */
	while (lg_trace_wait(child, lg_now_ns() + 10000 * LG_MS, &status) == LG_WAIT_STOPPED)
		ptrace(PTRACE_CONT, child, 0, 0);
}

/* The copy first, then its parent, then what is left of that in the target. */
static void end_children(struct lg_freeze *freeze)
{
	volatile struct lg_guard_note *note = lg_guard_note();
	uint64_t arguments[6] = {(uint64_t)freeze->copy_inner, 0, __WALL | WNOHANG};
	int64_t result;

	if (freeze->copy && freeze->state != LG_COPY_DEAD)
		end_child(freeze->copy);
	if (freeze->copy_inner && freeze->helper &&
	    call_in_helper(freeze, SYS_wait4, arguments, CALL_TIMEOUT_MS, &result, NULL) != LG_OK)
		result = 0;
	freeze->copy = note->copy = 0;
	if (!freeze->helper)
		return;
	end_child(freeze->helper);
	if (freeze->helper_inner)
		lg_target_reap(freeze->target, freeze->start_time, freeze->helper_inner);
	freeze->helper = note->helper = 0;
}

void lg_copy_offer_to_oom_killer(pid_t copy)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", copy);
	lg_cleanup(lg_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1000", 4) != 4)
		return;
}

/* Without memory for them nothing is known of stacks, and all else is right. */
static void keep_stacks(struct lg_freeze *freeze, const struct lg_threads *threads)
{
	free(freeze->stack);
	freeze->stack_count = 0;
	freeze->stack = lg_alloc(threads->count, sizeof *freeze->stack);
	for (size_t i = 0; freeze->stack && i < threads->count; i++)
		if (threads->thread[i].stack_pointer)
			freeze->stack[freeze->stack_count++] = threads->thread[i].stack_pointer;
}

static enum lg_status attempt(struct lg_freeze *freeze, struct lg_threads *threads,
			      enum lg_filters filters, bool *busy, struct lg_error *err)
{
	enum lg_status status = lg_threads_stop(threads, busy, err);
	uint64_t first = threads->first_ns;

	if (status != LG_OK)
		return status;
	status = make_helper(freeze, threads, filters, busy, err);
	if (status == LG_OK)
		status = make_copy(freeze, err);
	keep_stacks(freeze, threads);
	lg_threads_resume(threads);
	freeze->pause_ns = lg_now_ns() - first;
	if (status == LG_OK)
		status = adopt(freeze->copy, "copy", &freeze->copy_registers, err);
	if (status != LG_OK)
		return status;
	/* Not so the helper: its memory is the target's. */
	lg_copy_offer_to_oom_killer(freeze->copy);
	setpriority(PRIO_PROCESS, (id_t)freeze->copy, getpriority(PRIO_PROCESS, (id_t)freeze->target));
	return leave_descriptors(freeze, err);
}

static enum lg_status find_code(struct lg_freeze *freeze, struct lg_error *err)
{
	struct lg_memory memory = lg_process_memory(freeze->target);
	lg_cleanup(lg_maps_free) struct lg_maps maps = {0};
	enum lg_status status = lg_maps_read(freeze->target, &maps, err);

	if (status == LG_OK)
		status = lg_code_find(&memory, &maps, &freeze->code, err);
	if (status != LG_OK)
		lg_fail_within(err, "process %d", freeze->target);
	return status;
}

static enum lg_status open_freeze(struct lg_freeze *freeze, struct lg_error *err)
{
	lg_cleanup(lg_threads_free) struct lg_threads threads = {.pid = freeze->target};
	__attribute__((unused)) lg_cleanup(lg_priority_restore) struct lg_priority before =
		lg_priority_hurry();
	struct lg_proc_status target;
	enum lg_status status = lg_proc_status_read(freeze->target, freeze->target, &target, err);
	bool busy = true;

	if (status != LG_OK)
		return status;
	for (int i = 0; busy && i < OPEN_ATTEMPTS; i++) {
		if (lg_guard_stopped())
			return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
		if (i > 0)
			usleep(OPEN_WAIT_MS * 1000);
		lg_threads_drain(&threads, 0);
		busy = false;
		status = find_code(freeze, err);
		if (status == LG_OK)
			status = attempt(freeze, &threads, lg_target_filters(&target), &busy,
					 err);
	}
	lg_threads_drain(&threads, 1000);
	if (busy)
		lg_fail_within(err, "given up after %d attempts", OPEN_ATTEMPTS);
	return status;
}

enum lg_status lg_freeze_open(pid_t pid, struct lg_freeze **out, struct lg_error *err)
{
	lg_cleanup(lg_freeze_close_slot) struct lg_freeze *freeze = NULL;
	volatile struct lg_guard_note *note = lg_guard_note();
	enum lg_status status = lg_target_check(pid, err);

	*out = NULL;
	if (status != LG_OK)
		return status;
	freeze = lg_alloc_zero(1, sizeof *freeze);
	if (!freeze)
		return lg_fail(err, LG_E_MEMORY, "no memory for a frozen copy");
	freeze->target = note->target = pid;
	freeze->start_time = note->start_time = lg_proc_start_time(pid);
	status = open_freeze(freeze, err);
	freeze->memory = lg_process_memory(freeze->copy);
	if (status == LG_OK)
		*out = lg_take(freeze);
	return status;
}

void lg_freeze_close(struct lg_freeze *freeze)
{
	if (!freeze)
		return;
	end_children(freeze);
	lg_maps_free(&freeze->maps);
	free(freeze->stack);
	free(freeze);
}
