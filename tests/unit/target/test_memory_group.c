/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "target/memory_group.h"

/* A directory that stands for /; a test is a process, and leaves it. */
static char root[64] = "/tmp/leakgraph-group-XXXXXX";

static void put(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof whole, "%s%s", root, path);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)!mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "w");
	cr_assert(file != NULL, "%s", whole);
	fputs(text, file);
	fclose(file);
}

static void make_root(void)
{
	cr_assert(mkdtemp(root) != NULL);
}

TestSuite(memory_group, .init = make_root);

Test(memory_group, the_tightest_of_a_group_and_those_above_counts)
{
	struct lg_memory_group group;

	put("/proc/7/cgroup", "1:name=systemd:/x\n0::/a/b\n");
	put("/sys/fs/cgroup/a/memory.max", "1000000\n");
	put("/sys/fs/cgroup/a/memory.current", "900000\n");
	put("/sys/fs/cgroup/a/memory.stat", "anon 800000\ninactive_file 50000\n");
	put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	put("/sys/fs/cgroup/a/b/memory.current", "900000\n");
	lg_memory_group_find(root, 7, &group);
	cr_assert(group.unified);
	cr_assert_eq(group.limit_bytes, 1000000);
	cr_assert_str_eq(group.path + strlen(root), "/sys/fs/cgroup/a");
	cr_assert_eq(lg_memory_group_left(&group), 150000);
}

Test(memory_group, version_1)
{
	struct lg_memory_group group;

	put("/proc/7/cgroup", "4:memory:/a\n0::/\n");
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "500\n");
	put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000\n");
	put("/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1000\n");
	lg_memory_group_find(root, 7, &group);
	cr_assert(!group.unified);
	cr_assert_eq(lg_memory_group_left(&group), 3000);
}

Test(memory_group, no_limit_is_no_group)
{
	struct lg_memory_group group;

	put("/proc/7/cgroup", "0::/a\n");
	put("/sys/fs/cgroup/a/memory.max", "max\n");
	put("/sys/fs/cgroup/a/memory.current", "900000\n");
	lg_memory_group_find(root, 7, &group);
	cr_assert_eq(lg_memory_group_left(&group), UINT64_MAX);
	cr_assert_null(lg_memory_watch_start(&group, lg_memory_group_left(&group), getpid()));
}

Test(memory_group, no_room_for_a_copy_is_a_refusal)
{
	struct lg_memory_group group;
	struct lg_error err = {0};

	put("/proc/7/cgroup", "0::/a\n");
	put("/sys/fs/cgroup/a/memory.max", "1000000\n");
	put("/sys/fs/cgroup/a/memory.current", "990000\n");
	lg_memory_group_find(root, 7, &group);
	cr_assert_eq(lg_memory_group_check(&group, getpid(), &err), LG_E_ATTACH);
	cr_assert(strstr(err.text, "the memory of its group is near its end: 10000 of 1000000 bytes"),
		  "%s", err.text);
	cr_assert(strstr(err.text, "for a copy beside it"), "%s", err.text);
}
