/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "children.h"
#include "target/freeze.h"
#include "target/proc.h"

#define AREA_BYTES 65536

static volatile uint64_t word = 41;

struct frozen {
	pid_t child;
	struct lg_freeze *freeze;
	uint64_t area; /* code at its start, a stack that ends with it; in the copy only */
};

static struct frozen freeze_child(void)
{
	const uint64_t arguments[6] = {0, AREA_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
				       MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0};
	struct frozen frozen = {.child = child_that_sleeps()};
	struct lg_error err = {0};
	int64_t result;

	cr_assert_eq(lg_freeze_open(frozen.child, &frozen.freeze, NULL, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_freeze_syscall(frozen.freeze, SYS_mmap, arguments, &result, &err), LG_OK,
		     "%s", err.text);
	cr_assert_gt(result, 0);
	frozen.area = (uint64_t)result;
	return frozen;
}

/* The target has no child and no tracer. */
static void expect_traceless(pid_t child)
{
	struct lg_proc_status status;
	char path[64], text[64] = "";
	FILE *file;

	cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	cr_assert_eq(status.tracer, 0);
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", child, child);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	cr_assert_null(fgets(text, sizeof text, file), "a child is left: %s", text);
	fclose(file);
}

/* Besides, it lives as before. */
static void expect_untouched(pid_t child)
{
	struct lg_proc_status status;

	expect_traceless(child);
	cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	cr_assert(strchr("SR", status.state), "state %c", status.state);
	cr_assert_eq(status.blocked, 0);
}

static void thaw(struct frozen *frozen)
{
	lg_freeze_close(frozen->freeze);
	expect_untouched(frozen->child);
	child_end(frozen->child);
}

static void start(struct frozen *frozen, const void *code, size_t bytes)
{
	struct lg_freeze_call call = {
		.entry = frozen->area,
		.stack = frozen->area + AREA_BYTES,
		.argument = (uint64_t)(uintptr_t)&word,
	};
	struct lg_error err = {0};

	cr_assert_eq(lg_freeze_write(frozen->freeze, frozen->area, code, bytes, &err), LG_OK, "%s",
		     err.text);
	cr_assert_eq(lg_freeze_start(frozen->freeze, &call, &err), LG_OK, "%s", err.text);
}

static void expect_event(struct frozen *frozen, enum lg_freeze_event wanted, int wanted_signal)
{
	struct lg_error err = {0};
	enum lg_freeze_event event;
	int number;

	cr_assert_eq(lg_freeze_wait(frozen->freeze, wanted == LG_FREEZE_STALL ? 50 : 5000, &event,
				    &number, &err),
		     LG_OK, "%s", err.text);
	cr_assert_eq(event, wanted, "event %d signal %d", event, number);
	cr_assert_eq(number, wanted_signal, "signal %d", number);
}

static uint64_t word_in_copy(struct frozen *frozen)
{
	struct lg_error err = {0};
	uint64_t value;

	cr_assert_eq(lg_memory_read_u64(lg_freeze_memory(frozen->freeze), (uintptr_t)&word, &value,
					&err),
		     LG_OK, "%s", err.text);
	return value;
}

Test(freeze, opens_and_closes)
{
	struct frozen frozen = freeze_child();

	cr_assert_gt(lg_freeze_pause_ns(frozen.freeze), 0);
	cr_assert_lt(lg_freeze_pause_ns(frozen.freeze), 5000000000);
	cr_assert_gt(lg_freeze_pid(frozen.freeze), 0);
	cr_assert_eq(word_in_copy(&frozen), 41);
	thaw(&frozen);
}

Test(freeze, copy_is_hardened)
{
	struct frozen frozen = freeze_child();
	lg_cleanup(lg_free) char *text = NULL;
	struct lg_proc_status status;
	char path[64];

	cr_assert_eq(lg_proc_status_read(lg_freeze_pid(frozen.freeze), lg_freeze_pid(frozen.freeze),
					 &status, NULL),
		     LG_OK);
	cr_assert_eq(status.blocked | (uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1),
		     ~(uint64_t)0);
	cr_assert_eq(status.tracer, getpid());
	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", lg_freeze_pid(frozen.freeze));
	cr_assert_eq(lg_proc_read(path, &text, NULL), LG_OK);
	cr_assert_str_eq(text, "1000\n");
	snprintf(path, sizeof path, "/proc/%d/fd/0", lg_freeze_pid(frozen.freeze));
	cr_assert_eq(access(path, F_OK), -1);
	/* The target's own is as it was. */
	free(lg_take(text));
	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", frozen.child);
	cr_assert_eq(lg_proc_read(path, &text, NULL), LG_OK);
	cr_assert_str_eq(text, "0\n");
	thaw(&frozen);
}

Test(freeze, traps_continue)
{
	/* movq $42,(%rdi); int3; incq (%rdi); int3; ret */
	static const unsigned char code[] = {0x48, 0xc7, 0x07, 42,   0,	   0,	 0,
					     0xcc, 0x48, 0xff, 0x07, 0xcc, 0xc3};
	struct frozen frozen = freeze_child();

	start(&frozen, code, sizeof code);
	expect_event(&frozen, LG_FREEZE_TRAP, 0);
	cr_assert_eq(word_in_copy(&frozen), 42);
	expect_event(&frozen, LG_FREEZE_TRAP, 0);
	cr_assert_eq(word_in_copy(&frozen), 43);
	expect_event(&frozen, LG_FREEZE_FAULT, SIGSEGV); /* the return */
	cr_assert_eq(word, 41);
	thaw(&frozen);
}

Test(freeze, a_call_between_traps)
{
	/* movq $42,(%rdi); int3; incq (%rdi); int3 */
	static const unsigned char code[] = {0x48, 0xc7, 0x07, 42,   0,	   0,
					     0,	   0xcc, 0x48, 0xff, 0x07, 0xcc};
	static const uint64_t none[6];
	struct frozen frozen = freeze_child();
	struct lg_error err = {0};
	int64_t result;

	start(&frozen, code, sizeof code);
	expect_event(&frozen, LG_FREEZE_TRAP, 0);
	cr_assert_eq(lg_freeze_syscall(frozen.freeze, SYS_getpid, none, &result, &err), LG_OK);
	cr_assert_eq(result, lg_freeze_pid(frozen.freeze));
	cr_assert_eq(lg_freeze_syscall(frozen.freeze, SYS_close, none, &result, &err), LG_OK);
	cr_assert_eq(result, -EBADF);
	expect_event(&frozen, LG_FREEZE_TRAP, 0);
	cr_assert_eq(word_in_copy(&frozen), 43);
	thaw(&frozen);
}

Test(freeze, faults_are_held_back)
{
	static const unsigned char load[] = {0x48, 0x31, 0xc0, 0x48, 0x8b, 0x00}; /* from 0 */
	static const unsigned char illegal[] = {0x0f, 0x0b};
	static const unsigned char divide[] = {0x31, 0xc9, 0xf7, 0xf1}; /* by 0 */
	static const unsigned char good[] = {0x48, 0xff, 0x07, 0xcc};
	struct frozen frozen = freeze_child();

	start(&frozen, load, sizeof load);
	expect_event(&frozen, LG_FREEZE_FAULT, SIGSEGV);
	start(&frozen, illegal, sizeof illegal);
	expect_event(&frozen, LG_FREEZE_FAULT, SIGILL);
	start(&frozen, divide, sizeof divide);
	expect_event(&frozen, LG_FREEZE_FAULT, SIGFPE);
	for (int i = 0; i < 100; i++) {
		start(&frozen, load, sizeof load);
		expect_event(&frozen, LG_FREEZE_FAULT, SIGSEGV);
	}
	start(&frozen, good, sizeof good);
	expect_event(&frozen, LG_FREEZE_TRAP, 0);
	cr_assert_eq(word_in_copy(&frozen), 42);
	thaw(&frozen);
}

Test(freeze, abort_is_held_back)
{
	/* movabs $abort,%rax; call *%rax */
	unsigned char code[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0};
	struct frozen frozen = freeze_child();
	void (*function)(void) = abort;

	memcpy(code + 2, &function, sizeof function);
	for (int i = 0; i < 3; i++) {
		struct lg_error err = {0};
		enum lg_freeze_event event;
		int number;

		start(&frozen, code, sizeof code);
		cr_assert_eq(lg_freeze_wait(frozen.freeze, 5000, &event, &number, &err), LG_OK);
		cr_assert_eq(event, LG_FREEZE_FAULT);
		cr_assert(number == SIGABRT || number == SIGSEGV);
	}
	thaw(&frozen);
}

Test(freeze, stalls)
{
	static const unsigned char forever[] = {0xeb, 0xfe};
	static const unsigned char good[] = {0x48, 0xff, 0x07, 0xcc};
	struct frozen frozen = freeze_child();

	start(&frozen, forever, sizeof forever);
	expect_event(&frozen, LG_FREEZE_STALL, 0);
	start(&frozen, good, sizeof good);
	expect_event(&frozen, LG_FREEZE_TRAP, 0);
	cr_assert_eq(word_in_copy(&frozen), 42);
	thaw(&frozen);
}

Test(freeze, dies)
{
	/* mov $231,%eax; xor %edi,%edi; syscall */
	static const unsigned char leave[] = {0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05};
	static const uint64_t none[6];
	struct frozen frozen = freeze_child();
	struct lg_error err = {0};
	char message[128];
	int64_t result;

	start(&frozen, leave, sizeof leave);
	expect_event(&frozen, LG_FREEZE_DEAD, 0);
	expect_event(&frozen, LG_FREEZE_DEAD, 0);
	snprintf(message, sizeof message, "the frozen copy of process %d is dead", frozen.child);
	cr_assert_eq(lg_freeze_syscall(frozen.freeze, SYS_getpid, none, &result, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, message);
	thaw(&frozen);
}

Test(freeze, is_killed)
{
	static const unsigned char forever[] = {0xeb, 0xfe};
	struct frozen frozen = freeze_child();

	start(&frozen, forever, sizeof forever);
	kill(lg_freeze_pid(frozen.freeze), SIGKILL);
	expect_event(&frozen, LG_FREEZE_DEAD, 0);
	thaw(&frozen);
}

Test(freeze, waits_only_for_what_was_started)
{
	struct frozen frozen = freeze_child();
	struct lg_error err = {0};
	enum lg_freeze_event event;
	int number;

	cr_assert_eq(lg_freeze_wait(frozen.freeze, 10, &event, &number, &err), LG_E_INTERNAL);
	cr_assert_str_eq(err.text, "the frozen copy is waited for before a start");
	thaw(&frozen);
}

Test(freeze, writes_are_checked)
{
	struct frozen frozen = freeze_child();
	struct lg_error err = {0};
	char message[128];

	cr_assert_eq(lg_freeze_write(frozen.freeze, 16, "x", 1, &err), LG_E_UNREADABLE);
	snprintf(message, sizeof message,
		 "process %d: 1 bytes at 0x10 can't be written: Bad address",
		 lg_freeze_pid(frozen.freeze));
	cr_assert_str_eq(err.text, message);
	thaw(&frozen);
}

/* A process that the user has stopped stays stopped, and its parent is told nothing new. */
Test(freeze, of_a_stopped_process)
{
	pid_t child = child_that_sleeps();
	struct lg_proc_status status;
	struct lg_freeze *freeze;
	struct lg_error err = {0};
	int wait_status;

	kill(child, SIGSTOP);
	cr_assert_eq(waitpid(child, &wait_status, WUNTRACED), child);
	cr_assert_eq(lg_freeze_open(child, &freeze, NULL, &err), LG_OK, "%s", err.text);
	lg_freeze_close(freeze);
	usleep(20000);
	cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	cr_assert_eq(status.state, 'T', "state %c", status.state);
	cr_assert_eq(waitpid(child, &wait_status, WUNTRACED | WCONTINUED | WNOHANG), 0);
	kill(child, SIGCONT);
	cr_assert_eq(waitpid(child, &wait_status, WCONTINUED), child);
	usleep(20000);
	expect_untouched(child);
	child_end(child);
}

static void wait_in_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		sleep(5);
		_exit(0);
	}
}

