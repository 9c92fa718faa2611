/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/attempts.h"
#include "target/copy.h"
#include "target/guard.h"
#include "target/hijack.h"
#include "target/priority.h"
#include "target/proc.h"
#include "target/process_memory.h"

/* The kernel copies 4 GB of page tables in 0.2 s; more than this is a machine that thrashes. */
#define FORK_TIMEOUT_MS 120000
#define CALL_TIMEOUT_MS 5000
#define DEATH_TIMEOUT_MS 10000

#define NAME_BELOW_BYTES 256 /* the red zone, and some */

/*
 * No signal at its end; the descriptors shared, so that none that the target closes is kept open;
 * its number where frame.h wants it.
 */
#define COPY_FLAGS   (CLONE_FILES | CLONE_FS | CLONE_PARENT_SETTID)
#define COPY_OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE)

LG_DEFINE_CLEANUP(lg_freeze_close, struct lg_freeze *)

static enum lg_status fork_refused(struct lg_freeze *freeze, int64_t result, struct lg_error *err)
{
	const char *why = "";

	freeze->refused = true;
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

static void on_copy(void *context, pid_t child)
{
	struct lg_freeze *freeze = context;

	freeze->copy = child;
	lg_guard_note()->copy = child;
}

/* The target's seccomp filters came along: where we may, they are not asked what ours may do. */
static bool set_copy_options(pid_t copy)
{
	return ptrace(PTRACE_SETOPTIONS, copy, 0, COPY_OPTIONS | PTRACE_O_SUSPEND_SECCOMP) == 0 ||
	       ptrace(PTRACE_SETOPTIONS, copy, 0, COPY_OPTIONS) == 0;
}

/*
 * By its name a dead copy is known for one, should nobody be left to reap it. The name is written
 * below the copy's stack.
 */
static enum lg_status name_copy(struct lg_freeze *freeze, struct lg_error *err)
{
	uint64_t place = (freeze->copy_registers.rsp - NAME_BELOW_BYTES) & ~(uint64_t)15;
	const uint64_t set_name[6] = {PR_SET_NAME, place};
	int64_t result;
	enum lg_status status =
		lg_freeze_write(freeze, place, LG_COPY_NAME, sizeof LG_COPY_NAME, err);

	if (status == LG_OK)
		status = lg_freeze_syscall(freeze, SYS_prctl, set_name, &result, err);
	return status;
}

/* To its first stop, before it has run anything; from here on it dies with us. */
static enum lg_status adopt(struct lg_freeze *freeze, struct lg_error *err)
{
	int status;

	if (freeze->copy > 0 &&
	    lg_trace_wait(freeze->copy, lg_now_ns() + CALL_TIMEOUT_MS * LG_MS, &status) ==
		    LG_WAIT_STOPPED &&
	    set_copy_options(freeze->copy) &&
	    lg_trace_get_registers(freeze->copy, &freeze->copy_registers))
		return name_copy(freeze, err);
	return lg_fail(err, LG_E_ATTACH, "the copy of process %d died at once", freeze->target);
}

/* The copy, by a call in the target, which is itself again afterwards. */
static enum lg_status make_copy(struct lg_freeze *freeze, struct lg_threads *threads,
				enum lg_filters filters, bool *busy, struct lg_error *err)
{
	struct lg_trace_call call = {
		.number = SYS_clone,
		.argument = {COPY_FLAGS},
		.timeout_ms = FORK_TIMEOUT_MS,
		.on_child = on_copy,
		.context = freeze,
	};
	struct lg_hijack hijack;
	enum lg_status status;
	int64_t result;

	status = lg_hijack_begin(threads, &freeze->code, &call, filters, &hijack, busy, err);
	if (status != LG_OK) {
		freeze->refused = filters == LG_FILTERS_FOREIGN && !*busy;
		return status;
	}
	status = lg_hijack_run(threads, &hijack, &result, err);
	if (status == LG_OK && result < 0)
		status = fork_refused(freeze, result, err);
	if (status == LG_OK) {
		freeze->copy_inner = (pid_t)result;
		status = adopt(freeze, err);
	}
	lg_hijack_end(threads, &hijack);
	return status;
}

/* It holds no descriptor of the target open, should that close one or end. */
static enum lg_status leave_descriptors(struct lg_freeze *freeze, struct lg_error *err)
{
	static const uint64_t close_all[6] = {0, ~0u, CLOSE_RANGE_UNSHARE};
	int64_t result;

