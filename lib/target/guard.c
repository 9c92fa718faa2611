/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "target/guard.h"
#include "target/priority.h"
#include "target/proc.h"

/* A killed copy ends within a moment; on a machine out of memory it may take longer. */
#define DEATH_WAIT_MS 10000
#define DEATH_LOOK_MS 5

/* Shared by the guarding parent and its worker. */
struct shared {
	struct lg_guard_note note;
	bool finished;
	enum lg_status status;
	struct lg_error err;
};

static struct lg_guard_note own_note;
static volatile struct lg_guard_note *note = &own_note;
static volatile sig_atomic_t stopped;
static volatile pid_t worker;

/* Signals by which users and systems ask a program to end. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDING_COUNT (sizeof ending / sizeof *ending)

static struct sigaction before[ENDING_COUNT]; /* what the caller would have done about them */
static bool ignored[ENDING_COUNT];            /* by us, when the last call was done */

volatile struct lg_guard_note *lg_guard_note(void)
{
	return note;
}

bool lg_guard_stopped(void)
{
	return stopped != 0;
}

static void stop_self(int number)
{
	(void)number;
	stopped = 1;
}

static const struct sigaction *before_of(int number)
{
	size_t i = 0;

	while (ending[i] != number)
		i++;
	return &before[i];
}

static void stop_worker(int number)
{
	const struct sigaction *action = before_of(number);

	/* As nohup has it. */
	if (action->sa_handler == SIG_IGN)
		return;
	if (worker > 0)
		kill(worker, SIGTERM);
	if (action->sa_handler != SIG_DFL && !(action->sa_flags & SA_SIGINFO))
		action->sa_handler(number);
}

static void ending_set(sigset_t *out)
{
	sigemptyset(out);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		sigaddset(out, ending[i]);
}

static void handle_ending(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < ENDING_COUNT; i++)
		sigaction(ending[i], &action, NULL);
}

/* What we ignored after an earlier call was the default before it. */
static void note_before(void)
{
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		sigaction(ending[i], NULL, &before[i]);
		if (ignored[i] && before[i].sa_handler == SIG_IGN)
			before[i].sa_handler = SIG_DFL;
	}
}

/* Whoever has no handler of his own would end by the signal: not when all is done. */
static void put_back(bool done)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ENDING_COUNT; i++) {
		ignored[i] = done && before[i].sa_handler == SIG_DFL;
		sigaction(ending[i], ignored[i] ? &ignore : &before[i], NULL);
	}
}

/*
 * In its own session no signal to the caller's process group reaches it, and
 * it outlives its parent for as long as it needs.
 */
static void run_worker(struct shared *shared, pid_t parent, const sigset_t *mask,
		       lg_guarded_work work, void *context)
{
	setsid();
	note = &shared->note;
	handle_ending(stop_self);
	/* With the parent gone there may be nobody left to read what is printed. */
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* What a dump needs in memory must not be the target's end; the parent cleans up after us. */
	lg_offer_to_oom_killer(getpid());
	if (getppid() != parent)
		stopped = 1;
	sigprocmask(SIG_SETMASK, mask, NULL);
	shared->status = work(context, &shared->err);
	fflush(NULL);
	shared->finished = true;
	_exit(0);
}

/* What its tracer left behind: wait until it is dead, then reap it. */
static void clean_copy(pid_t target, uint64_t start_time, pid_t child)
{
	struct lg_proc_status status;

	for (int waited = 0; child > 0 && waited < DEATH_WAIT_MS; waited += DEATH_LOOK_MS) {
		if (lg_proc_status_read(child, child, &status, NULL) != LG_OK ||
		    status.parent != target)
			return;
		if (status.state == 'Z') {
			lg_target_reap(target, start_time, status.inner);
			return;
		}
		if (waited == 0)
			lg_kill_in_haste(child);
		usleep(DEATH_LOOK_MS * 1000);
	}
}

static enum lg_status outcome(const struct shared *shared, int wait_status, struct lg_error *err)
{
	const struct lg_guard_note *left = &shared->note;

	if (shared->finished) {
		if (err)
			*err = shared->err;
		return shared->status;
	}
	clean_copy(left->target, left->start_time, left->copy);
	if (WIFSIGNALED(wait_status) && !left->target)
		return lg_fail(err, LG_E_INTERNAL, "the dumping process was killed by signal %d (%s)",
			       WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
	if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d can't be dumped: a seccomp filter that we run under kills for a "
			       "system call that this needs: run outside of this container",
			       left->target);
	if (WIFSIGNALED(wait_status))
		return lg_fail(err, LG_E_INTERNAL,
			       "the dumping process was killed by signal %d (%s); process %d was "
			       "left as it was",
			       WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)),
			       left->target);
	return lg_fail(err, LG_E_INTERNAL, "the dumping process ended with %d before it was done",
		       WEXITSTATUS(wait_status));
}

static void unmap_shared(struct shared **shared)
{
	if (*shared != MAP_FAILED)
		munmap(*shared, sizeof **shared);
}

enum lg_status lg_guard_run(pid_t target, lg_guarded_work work, void *context, struct lg_error *err)
{
	lg_cleanup(unmap_shared) struct shared *shared =
		mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getpid(), child;
	enum lg_status status;
	int wait_status = 0;
	sigset_t set, mask;

	if (shared == MAP_FAILED)
		return lg_fail(err, LG_E_MEMORY, "no memory for a shared page: %s", strerror(errno));
	shared->note.target = target;
	fflush(NULL);
	note_before();
	ending_set(&set);
	sigprocmask(SIG_BLOCK, &set, &mask);
	child = fork();
	if (child == 0)
		run_worker(shared, parent, &mask, work, context);
	if (child < 0) {
		sigprocmask(SIG_SETMASK, &mask, NULL);
		return lg_fail(err, LG_E_MEMORY, "can't start the dumping process: %s",
			       strerror(errno));
	}
	worker = child;
	handle_ending(stop_worker);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	/* What a killed worker leaves can't wait. */
	__attribute__((unused)) lg_cleanup(lg_priority_restore) struct lg_priority before_wait =
		lg_priority_hurry();
	while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
		;
	worker = 0;
	status = outcome(shared, wait_status, err);
	put_back(status == LG_OK);
	return status;
}
