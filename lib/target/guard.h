/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_GUARD_H
#define LG_TARGET_GUARD_H

#include <stdint.h>
#include <sys/types.h>

/*
 * What there is to clean up in a target, written down as it comes into being
 * where the guarding parent sees it even when the one who wrote it is killed.
 */
struct lg_guard_note {
	pid_t target;
	uint64_t start_time;
	pid_t copy;
};

/* The shared note inside lg_guard_run(), else one that only this process sees. */
volatile struct lg_guard_note *lg_guard_note(void);

/*
 * Reap a dead child of the target by a call in one of its threads. child_inner is its
 * number in the target's pid namespace. Nothing
 * where the target is gone or another process by now.
 */
void lg_target_reap(pid_t target, uint64_t start_time, pid_t child_inner);

/* The name of a copy as the system's lists of processes show it; at most 15 characters. */
#define LG_COPY_NAME "leakgraph-copy"

/*
 * Reap the dead copies that are left of dumps of which no process survived: children of the target
 * that bear the name and end without a signal. O(threads of the target).
 */
void lg_target_reap_left(pid_t target, uint64_t start_time);

#endif
