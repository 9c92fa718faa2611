/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "leakgraph/take.h"
#include "target/freeze.h"
#include "target/guard.h"
#include "target/proc.h"

static enum lg_status succeed(void *context, struct lg_error *err)
{
	(void)err;
	return *(int *)context == 7 && getsid(0) == getpid() ? LG_OK : LG_E_INTERNAL;
}

static enum lg_status refuse(void *context, struct lg_error *err)
{
	return lg_fail(err, LG_E_LIMIT, "too many of %d", *(int *)context);
}

static enum lg_status be_killed(void *context, struct lg_error *err)
{
	(void)context;
	(void)err;
	kill(getpid(), SIGKILL);
	return LG_OK;
}

static enum lg_status be_filtered(void *context, struct lg_error *err)
{
	(void)context;
	(void)err;
	kill(getpid(), SIGSYS);
	return LG_OK;
}

static enum lg_status ask_the_oom_killer(void *context, struct lg_error *err)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "r");
	int score = 0;

	(void)context;
	if (!file || fscanf(file, "%d", &score) != 1 || score != 1000)
		return lg_fail(err, LG_E_INTERNAL, "score %d", score);
	fclose(file);
	return LG_OK;
}

static enum lg_status wait_for_stop(void *context, struct lg_error *err)
{
	(void)context;
	/* The caller's side of a ^C. */
	kill(getppid(), SIGINT);
	for (int i = 0; i < 5000 && !lg_guard_stopped(); i++)
		usleep(1000);
	return lg_guard_stopped() ? lg_fail(err, LG_E_INTERRUPTED, "stopped by the user") : LG_OK;
}

Test(guard, passes_results)
{
	struct lg_error err = {0};
	int seven = 7;

	cr_assert_eq(lg_guard_run(1, succeed, &seven, &err), LG_OK);
	cr_assert_eq(lg_guard_run(1, refuse, &seven, &err), LG_E_LIMIT);
	cr_assert_str_eq(err.text, "too many of 7");
	cr_assert_eq(err.status, LG_E_LIMIT);
	cr_assert(!lg_guard_stopped());
}

/* A ^C that comes when all is done would make a failure of a whole dump. */
Test(guard, ignores_an_interrupt_when_done)
{
	struct lg_error err = {0};
	int seven = 7;

	cr_assert_eq(lg_guard_run(1, succeed, &seven, &err), LG_OK);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(raise((int[]){SIGINT, SIGTERM, SIGHUP}[i]), 0);
	cr_assert_eq(lg_guard_run(1, wait_for_stop, NULL, &err), LG_E_INTERRUPTED);
}

static enum lg_status hang_up(void *context, struct lg_error *err)
{
	(void)context;
	kill(getppid(), SIGHUP);
	usleep(100000);
	return lg_guard_stopped() ? lg_fail(err, LG_E_INTERRUPTED, "stopped") : LG_OK;
}

Test(guard, leaves_what_is_ignored)
{
	struct lg_error err = {0};

	signal(SIGHUP, SIG_IGN);
	cr_assert_eq(lg_guard_run(1, hang_up, NULL, &err), LG_OK);
	cr_assert_eq(signal(SIGHUP, SIG_DFL), SIG_IGN);
}

static volatile sig_atomic_t noticed;

static void notice(int number)
{
	noticed = number;
}

/* One that goes on after a dump must hear of a ^C during it and after it. */
Test(guard, leaves_the_callers_handlers)
{
	struct lg_error err = {0};
	int seven = 7;

	signal(SIGINT, notice);
	cr_assert_eq(lg_guard_run(1, wait_for_stop, NULL, &err), LG_E_INTERRUPTED);
	cr_assert_eq(noticed, SIGINT);
	noticed = 0;
	cr_assert_eq(lg_guard_run(1, succeed, &seven, &err), LG_OK);
	raise(SIGINT);
	cr_assert_eq(noticed, SIGINT);
}

Test(guard, tells_of_a_kill)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_guard_run(4711, be_killed, NULL, &err), LG_E_INTERNAL);
	cr_assert_str_eq(err.text, "the dumping process was killed by signal 9 (Killed); process 4711 "
				   "was left as it was");
}