Test(freeze, of_one_that_waits_in_vfork)
{
	pid_t child = child_that_runs(wait_in_vfork);
	struct lg_freeze *freeze;
	struct lg_error err = {0};
	char message[256];

	for (int i = 0; i < 1000 && lg_proc_thread_state(child, child) != 'D'; i++)
		usleep(1000);
	cr_assert_eq(lg_freeze_open(child, &freeze, NULL, &err), LG_E_ATTACH);
	snprintf(message, sizeof message,
		 "given up after 20 attempts: thread %d of process %d sleeps in the kernel and can't "
		 "be stopped",
		 child, child);
	cr_assert_str_eq(err.text, message);
	cr_assert_null(freeze);
	child_end(child);
}

static void limit_processes(void)
{
	struct rlimit limit = {1, 1};

	if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setresuid(65533, 65533, 65533) != 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user's process forgets it */
	for (;;)
		pause();
}

Test(freeze, where_fork_is_refused)
{
	pid_t child;
	struct lg_freeze *freeze;
	struct lg_proc_status status;
	struct lg_error err = {0};
	char message[256];

	if (geteuid() != 0)
		cr_skip("not root: no user without other processes is there to try this as");
	child = child_that_runs(limit_processes);
	do {
		usleep(1000);
		cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	} while (status.uid != 65533 || status.state != 'S');
	cr_assert_eq(lg_freeze_open(child, &freeze, NULL, &err), LG_E_ATTACH);
	snprintf(message, sizeof message,
		 "process %d may not be copied: clone: Resource temporarily unavailable (a limit on "
		 "processes: ulimit -u, or pids.max of its cgroup)",
		 child);
	cr_assert_str_eq(err.text, message);
	expect_untouched(child);
	child_end(child);
}

