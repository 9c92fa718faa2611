/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/guard.h"
#include "target/hijack.h"
#include "target/priority.h"
#include "target/proc.h"
#include "target/process_memory.h"

/* A target whose threads all sleep in the kernel keeps its invisible zombie: give up then. */
#define REAP_ROUNDS  40
#define REAP_WAIT_MS 25
#define REAP_THREADS 8

/* So many are looked at for what an earlier dump left. */
#define MAX_PARENTS  4096
#define MAX_CHILDREN 4096

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* The call in one thread. True when there is nothing left to reap. */
static bool reap_by(pid_t target, pid_t thread, const struct lg_code *code, pid_t child_inner)
{
	lg_cleanup(lg_threads_free) struct lg_threads threads = {.pid = target};
	struct lg_trace_call call = {
		.number = SYS_wait4,
		.argument = {(uint64_t)child_inner, 0, __WALL | WNOHANG},
		.timeout_ms = 5000,
	};
	struct lg_proc_status status;
	struct lg_hijack hijack;
	int64_t result = 0;
	bool busy;

	if (lg_proc_status_read(target, target, &status, NULL) != LG_OK)
		return true;
	if (lg_threads_stop_one(&threads, thread, &busy, NULL) != LG_OK) {
		lg_threads_drain(&threads, 100);
		return false;
	}
	if (lg_hijack_begin(&threads, code, &call, lg_target_filters(&status), &hijack, &busy,
			    NULL) == LG_OK) {
		if (lg_hijack_run(&threads, &hijack, &result, NULL) != LG_OK)
			result = 0;
		lg_hijack_end(&threads, &hijack);
	}
	lg_threads_resume(&threads);
	lg_threads_drain(&threads, 100);
	return result != 0;
}

/* The main thread first: it comes first in the directory. */
static bool reap_by_any(pid_t target, const struct lg_code *code, pid_t child_inner)
{
	char path[64];
	lg_cleanup(close_directory) DIR *directory = NULL;
	struct dirent *entry;
	int tried = 0;

	snprintf(path, sizeof path, "/proc/%d/task", target);
	directory = opendir(path);
	while (directory && tried < REAP_THREADS && (entry = readdir(directory))) {
		pid_t thread = atoi(entry->d_name);

		if (thread <= 0)
			continue;
		tried++;
		if (reap_by(target, thread, code, child_inner))
			return true;
	}
	return false;
}

void lg_target_reap(pid_t target, uint64_t start_time, pid_t child_inner)
{
	__attribute__((unused)) lg_cleanup(lg_priority_restore) struct lg_priority before =
		lg_priority_hurry();
	struct lg_memory memory = lg_process_memory(target);

	for (int i = 0; i < REAP_ROUNDS; i++) {
		lg_cleanup(lg_maps_free) struct lg_maps maps = {0};
		struct lg_code code;

		if (!start_time || lg_proc_start_time(target) != start_time ||
		    lg_proc_thread_state(target, target) == 'Z')
			return;
		if (lg_maps_read(target, &maps, NULL) == LG_OK &&
		    lg_code_find(&memory, &maps, &code, NULL) == LG_OK &&
		    reap_by_any(target, &code, child_inner))
			return;
		usleep(REAP_WAIT_MS * 1000);
	}
}

static void reap_if_left(pid_t target, uint64_t start_time, pid_t child)
{
	struct lg_proc_status status;

	if (lg_proc_status_read(child, child, &status, NULL) == LG_OK && status.state == 'Z' &&
	    status.parent == target && strcmp(status.name, LG_COPY_NAME) == 0 &&
	    lg_proc_exit_signal(child) == 0)
		lg_target_reap(target, start_time, status.inner);
}

void lg_target_reap_left(pid_t target, uint64_t start_time)
{
	char path[280];
	lg_cleanup(close_directory) DIR *directory = NULL;
	struct dirent *entry;
	int looked = 0, seen = 0;

	snprintf(path, sizeof path, "/proc/%d/task", target);
	directory = opendir(path);
	while (directory && looked++ < MAX_PARENTS && (entry = readdir(directory))) {
		lg_cleanup(lg_free) char *children = NULL;

		snprintf(path, sizeof path, "/proc/%d/task/%s/children", target, entry->d_name);
		if (lg_proc_read(path, &children, NULL) != LG_OK)
			continue;
		for (char *at = children, *end; seen++ < MAX_CHILDREN; at = end) {
			long child = strtol(at, &end, 10);

			if (end == at)
				break;
			reap_if_left(target, start_time, (pid_t)child);
		}
	}
}
