/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_PROC_H
#define LG_TARGET_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "leakgraph/status.h"

/*
 * A whole file of /proc as a terminated string in *out, the caller's to free.
 * LG_E_ATTACH with the system's words where it can't be read; errno is kept.
 */
enum lg_status lg_proc_read(const char *path, char **out, struct lg_error *err) LG_MUST_CHECK;

/* What /proc/PID/status says of a process or thread. Zero where a line is absent. */
struct lg_proc_status {
	char name[64];
	char state; /* R S D T t Z X I */
	pid_t pid, group, parent, tracer;
	uint32_t uid, effective_uid, saved_uid;
	uint32_t gid, effective_gid, saved_gid;
	uint64_t permitted, capabilities; /* bits of CAP_...; the latter are in effect */
	uint32_t threads;
	pid_t inner;          /* its number in its own pid namespace */
	uint32_t seccomp;     /* 2: a filter */
	uint32_t filters;     /* how many of them */
	uint64_t pending, shared_pending, blocked, ignored, caught;
	bool has_memory;      /* false for kernel threads and zombies */
	bool kernel_thread;
	bool shadow_stack;
};

void lg_proc_status_parse(const char *text, struct lg_proc_status *out);

/* Of a thread of a process; thread == pid for the process itself. */
enum lg_status lg_proc_status_read(pid_t pid, pid_t thread, struct lg_proc_status *out,
				   struct lg_error *err) LG_MUST_CHECK;

/* Ticks since boot at which the process began: with the pid, which process. 0: gone. */
uint64_t lg_proc_start_time(pid_t pid);

/* The signal that its parent gets at its end; 0: none. -1: gone. */
int lg_proc_exit_signal(pid_t pid);

/* Resident memory. 0: gone, or has none (a zombie, a thread of the kernel). */
uint64_t lg_proc_rss_bytes(pid_t pid);

/* Resident memory that is no file's and shared with nobody. 0 as above. */
uint64_t lg_proc_own_bytes(pid_t pid);

/* State letter of a thread by its stat file; 0 when it is gone. */
char lg_proc_thread_state(pid_t pid, pid_t thread);

#endif
