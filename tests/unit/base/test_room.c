/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "base/room.h"

/* A directory that stands for /, with files put into it; a test is a process, and leaves it. */
struct place {
	char root[64];
};

static struct place place_new(void)
{
	struct place p = {"/tmp/leakgraph-room-XXXXXX"};

	cr_assert(mkdtemp(p.root) != NULL);
	return p;
}

static void put(const struct place *p, const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof whole, "%s%s", p->root, path);
	for (char *slash = whole + strlen(p->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)!mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "w");
	cr_assert(file != NULL, "%s", whole);
	fputs(text, file);
	fclose(file);
}

static void done(const struct place *p)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r '%s'", p->root);
	cr_assert(system(command) == 0);
}

static void expect(const struct place *p, uint64_t bytes, const char *limit)
{
	struct lg_room room = lg_room_of(p->root);

	cr_assert(room.bytes == bytes && strcmp(room.limit, limit) == 0, "%lu bytes left %s",
		  (unsigned long)room.bytes, room.limit);
}

Test(room, what_cannot_be_read_limits_nothing)
{
	struct place p = place_new();

	expect(&p, UINT64_MAX, "by nothing");
	put(&p, "/proc/meminfo", "MemTotal: 5 kB\nMemAvailable: much\n");
	put(&p, "/proc/self/cgroup", "1:cpu:/x\n");
	expect(&p, UINT64_MAX, "by nothing");
	put(&p, "/proc/meminfo", "MemAvailable: 99999999999999999 kB\n");
	expect(&p, UINT64_MAX, "by nothing");
	done(&p);
}

Test(room, the_machine_with_its_swap)
{
	struct place p = place_new();

	put(&p, "/proc/meminfo", "MemTotal:  9 kB\nMemAvailable:    7 kB\n");
	expect(&p, 7 * 1024, "by the machine");
	put(&p, "/proc/meminfo", "MemAvailable:    7 kB\nSwapTotal: 90 kB\nSwapFree:  2 kB\n");
	expect(&p, 9 * 1024, "by the machine");
	done(&p);
}

Test(room, control_groups_up_to_the_top)
{
	struct place p = place_new();

	put(&p, "/proc/meminfo", "MemAvailable: 1000 kB\n");
	put(&p, "/proc/self/cgroup", "4:memory:/old\n0::/a.slice/b.service\n");
	put(&p, "/sys/fs/cgroup/a.slice/b.service/memory.max", "max\n");
	put(&p, "/sys/fs/cgroup/a.slice/b.service/memory.current", "100\n");
	expect(&p, 1000 * 1024, "by the machine");
	put(&p, "/sys/fs/cgroup/a.slice/b.service/memory.max", "9000\n");
	expect(&p, 8900, "by the control group");
	put(&p, "/sys/fs/cgroup/a.slice/memory.max", "5000\n");
	put(&p, "/sys/fs/cgroup/a.slice/memory.current", "4000\n");
	expect(&p, 1000, "by the control group");
	put(&p, "/sys/fs/cgroup/a.slice/memory.stat", "anon 1000\ninactive_file 3000\n");
	expect(&p, 4000, "by the control group");
	put(&p, "/sys/fs/cgroup/memory.max", "50\n");
	put(&p, "/sys/fs/cgroup/memory.current", "60\n");
	expect(&p, 0, "by the control group");
	done(&p);
}

