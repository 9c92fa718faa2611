/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_SLEEP_H
#define LG_TARGET_SLEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/*
 * Some system calls fail with EINTR after any stop, though signal(7) says that a
 * handler must have run: epoll_wait and the like. They are issued again. So that one
 * with a timeout ends when it would have ended, we look before the stop since when
 * the thread has been asleep.
 */

/* A thread's sleep in one of these calls. since_ns 0: none, or not known. */
struct lg_sleep {
	uint64_t since_ns; /* of lg_now_ns() */
	uint64_t slept_ns; /* until we looked */
	uint64_t switches; /* how often it had gone to sleep by then */
	uint64_t number, argument[6], stack_pointer, instruction;
};

/*
 * Each processor's scheduler has its own clock, which stands still while a hypervisor
 * runs others. Zero-initialise before each stop.
 */
#define LG_MAX_CLOCKS 256
struct lg_clocks {
	bool measured;
	uint64_t measured_ns;
	int count; /* of processors we may run on; 0: more than LG_MAX_CLOCKS, or no such clock */
	int processor[LG_MAX_CLOCKS];
	int64_t behind_ns[LG_MAX_CLOCKS]; /* of lg_now_ns(), when they were measured */
};

/*
 * Look at a thread that has not been stopped yet. The moment it last ran stands in
 * /proc/PID/task/TID/sched by the clock of the processor it then ran on; where the clocks
 * allow for several moments, the latest: a call is issued again with a timeout too long
 * rather than too short. 20 us; for a thread in such a call 0.1 ms, for the first one that
 * many a processor.
 */
void lg_sleep_look(pid_t pid, pid_t thread, struct lg_clocks *clocks, struct lg_sleep *out);

/* Does this call, number of a system call, fail with EINTR after any stop? */
bool lg_sleep_is_broken(uint64_t number);

/*
 * Registers of a stopped thread whose call failed so: back to before the call, and its
 * timeout less what is over of it. A timeout in memory is written anew, below the
 * stack and what lg_frames_lay() puts there.
 */
void lg_sleep_rewind(pid_t pid, pid_t thread, const struct lg_sleep *sleep,
		     struct user_regs_struct *registers);

#endif
