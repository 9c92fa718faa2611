/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/room.h"

#define MAX_LINES 256
#define MAX_GROUP_DEPTH 64

static void lower(struct lg_room *room, uint64_t bytes, const char *limit)
{
	if (bytes < room->bytes)
		*room = (struct lg_room){bytes, limit};
}

static FILE *open_at(const char *root, const char *folder, const char *name)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);

	return length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
}

/* The number behind a key at the start of a line, times unit; false where there is none. */
static bool find_number(FILE *file, const char *key, uint64_t unit, uint64_t *out)
{
	char line[256], *end;
	size_t length = strlen(key);

	rewind(file);
	for (int i = 0; i < MAX_LINES && fgets(line, sizeof line, file); i++) {
		uint64_t number;

		if (strncmp(line, key, length) != 0)
			continue;
		number = strtoull(line + length, &end, 10);
		return end != line + length && !__builtin_mul_overflow(number, unit, out);
	}
	return false;
}

static void look_at_machine(const char *root, struct lg_room *room)
{
	lg_cleanup(lg_fclose) FILE *file = open_at(root, "/proc", "meminfo");
	uint64_t there, swap = 0;

	if (!file || !find_number(file, "MemAvailable:", 1024, &there))
		return;
	if (!find_number(file, "SwapFree:", 1024, &swap) || swap > UINT64_MAX - there)
		swap = 0;
	lower(room, there + swap, "by the machine");
}

static void look_at_limit(int resource, uint64_t used, const char *name, struct lg_room *room)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		lower(room, limit.rlim_cur > used ? limit.rlim_cur - used : 0, name);
}

static void look_at_limits(const char *root, struct lg_room *room)
{
	lg_cleanup(lg_fclose) FILE *file = open_at(root, "/proc/self", "status");
	uint64_t size, data;

	if (!file || !find_number(file, "VmSize:", 1024, &size) ||
	    !find_number(file, "VmData:", 1024, &data))
		return;
	look_at_limit(RLIMIT_AS, size, "by RLIMIT_AS", room);
	look_at_limit(RLIMIT_DATA, data, "by RLIMIT_DATA", room);
}

/* Where the two versions of control groups have what; a version's root is the end of the way up. */
struct hierarchy {
	const char *mount, *most, *used, *cache;
};

static const struct hierarchy version_1 = {
	"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
	"total_inactive_file ",
};
static const struct hierarchy version_2 = {
	"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file ",
};

/* No limit is "max", which is no number, and in version 1 more than any machine has. */
static void look_at_group(const char *root, const struct hierarchy *h, const char *folder,
			  struct lg_room *room)
{
	lg_cleanup(lg_fclose) FILE *max = open_at(root, folder, h->most);
	lg_cleanup(lg_fclose) FILE *current = open_at(root, folder, h->used);
	lg_cleanup(lg_fclose) FILE *stat = open_at(root, folder, "memory.stat");
	uint64_t most, used, cache = 0;

	if (!max || !current || !find_number(max, "", 1, &most) ||
	    !find_number(current, "", 1, &used))
		return;
	/* What was read from files and not looked at again goes before anything is killed. */
	if (stat && find_number(stat, h->cache, 1, &cache))
		used -= cache < used ? cache : used;
	lower(room, most > used ? most - used : 0, "by the control group");
}

/* The group and those above it. In a container the path may be the host's: then only the root is found. */
static void look_up_from(const char *root, const struct hierarchy *h, const char *path,
			 struct lg_room *room)
{
	char folder[PATH_MAX + 32];
	size_t mount = strlen(h->mount);

	snprintf(folder, sizeof folder, "%s%s", h->mount, path);
	for (int depth = 0; depth < MAX_GROUP_DEPTH; depth++) {
		char *slash = strrchr(folder, '/');

		if (slash[1])
			look_at_group(root, h, folder, room);
		if (slash < folder + mount)
			return;
		*slash = '\0';
	}
}

/* Is "memory" one of "cpu,memory"? */
static bool has_memory(const char *controllers, size_t length)
{
	static const char name[] = "memory";
	size_t part;

	for (; length; controllers += part, length -= part) {
		part = strcspn(controllers, ",:");
		if (part == sizeof name - 1 && memcmp(controllers, name, part) == 0)
			return true;
		part += part < length;
	}
	return false;
}

/* Lines "4:memory:/a/b" of version 1, "0::/a/b" of version 2; a machine may have both. */
static void look_at_groups(const char *root, struct lg_room *room)
{
	lg_cleanup(lg_fclose) FILE *file = open_at(root, "/proc/self", "cgroup");
	char line[PATH_MAX];

	for (int i = 0; file && i < MAX_LINES && fgets(line, sizeof line, file); i++) {
		char *controllers = strchr(line, ':'), *path;

		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path || path[1] != '/')
			continue;
		path[1 + strcspn(path + 1, "\n")] = '\0';
		if (path == controllers)
			look_up_from(root, &version_2, path + 1, room);
		else if (has_memory(controllers, (size_t)(path - controllers)))
			look_up_from(root, &version_1, path + 1, room);
	}
}

struct lg_room lg_room_of(const char *root)
{
	struct lg_room room = {UINT64_MAX, "by nothing"};

	look_at_machine(root, &room);
	look_at_limits(root, &room);
	look_at_groups(root, &room);
	return room;
}

enum lg_status lg_room_check(const char *what, uint64_t needed_bytes, struct lg_error *err)
{
	struct lg_room room;

	if (needed_bytes < LG_ROOM_SMALL_BYTES)
		return LG_OK;
	room = lg_room_of("");
	if (needed_bytes <= room.bytes)
		return LG_OK;
	return lg_fail(err, LG_E_MEMORY,
		       "no memory for %s: %" PRIu64 " bytes (%" PRIu64 " left %s)", what,
		       needed_bytes, room.bytes, room.limit);
}