Test(room, control_groups_of_version_1)
{
	struct place p = place_new();

	put(&p, "/proc/meminfo", "MemAvailable: 1000 kB\n");
	put(&p, "/proc/self/cgroup",
	    "9:name=memory:/no\n5:devices:/d\n4:hugetlb,memory:/docker/b:1\n0::/\n");
	put(&p, "/sys/fs/cgroup/memory/docker/b:1/memory.limit_in_bytes", "9223372036854771712\n");
	put(&p, "/sys/fs/cgroup/memory/docker/b:1/memory.usage_in_bytes", "100\n");
	put(&p, "/sys/fs/cgroup/memory/no/memory.limit_in_bytes", "1\n");
	put(&p, "/sys/fs/cgroup/memory/no/memory.usage_in_bytes", "1\n");
	expect(&p, 1000 * 1024, "by the machine");
	put(&p, "/sys/fs/cgroup/memory/docker/b:1/memory.limit_in_bytes", "9000\n");
	expect(&p, 8900, "by the control group");
	put(&p, "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "5000\n");
	put(&p, "/sys/fs/cgroup/memory/docker/memory.usage_in_bytes", "4000\n");
	expect(&p, 1000, "by the control group");
	put(&p, "/sys/fs/cgroup/memory/docker/memory.stat",
	    "inactive_file 1\ntotal_inactive_file 3000\n");
	expect(&p, 4000, "by the control group");
	done(&p);
}

/* In a container without a namespace of groups its own group is the root of what it sees. */
Test(room, a_container_sees_its_group_as_the_root)
{
	struct place p = place_new();

	put(&p, "/proc/self/cgroup", "4:memory:/docker/0a1b2c\n");
	put(&p, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "700\n");
	put(&p, "/sys/fs/cgroup/memory/memory.usage_in_bytes", "200\n");
	expect(&p, 500, "by the control group");
	put(&p, "/proc/self/cgroup", "4:memory:/\n");
	expect(&p, 500, "by the control group");
	put(&p, "/proc/self/cgroup", "4:memory\n:\n::\nmemory:/\n4:mem:/x\n");
	expect(&p, UINT64_MAX, "by nothing");
	done(&p);
}

Test(room, this_machine_has_some)
{
	struct lg_room room = lg_room_of("");
	struct lg_error error = {0};

	cr_assert(room.bytes > 0 && room.bytes < UINT64_MAX, "%lu bytes left %s",
		  (unsigned long)room.bytes, room.limit);
	cr_assert(lg_room_check("a test", LG_ROOM_SMALL_BYTES, &error) == LG_OK, "%s", error.text);
}

/* A limit of private memory that leaves a little: a sanitizer needs some to look at all. */
static rlim_t a_little_more_than_now(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long kilobytes = 0;
	char line[256];

	cr_assert(file != NULL);
	while (fgets(line, sizeof line, file) && sscanf(line, "VmData: %lu", &kilobytes) != 1)
		;
	fclose(file);
	return (rlim_t)kilobytes * 1024 + (8 << 20);
}

Test(room, refusal_says_how_much_is_needed_and_there)
{
	struct rlimit before, little;
	struct lg_error error = {0};
	unsigned long needed, there;
	char tail[64] = "";
	enum lg_status status;

	cr_assert(lg_room_check("a test", (uint64_t)1 << 60, &error) == LG_E_MEMORY);
	cr_assert(sscanf(error.text, "no memory for a test: %lu bytes (%lu left by the %63[^)])",
			 &needed, &there, tail) == 3,
		  "said: %s", error.text);
	cr_assert(needed == (uint64_t)1 << 60 && there < (uint64_t)1 << 50);
	cr_assert(getrlimit(RLIMIT_DATA, &before) == 0);
	little = (struct rlimit){a_little_more_than_now(), before.rlim_max};
	cr_assert(setrlimit(RLIMIT_DATA, &little) == 0);
	status = lg_room_check("a test", (uint64_t)17 << 20, &error);
	cr_assert(setrlimit(RLIMIT_DATA, &before) == 0);
	cr_assert(status == LG_E_MEMORY);
	cr_assert(strstr(error.text, "no memory for a test: 17825792 bytes (") == error.text &&
			  strstr(error.text, " left by RLIMIT_DATA)"),
		  "said: %s", error.text);
	cr_assert(lg_room_check("a test", LG_ROOM_SMALL_BYTES - 1, &error) == LG_OK);
}
