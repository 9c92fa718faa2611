/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "target/check.h"
#include "target/freeze.h"

static const char running[] =
	"Name:\tpython3\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nNgid:\t0\nPid:\t4711\n"
	"PPid:\t1\nTracerPid:\t0\nUid:\t1000\t1001\t1002\t1000\nGid:\t20\t21\t22\t23\nNSpid:\t4711\t17\n"
	"VmSize:\t  123456 kB\nThreads:\t3\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000000002\n"
	"SigBlk:\t0000000000000004\nCapPrm:\t0000000000080001\nCapEff:\t0000000000000001\nSeccomp:\t2\nSeccomp_filters:\t5\n"
	"x86_Thread_features:\t\nx86_Thread_features_locked:\tshstk\n";

Test(check, status_fields)
{
	struct lg_proc_status status;

	lg_proc_status_parse(running, &status);
	cr_assert_str_eq(status.name, "python3");
	cr_assert_eq(status.state, 'S');
	cr_assert_eq(status.pid, 4711);
	cr_assert_eq(status.group, 4711);
	cr_assert_eq(status.parent, 1);
	cr_assert_eq(status.tracer, 0);
	cr_assert_eq(status.uid, 1000);
	cr_assert_eq(status.effective_uid, 1001);
	cr_assert_eq(status.saved_uid, 1002);
	cr_assert_eq(status.gid, 20);
	cr_assert_eq(status.effective_gid, 21);
	cr_assert_eq(status.saved_gid, 22);
	cr_assert_eq(status.permitted, 0x80001);
	cr_assert_eq(status.capabilities, 1);
	cr_assert_eq(status.inner, 17);
	cr_assert_eq(status.threads, 3);
	cr_assert_eq(status.seccomp, 2);
	cr_assert_eq(status.filters, 5);
	cr_assert_eq(status.pending, 1);
	cr_assert_eq(status.shared_pending, 2);
	cr_assert_eq(status.blocked, 4);
	cr_assert(status.has_memory && !status.kernel_thread && !status.shadow_stack);
	cr_assert_eq(lg_target_judge(&status, NULL), LG_OK);
}

static void judged(const char *text, const char *message)
{
	struct lg_proc_status status;
	struct lg_error err = {0};

	lg_proc_status_parse(text, &status);
	cr_assert_eq(lg_target_judge(&status, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, message);
}

Test(check, judgements)
{
	judged("Name:\tx\nState:\tS\nTgid:\t5\nPid:\t7\nVmSize:\t1 kB\n",
	       "7 is a thread of process 5, expected a process: dump 5");
	judged("Name:\tkthreadd\nState:\tS\nTgid:\t2\nPid:\t2\nThreads:\t1\n",
	       "process 2 (kthreadd) is a thread of the kernel, expected a program");
	judged("Name:\tk\nState:\tS\nTgid:\t3\nPid:\t3\nKthread:\t1\nVmSize:\t1 kB\n",
	       "process 3 (k) is a thread of the kernel, expected a program");
	judged("Name:\tx\nState:\tZ\nTgid:\t7\nPid:\t7\nPPid:\t6\nThreads:\t1\n",
	       "process 7 (x) has ended and waits for its parent 6 to notice (a zombie), expected a "
	       "running process");
	judged("Name:\tx\nState:\tS\nTgid:\t7\nPid:\t7\nTracerPid:\t2147483000\nVmSize:\t1 kB\n",
	       "process 7 (x) is traced by process 2147483000, expected no tracer: detach that first");
	judged("Name:\tx\nState:\tS\nTgid:\t7\nPid:\t7\nVmSize:\t1 kB\nx86_Thread_features:\tshstk \n",
	       "process 7 (x) runs with a shadow stack, expected none");
}

static void image_refused(const unsigned char *head, size_t bytes, const char *message)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_target_judge_image(7, head, bytes, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, message);
}

Test(check, images)
{
	unsigned char head[20] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [18] = 62};

	cr_assert_eq(lg_target_judge_image(7, head, sizeof head, NULL), LG_OK);
	image_refused(head, 19, "process 7: its program is no ELF file");
	head[18] = 183;
	image_refused(head, 20, "process 7 is a program for machine 183, expected 62 (x86-64)");
	head[4] = 1;
	head[18] = 3;
	image_refused(head, 20, "process 7 is a 32-bit program, expected a 64-bit one");
}

static void check_says(pid_t pid, const char *format, ...)
{
	struct lg_error err = {0};
	char message[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	cr_assert_eq(lg_target_check(pid, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, message);
}

Test(check, numbers)
{
	pid_t gone = fork();

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	check_says(0, "process id 0, expected a positive number");
	check_says(-5, "process id -5, expected a positive number");
	check_says(getpid(), "process %d is this program itself, expected another process", getpid());
	check_says(gone, "no process %d", gone);
}

Test(check, fine)
{
	struct lg_error err = {0};
	pid_t child = child_that_sleeps();

	cr_assert_eq(lg_target_check(child, &err), LG_OK, "%s", err.text);
	child_end(child);
}

Test(check, zombie)
{
	pid_t child = fork();
	char name[64];
	siginfo_t info;

	if (child == 0)
		_exit(0);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	child_name(getpid(), name, sizeof name);
	check_says(child,
		   "process %d (%s) has ended and waits for its parent %d to notice (a zombie), "
		   "expected a running process",
		   child, name, getpid());
	waitpid(child, NULL, 0);
}

Test(check, traced)
{
	pid_t child = child_that_sleeps();
	char name[64];

	cr_assert_eq(ptrace(PTRACE_SEIZE, child, 0, 0), 0);
	child_name(child, name, sizeof name);
	check_says(child,
		   "process %d (%s) is traced by process %d (%s), expected no tracer: detach that "
		   "first",
		   child, name, getpid(), name);
	child_end(child);
}

/* What root may, a user may not. Meaningful only where the tests run as root, as in CI. */
Test(check, of_another_user)
{
	pid_t child = child_that_sleeps(), asker;
	char name[64];
	int status;

	if (geteuid() != 0) {
		child_end(child);
		cr_skip("not root: there is no other user's process to ask for");
	}
	child_name(child, name, sizeof name);
	asker = fork();
	if (asker == 0) {
		struct lg_error err = {0};
		char message[256];

		snprintf(message, sizeof message,
			 "process %d (%s) belongs to user 0 and we are user 65534: run as that user, "
			 "or with CAP_SYS_PTRACE",
			 child, name);
		if (setresuid(65534, 65534, 65534) != 0)
			_exit(3);
		if (lg_target_check(child, &err) != LG_E_ATTACH)
			_exit(4);
		_exit(strcmp(err.text, message) == 0 ? 0 : 5);
	}
	waitpid(asker, &status, 0);
	child_end(child);
	cr_assert_eq(status, 0, "the asker ended with %d", WEXITSTATUS(status));
}
