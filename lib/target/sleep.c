/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/frame.h"
#include "target/proc.h"
#include "target/process_memory.h"
#include "target/sleep.h"
#include "target/trace.h"

#define NS_A_SECOND ((uint64_t)1000000000)

/* What a timeout may be at most to be worth shortening: longer ones are as good as endless. */
#define MAX_TIMEOUT_S ((int64_t)1 << 30)

/*
 * A thread that wakes between our look and the stop, and is stopped in just the microsecond
 * in which it goes to sleep anew, is taken for one that has slept all the time. Not for one
 * that wakes often, then.
 */
#define MIN_SLEPT_NS (50 * LG_MS)

bool lg_sleep_is_broken(uint64_t number)
{
	switch (number) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_rt_sigtimedwait:
	case SYS_semop:
	case SYS_semtimedop:
	case SYS_io_getevents:
	case SYS_io_pgetevents:
	case SYS_io_uring_enter:
	/* These only with SO_RCVTIMEO or SO_SNDTIMEO. */
	case SYS_read:
	case SYS_write:
	case SYS_readv:
	case SYS_writev:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_sendmmsg:
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
		return true;
	}
	return false;
}

/* Which argument of a call is its timeout, and in which form. */
enum form { FORM_NONE, FORM_MILLISECONDS, FORM_TIMESPEC };

static enum form timeout_of(struct user_regs_struct *registers, unsigned long long **out)
{
	switch (registers->orig_rax) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		*out = &registers->r10;
		return FORM_MILLISECONDS;
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		*out = &registers->r10;
		return FORM_TIMESPEC;
	case SYS_rt_sigtimedwait:
		*out = &registers->rdx;
		return FORM_TIMESPEC;
	case SYS_io_getevents:
	case SYS_io_pgetevents:
		*out = &registers->r8;
		return FORM_TIMESPEC;
	}
	return FORM_NONE;
}

/* When it last ran by its processor's clock in ns, and how often it went to sleep. */
static bool read_scheduler(const char *path, uint64_t *last_ns, uint64_t *switches)
{
	lg_cleanup(lg_free) char *text = NULL;
	const char *start, *count;
	uint64_t ms, ns;

	if (lg_proc_read(path, &text, NULL) != LG_OK)
		return false;
	start = strstr(text, "se.exec_start");
	count = strstr(text, "nr_voluntary_switches");
	start = start ? strchr(start, ':') : NULL;
	count = count ? strchr(count, ':') : NULL;
	if (!start || !count || sscanf(start, ": %" SCNu64 ".%6" SCNu64, &ms, &ns) != 2 ||
	    sscanf(count, ": %" SCNu64, switches) != 1)
		return false;
	*last_ns = ms * LG_MS + ns;
	return true;
}

/* Go to a processor, and look when we last ran: now. */
static bool measure_clock(int processor, int64_t *behind_ns)
{
	uint64_t now, ignored;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	if (sched_setaffinity(0, sizeof one, &one) != 0)
		return false;
	sched_yield();
	if (!read_scheduler("/proc/thread-self/sched", &now, &ignored))
		return false;
	*behind_ns = (int64_t)(lg_now_ns() - now);
	return true;
}

static void measure_clocks(struct lg_clocks *out)
{
	cpu_set_t allowed;

	*out = (struct lg_clocks){.measured = true};
	out->measured_ns = lg_now_ns();
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
	    CPU_COUNT(&allowed) > LG_MAX_CLOCKS)
		return;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &allowed))
			continue;
		out->processor[out->count] = i;
		if (!measure_clock(i, &out->behind_ns[out->count++])) {
			out->count = 0;
			break;
		}
	}
	sched_setaffinity(0, sizeof allowed, &allowed);
}

/*
 * For how long it has not run. Asleep it may have been moved to another processor, so
 * each one it may run on could be where it last ran.
 */
static uint64_t shortest_sleep(pid_t thread, const struct lg_clocks *clocks, uint64_t last_ns)
{
	uint64_t now = lg_now_ns(), age = now - clocks->measured_ns, shortest = UINT64_MAX;
	cpu_set_t allowed;
	int found = 0;

	if (sched_getaffinity(thread, sizeof allowed, &allowed) != 0)
		return 0;
	for (int i = 0; i < clocks->count; i++) {
		int64_t slept = (int64_t)(now - last_ns) - clocks->behind_ns[i] - (int64_t)age;

		if (!CPU_ISSET(clocks->processor[i], &allowed))
			continue;
		found++;
		if (slept > 0 && (uint64_t)slept < shortest)
			shortest = (uint64_t)slept;
	}
	return found == CPU_COUNT(&allowed) && shortest < now ? shortest : 0;
}