/* The number by which the target knows the helper is another than ours. */
Test(freeze, in_another_pid_namespace)
{
	struct lg_freeze *freeze;
	struct lg_error err = {0};
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (child < 0 && errno == EPERM)
		cr_skip("no right to make a pid namespace");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(lg_freeze_open(child, &freeze, NULL, &err), LG_OK, "%s", err.text);
		lg_freeze_close(freeze);
		expect_untouched(child);
	}
	child_end(child);
}

/* clone fails with EPERM, and all else is allowed. */
static void forbid_clone(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof *code, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	for (;;)
		pause();
}

/* Suspending a filter needs CAP_SYS_ADMIN, and no filter of one's own. */
static bool may_suspend_filters(void)
{
	lg_cleanup(lg_fclose) FILE *file = fopen("/proc/self/status", "r");
	unsigned long long effective = 0;
	unsigned filtered = 1;
	char line[256];

	while (file && fgets(line, sizeof line, file)) {
		sscanf(line, "CapEff: %llx", &effective);
		sscanf(line, "Seccomp: %u", &filtered);
	}
	return effective >> 21 & 1 && filtered == 0;
}

/* Root suspends the filter; where that can't be, the refusal says what it is. */
Test(freeze, under_seccomp)
{
	pid_t child = child_that_runs(forbid_clone);
	struct lg_proc_status status;
	struct lg_freeze *freeze;
	struct lg_error err = {0};

	do {
		usleep(1000);
		cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	} while (status.seccomp != 2 || status.state != 'S');
	if (lg_freeze_open(child, &freeze, NULL, &err) == LG_OK) {
		cr_assert_not_null(freeze);
		lg_freeze_close(freeze);
	} else {
		cr_assert_not(may_suspend_filters(), "%s", err.text);
		cr_assert_not_null(strstr(err.text, "seccomp"), "%s", err.text);
	}
	expect_untouched(child);
	cr_assert_eq(lg_proc_status_read(child, child, &status, NULL), LG_OK);
	cr_assert_eq(status.seccomp, 2);
	child_end(child);
}

