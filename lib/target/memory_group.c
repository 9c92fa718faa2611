/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/memory_group.h"
#include "target/priority.h"
#include "target/proc.h"

#define MAX_GROUP_DEPTH 64
#define LOOK_US         2000
#define MIN_LEFT_BYTES  ((uint64_t)32 << 20)
/* Page tables take 1/512 of what they map; and what else a process takes in the kernel. */
#define TABLES_SHARE     400
#define TABLES_MORE_BYTES ((uint64_t)1 << 20)
/* A program that writes all over its memory takes as much within a tenth of a second. */
#define SAFE_BYTES ((uint64_t)128 << 20)
/* Version 1 writes "no limit" as a number near 2^63. */
#define NO_LIMIT_BYTES ((uint64_t)1 << 60)

static bool read_number(const char *folder, const char *name, const char *key, uint64_t *out)
{
	lg_cleanup(lg_free) char *text = NULL;
	const char *at;
	char path[4200];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (lg_proc_read(path, &text, NULL) != LG_OK)
		return false;
	at = strstr(text, key);
	return at && sscanf(at + strlen(key), "%" SCNu64, out) == 1;
}

/* What can be dropped is read only where it matters: it costs the kernel more. */
static uint64_t left_in(const char *folder, bool unified, uint64_t limit)
{
	uint64_t used, droppable = 0;

	if (!read_number(folder, unified ? "memory.current" : "memory.usage_in_bytes", "", &used))
		return UINT64_MAX;
	if (limit - (used < limit ? used : limit) < limit / 4 &&
	    read_number(folder, "memory.stat", unified ? "\ninactive_file " : "\ntotal_inactive_file ",
			&droppable))
		used -= droppable < used ? droppable : used;
	return used < limit ? limit - used : 0;
}

uint64_t lg_memory_group_left(const struct lg_memory_group *group)
{
	if (!group->path[0])
		return UINT64_MAX;
	return left_in(group->path, group->unified, group->limit_bytes);
}

/* A group and those above it, up to the folder `top`. */
static void look_upwards(char *folder, size_t top, bool unified, struct lg_memory_group *out)
{
	for (int depth = 0; depth < MAX_GROUP_DEPTH && strlen(folder) >= top; depth++) {
		uint64_t limit;
		char *slash;

		if (read_number(folder, unified ? "memory.max" : "memory.limit_in_bytes", "", &limit) &&
		    limit < NO_LIMIT_BYTES && left_in(folder, unified, limit) < lg_memory_group_left(out)) {
			snprintf(out->path, sizeof out->path, "%s", folder);
			out->unified = unified;
			out->limit_bytes = limit;
		}
		slash = strrchr(folder, '/');
		if (!slash)
			return;
		*slash = 0;
	}
}

/* A line of /proc/PID/cgroup: "0::/path" of version 2, "4:memory:/path" of version 1. */
static void look_at_line(const char *root, const char *line, struct lg_memory_group *out)
{
	static const char *const tops[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
					   "/sys/fs/cgroup/memory"};
	const char *path = strchr(line, '/');
	bool unified = strncmp(line, "0::", 3) == 0;
	char folder[4096];

	if (!path || (!unified && !strstr(line, ":memory:")))
		return;
	for (size_t i = unified ? 0 : 2; i < (unified ? 2 : 3); i++) {
		int length = snprintf(folder, sizeof folder, "%s%s%.*s", root, tops[i],
				      (int)strcspn(path, "\n"), path);

		if (length > 0 && (size_t)length < sizeof folder)
			look_upwards(folder, strlen(root) + strlen(tops[i]), unified, out);
	}
}

void lg_memory_group_find(const char *root, pid_t pid, struct lg_memory_group *out)
{
	lg_cleanup(lg_free) char *text = NULL;
	char path[4200];

	*out = (struct lg_memory_group){0};
	snprintf(path, sizeof path, "%s/proc/%d/cgroup", root, pid);
	if (lg_proc_read(path, &text, NULL) != LG_OK)
		return;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		look_at_line(root, line, out);
}

static bool is_ours(const struct lg_memory_group *group)
{
	struct lg_memory_group own;

	lg_memory_group_find("", getpid(), &own);
	return strcmp(own.path, group->path) == 0;
}

enum lg_status lg_memory_group_check(const struct lg_memory_group *group, pid_t pid,
				     struct lg_error *err)
{
	uint64_t half = lg_proc_own_bytes(pid) / 2, left = lg_memory_group_left(group);
	uint64_t needed = lg_proc_rss_bytes(pid) / TABLES_SHARE + TABLES_MORE_BYTES;

	if (!is_ours(group))
		needed += half < SAFE_BYTES ? half : SAFE_BYTES;
	if (left >= needed)
		return LG_OK;
	return lg_fail(err, LG_E_ATTACH,
		       "the memory of its group is near its end: %" PRIu64 " of %" PRIu64
		       " bytes are left, expected %" PRIu64 " for a copy beside it (%s)",
		       left, group->limit_bytes, needed, group->path);
}

struct lg_memory_watch {
	struct lg_memory_group group;
	pid_t copy;
	uint64_t least_bytes;
	atomic_bool over, struck;
	pthread_t thread;
};

static void *look_again_and_again(void *context)
{
	struct lg_memory_watch *watch = context;

	lg_priority_raise(0);
	while (!atomic_load(&watch->over)) {
		if (lg_memory_group_left(&watch->group) < watch->least_bytes) {
			atomic_store(&watch->struck, true);
			lg_kill_in_haste(watch->copy);
			break;
		}
		usleep(LOOK_US);
	}
	return NULL;
}

struct lg_memory_watch *lg_memory_watch_start(const struct lg_memory_group *group,
					      uint64_t left_bytes, pid_t copy)
{
	struct lg_memory_watch *watch;
	uint64_t least = left_bytes / 2 < MIN_LEFT_BYTES ? left_bytes / 2 : MIN_LEFT_BYTES;

	if (left_bytes == UINT64_MAX)
		return NULL;
	watch = lg_alloc_zero(1, sizeof *watch);
	if (!watch)
		return NULL;
	watch->group = *group;
	watch->copy = copy;
	watch->least_bytes = least > left_bytes / 4 ? least : left_bytes / 4;
	if (pthread_create(&watch->thread, NULL, look_again_and_again, watch) == 0)
		return watch;
	free(watch);
	return NULL;
}

bool lg_memory_watch_struck(const struct lg_memory_watch *watch)
{
	return watch && atomic_load(&watch->struck);
}

void lg_memory_watch_stop(struct lg_memory_watch *watch)
{
	if (!watch)
		return;
	atomic_store(&watch->over, true);
	pthread_join(watch->thread, NULL);
	free(watch);
}
