/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_PRIORITY_H
#define LG_TARGET_PRIORITY_H

#include <sched.h>
#include <sys/types.h>

/*
 * While a target stands still every wait for a processor lengthens its pause:
 * go before all others, where the system lets us. Children do not inherit it.
 */
void lg_priority_raise(pid_t thread);

/* The calling thread's own, to be put back. */
struct lg_priority {
	int policy, nice;
	struct sched_param param;
};
struct lg_priority lg_priority_hurry(void);
void lg_priority_restore(struct lg_priority *before);

/* Where memory runs out, this process is to go first. */
void lg_offer_to_oom_killer(pid_t process);

/*
 * Kill a process of ours and have its memory back now, however busy the machine is: a killed process
 * gives it back itself, when it is its turn.
 */
void lg_kill_in_haste(pid_t process);

#endif