	return lg_freeze_syscall(freeze, SYS_close_range, close_all, &result, err);
}

/* Where memory has a limit, the copy takes more of it for as long as it is about to die. */
static void kill_copy(const struct lg_freeze *freeze)
{
	if (freeze->watch)
		lg_kill_in_haste(freeze->copy);
	else
		kill(freeze->copy, SIGKILL);
}

/* The copy, and what is left of it in the target. */
static void end_copy(struct lg_freeze *freeze)
{
	int status;

	if (freeze->copy && freeze->state != LG_COPY_DEAD)
		kill_copy(freeze);
	lg_memory_watch_stop(lg_take(freeze->watch));
	if (!freeze->copy)
		return;
	/* It may stop once more on its way; and as long as we have not seen its end nobody can. */
	while (lg_trace_wait(freeze->copy, lg_now_ns() + DEATH_TIMEOUT_MS * LG_MS, &status) ==
	       LG_WAIT_STOPPED)
		ptrace(PTRACE_CONT, freeze->copy, 0, 0);
	if (freeze->copy_inner)
		lg_target_reap(freeze->target, freeze->start_time, freeze->copy_inner);
	freeze->copy = lg_guard_note()->copy = 0;
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

/* What each attempt starts from. */
struct opening {
	struct lg_freeze *freeze;
	enum lg_filters filters;
};

static enum lg_status attempt(void *context, struct lg_threads *threads, bool *busy,
			      struct lg_error *err)
{
	const struct opening *opening = context;
	struct lg_freeze *freeze = opening->freeze;
	uint64_t left = lg_memory_group_left(&freeze->group);
	enum lg_status status = find_code(freeze, err);

	if (status == LG_OK)
		status = lg_threads_stop(threads, busy, err);
	if (status != LG_OK)
		return status;
	status = make_copy(freeze, threads, opening->filters, busy, err);
	/* From the next instruction on, each page that the target writes to takes memory. */
	if (status == LG_OK)
		lg_offer_to_oom_killer(freeze->copy);
	keep_stacks(freeze, threads);
	lg_threads_resume(threads);
	if (status != LG_OK)
		return status;
	freeze->watch = lg_memory_watch_start(&freeze->group, left, freeze->copy);
	setpriority(PRIO_PROCESS, (id_t)freeze->copy, getpriority(PRIO_PROCESS, (id_t)freeze->target));
	return leave_descriptors(freeze, err);
}

static enum lg_status open_freeze(struct lg_freeze *freeze, struct lg_error *err)
{
	lg_cleanup(lg_threads_free) struct lg_threads threads = {.pid = freeze->target};
	struct opening opening = {.freeze = freeze};
	struct lg_proc_status target;
	enum lg_status status = lg_proc_status_read(freeze->target, freeze->target, &target, err);

	lg_memory_group_find("", freeze->target, &freeze->group);
	if (status != LG_OK)
		return status;
	status = lg_memory_group_check(&freeze->group, freeze->target, err);
	freeze->refused = status != LG_OK;
	if (status != LG_OK)
		return lg_fail_within(err, "process %d may not be copied", freeze->target);
	opening.filters = lg_target_filters(&target);
	status = lg_attempts_make(&threads, attempt, &opening, err);
	freeze->pause_ns = threads.stopped_ns;
	return status;
}

enum lg_status lg_freeze_open(pid_t pid, struct lg_freeze **out, bool *refused,
			      struct lg_error *err)
{
	lg_cleanup(lg_freeze_close_slot) struct lg_freeze *freeze = NULL;
	volatile struct lg_guard_note *note = lg_guard_note();
	enum lg_status status = lg_target_check(pid, err);

	*out = NULL;
	if (refused)
		*refused = false;
	if (status != LG_OK)
		return status;
	freeze = lg_alloc_zero(1, sizeof *freeze);
	if (!freeze)
		return lg_fail(err, LG_E_MEMORY, "no memory for a frozen copy");
	freeze->target = note->target = pid;
	freeze->start_time = note->start_time = lg_proc_start_time(pid);
	lg_target_reap_left(pid, freeze->start_time);
	status = open_freeze(freeze, err);
	freeze->memory = lg_process_memory(freeze->copy);
	if (refused)
		*refused = freeze->refused;
	if (status == LG_OK)
		*out = lg_take(freeze);
	return status;
}

void lg_freeze_close(struct lg_freeze *freeze)
{
	if (!freeze)
		return;
	end_copy(freeze);
	lg_maps_free(&freeze->maps);
	free(freeze->stack);
	free(freeze);
}