/* A sanitizer's own handler would stand before the death. */
Test(guard, tells_of_a_filter)
{
	struct lg_error err = {0};

	signal(SIGSYS, SIG_DFL);
	cr_assert_eq(lg_guard_run(4711, be_filtered, NULL, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, "process 4711 can't be dumped: a seccomp filter that we run under kills "
				   "for a system call that this needs: run outside of this container");
}

Test(guard, dies_before_the_target)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_guard_run(1, ask_the_oom_killer, NULL, &err), LG_OK, "%s", err.text);
}

Test(guard, relays_an_interrupt)
{
	struct lg_error err = {0};
	struct sigaction action;

	cr_assert_eq(lg_guard_run(1, wait_for_stop, NULL, &err), LG_E_INTERRUPTED);
	cr_assert_str_eq(err.text, "stopped by the user");
	cr_assert(!lg_guard_stopped());
	sigaction(SIGINT, NULL, &action);
	cr_assert_eq(action.sa_handler, SIG_DFL);
}

/* Killed with a copy in hand: the parent reaps what is left in the target. */
static enum lg_status freeze_and_die(void *context, struct lg_error *err)
{
	struct lg_freeze *freeze;

	if (lg_freeze_open(*(pid_t *)context, &freeze, NULL, err) != LG_OK)
		return err->status;
	kill(getpid(), SIGKILL);
	return LG_OK;
}

static void expect_childless(pid_t pid)
{
	char path[64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	cr_assert_null(fgets(text, sizeof text, file), "a child is left: %s", text);
	fclose(file);
}

Test(guard, cleans_up)
{
	pid_t child = child_that_sleeps();
	struct lg_error err = {0};
	struct lg_proc_status status;

	for (int i = 0; i < 5; i++) {
		cr_assert_eq(lg_guard_run(child, freeze_and_die, &child, &err), LG_E_INTERNAL);
		cr_assert_not_null(strstr(err.text, "killed by signal 9"), "%s", err.text);
		expect_childless(child);
	}
	cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	cr_assert_eq(status.tracer, 0);
	cr_assert_eq(status.blocked, 0);
	child_end(child);
}

static pid_t only_child_of(pid_t pid)
{
	char path[64];
	int child = 0, further;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%d %d", &child, &further), 1, "not one child");
	fclose(file);
	return child;
}

/* Nobody is left to reap the copy: the next dump does, and knows it by its name. */
Test(guard, reaps_what_was_left)
{
	pid_t child = child_that_sleeps(), copy;
	struct lg_error err = {0};
	char name[32];
	pid_t tool = fork();

	if (tool == 0)
		_exit(freeze_and_die(&child, &err));
	waitpid(tool, NULL, 0);
	copy = only_child_of(child);
	while (lg_proc_thread_state(copy, copy) != 'Z')
		usleep(1000);
	child_name(copy, name, sizeof name);
	cr_assert_str_eq(name, LG_COPY_NAME);
	cr_assert_eq(lg_proc_exit_signal(copy), 0);
	cr_assert_eq(lg_proc_exit_signal(child), SIGCHLD);
	lg_target_reap_left(child, lg_proc_start_time(child));
	expect_childless(child);
	cr_assert_eq(lg_proc_exit_signal(copy), -1);
	child_end(child);
}

/* A wait for the copy ends when the user asks to stop. */
static enum lg_status freeze_and_wait(void *context, struct lg_error *err)
{
	struct lg_freeze_call call = {0};
	enum lg_freeze_event event;
	struct lg_freeze *freeze;
	enum lg_status status;
	char stack[4096] __attribute__((aligned(16)));
	int number;

	status = lg_freeze_open(*(pid_t *)context, &freeze, NULL, err);
	if (status != LG_OK)
		return status;
	/* What runs does not matter: it is never waited for to its end. */
	call.entry = (uint64_t)(uintptr_t)succeed & ~(uint64_t)15;
	call.stack = (uint64_t)(uintptr_t)(stack + sizeof stack);
	status = lg_freeze_start(freeze, &call, err);
	kill(getppid(), SIGTERM);
	while (!lg_guard_stopped())
		usleep(1000);
	if (status == LG_OK)
		status = lg_freeze_wait(freeze, 60000, &event, &number, err);
	lg_freeze_close(freeze);
	return status;
}

Test(guard, ends_a_wait)
{
	pid_t child = child_that_sleeps();
	struct lg_error err = {0};

	cr_assert_eq(lg_guard_run(child, freeze_and_wait, &child, &err), LG_E_INTERRUPTED, "%s",
		     err.text);
	cr_assert_str_eq(err.text, "stopped by the user");
	expect_childless(child);
	child_end(child);
}