static bool read_call(pid_t pid, pid_t thread, struct lg_sleep *out)
{
	lg_cleanup(lg_free) char *text = NULL;
	uint64_t *a = out->argument;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, thread);
	return lg_proc_read(path, &text, NULL) == LG_OK &&
	       sscanf(text, "%" SCNu64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
			    " %" SCNx64 " %" SCNx64 " %" SCNx64,
		      &out->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5],
		      &out->stack_pointer, &out->instruction) == 9;
}

void lg_sleep_look(pid_t pid, pid_t thread, struct lg_clocks *clocks, struct lg_sleep *out)
{
	uint64_t last_ns, slept_ns;
	char path[64];

	*out = (struct lg_sleep){0};
	if (!read_call(pid, thread, out) || !lg_sleep_is_broken(out->number))
		return;
	if (!clocks->measured)
		measure_clocks(clocks);
	snprintf(path, sizeof path, "/proc/%d/task/%d/sched", pid, thread);
	if (!read_scheduler(path, &last_ns, &out->switches))
		return;
	slept_ns = shortest_sleep(thread, clocks, last_ns);
	if (!slept_ns)
		return;
	out->since_ns = lg_now_ns() - slept_ns;
	out->slept_ns = slept_ns;
}

/* It has slept all the time, in this very call, and gone to sleep just once more: in our stop. */
static bool is_same_sleep(pid_t pid, pid_t thread, const struct lg_sleep *sleep,
			  const struct user_regs_struct *r)
{
	const uint64_t *a = sleep->argument;
	uint64_t last_ns, switches;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/sched", pid, thread);
	return sleep->since_ns && sleep->number == r->orig_rax && a[0] == r->rdi &&
	       a[1] == r->rsi && a[2] == r->rdx && a[3] == r->r10 && a[4] == r->r8 &&
	       a[5] == r->r9 && sleep->stack_pointer == r->rsp && sleep->instruction == r->rip &&
	       read_scheduler(path, &last_ns, &switches) && switches == sleep->switches + 1;
}

/*
 * What is left of a timeout. One that was over when we looked was never in that sleep, since it
 * would have ended: then it begins anew. One that came to its end while we stopped it is over.
 */
static uint64_t left_of(uint64_t timeout_ns, const struct lg_sleep *sleep, uint64_t slept_ns)
{
	if (sleep->slept_ns >= timeout_ns)
		return timeout_ns;
	return slept_ns < timeout_ns ? timeout_ns - slept_ns : 0;
}

/* Rounded up: a millisecond that has begun is waited for. */
static void shorten_milliseconds(unsigned long long *timeout, const struct lg_sleep *sleep,
				 uint64_t slept_ns)
{
	int64_t whole = (int32_t)*timeout;

	if (whole > 0)
		*timeout = (left_of((uint64_t)whole * LG_MS, sleep, slept_ns) + LG_MS - 1) / LG_MS;
}

static void shorten_timespec(pid_t pid, unsigned long long *timeout, uint64_t stack,
			     const struct lg_sleep *sleep, uint64_t slept_ns)
{
	/* Where no frame of ours comes to lie. */
	uint64_t place = (stack - LG_FRAMES_BYTES - LG_FRAMES_ABOVE) & ~(uint64_t)15;
	struct lg_memory memory = lg_process_memory(pid);
	int64_t spec[2];
	uint64_t left;

	if (!*timeout || lg_memory_read(&memory, *timeout, spec, sizeof spec, NULL) != LG_OK ||
	    spec[0] < 0 || spec[0] > MAX_TIMEOUT_S || spec[1] < 0 || spec[1] >= (int64_t)NS_A_SECOND)
		return;
	left = left_of((uint64_t)spec[0] * NS_A_SECOND + (uint64_t)spec[1], sleep, slept_ns);
	spec[0] = (int64_t)(left / NS_A_SECOND);
	spec[1] = (int64_t)(left % NS_A_SECOND);
	if (lg_process_write(pid, place, spec, sizeof spec, NULL) == LG_OK)
		*timeout = place;
}

void lg_sleep_rewind(pid_t pid, pid_t thread, const struct lg_sleep *sleep,
		     struct user_regs_struct *registers)
{
	unsigned long long *timeout;
	uint64_t slept_ns = 0;

	if (is_same_sleep(pid, thread, sleep, registers))
		slept_ns = lg_now_ns() - sleep->since_ns;
	if (slept_ns < MIN_SLEPT_NS)
		slept_ns = 0;
	switch (slept_ns ? timeout_of(registers, &timeout) : FORM_NONE) {
	case FORM_MILLISECONDS:
		shorten_milliseconds(timeout, sleep, slept_ns);
		break;
	case FORM_TIMESPEC:
		shorten_timespec(pid, timeout, registers->rsp, sleep, slept_ns);
		break;
	case FORM_NONE:
		break;
	}
	registers->rax = registers->orig_rax;
	registers->rip -= 2;
	registers->orig_rax = (uint64_t)-1;
}