/* Without the right to suspend a filter that we do not share, its call is not risked. */
Test(freeze, under_a_filter_of_its_own)
{
	int status;
	pid_t asker;

	if (geteuid() != 0)
		cr_skip("not root: no other user is there to try this as");
	asker = fork();
	if (asker == 0) {
		struct lg_proc_status target = {0};
		struct lg_freeze *freeze;
		struct lg_error err = {0};
		char message[256];
		pid_t child;

		if (setresuid(65534, 65534, 65534) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)
			_exit(3);
		child = child_that_runs(forbid_clone);
		while (target.seccomp != 2 || target.state != 'S')
			if (lg_proc_status_read(child, child, &target, NULL) != LG_OK)
				_exit(4);
		snprintf(message, sizeof message,
			 "thread %d runs under a seccomp filter of its own that may kill it when it "
			 "forks, and may not be suspended: run with CAP_SYS_ADMIN",
			 child);
		if (lg_freeze_open(child, &freeze, NULL, &err) != LG_E_ATTACH)
			_exit(5);
		expect_untouched(child);
		_exit(strcmp(err.text, message) == 0 ? 0 : 6);
	}
	waitpid(asker, &status, 0);
	cr_assert_eq(status, 0, "the asker ended with %d", WEXITSTATUS(status));
}

static void *start_threads(void *depth)
{
	pthread_t next;

	usleep(200);
	if (pthread_create(&next, NULL, start_threads, depth) == 0)
		pthread_detach(next);
	return NULL;
}

static void keep_starting_threads(void)
{
	for (int i = 0; i < 8; i++)
		start_threads(NULL);
	for (;;)
		pause();
}

Test(freeze, of_one_that_keeps_starting_threads)
{
	pid_t child = child_that_runs(keep_starting_threads);
	struct lg_freeze *freeze;
	struct lg_error err = {0};

	for (int i = 0; i < 20; i++) {
		cr_assert_eq(lg_freeze_open(child, &freeze, NULL, &err), LG_OK, "%s", err.text);
		lg_freeze_close(freeze);
		expect_traceless(child);
	}
	child_end(child);
}
