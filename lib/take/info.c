/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "take/info.h"
#include "target/proc.h"
#include "target/residency.h"

#define MAX_COMMAND_BYTES 4096
#define MAX_PATH_BYTES 4096

static enum lg_status add(struct lg_intern *strings, const char *text, uint32_t *out,
			  struct lg_error *err)
{
	return lg_intern_add(strings, text, strlen(text), out, err);
}

/* Arguments stand with a zero byte between them; a process may have made of it what it likes. */
static enum lg_status command_line(pid_t pid, struct lg_intern *strings, uint32_t *out,
				   struct lg_error *err)
{
	char path[64], text[MAX_COMMAND_BYTES];
	size_t n;

	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	lg_cleanup(lg_fclose) FILE *file = fopen(path, "re");
	if (!file)
		return LG_OK;
	n = fread(text, 1, sizeof text, file);
	while (n && !text[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	return lg_intern_add(strings, text, n, out, err);
}

static enum lg_status executable(pid_t pid, struct lg_intern *strings, uint32_t *out,
				 struct lg_error *err)
{
	char path[64], text[MAX_PATH_BYTES];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	n = readlink(path, text, sizeof text);
	return n > 0 ? lg_intern_add(strings, text, (size_t)n, out, err) : LG_OK;
}

/* The kernel's quick count may be some hundred kilobytes off; its sums are not. */
static void resident(pid_t pid, struct lg_snapshot_info *info)
{
	struct lg_rollup rollup = lg_rollup_read(pid);

	info->rss_bytes = rollup.rss_bytes ? rollup.rss_bytes : lg_proc_rss_bytes(pid);
	info->pss_bytes = rollup.pss_bytes;
	info->private_bytes = rollup.private_bytes;
	info->swap_bytes = rollup.swap_bytes;
	info->huge_bytes = rollup.huge_bytes;
}

enum lg_status lg_take_process_info(pid_t pid, struct lg_intern *strings,
				    struct lg_snapshot_info *info, struct lg_error *err)
{
	struct lg_proc_status process;
	struct timespec now = {0};
	enum lg_status status = command_line(pid, strings, &info->command_line, err);

	if (status == LG_OK)
		status = executable(pid, strings, &info->executable, err);
	clock_gettime(CLOCK_REALTIME, &now);
	info->pid = (uint64_t)pid;
	if (lg_proc_status_read(pid, pid, &process, NULL) == LG_OK && process.inner != pid)
		info->inner_pid = (uint64_t)process.inner;
	info->process_start = lg_proc_start_time(pid);
	info->taken_at_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	resident(pid, info);
	return status;
}

/* PY_VERSION_HEX: major, minor, micro, level (a, b, c, f) and serial. */
enum lg_status lg_take_version_info(const struct lg_python *python, struct lg_intern *strings,
				    struct lg_snapshot_info *info, struct lg_error *err)
{
	uint32_t hex = python->version_hex;
	char text[64], level[16] = "";
	enum lg_status status;

	if ((hex >> 4 & 0xf) != 0xf)
		snprintf(level, sizeof level, "%s%u", (hex >> 4 & 0xf) == 0xc ? "rc" :
						      (hex >> 4 & 0xf) == 0xb ? "b" : "a",
			 hex & 0xf);
	snprintf(text, sizeof text, "%u.%u.%u%s", hex >> 24, hex >> 16 & 0xff, hex >> 8 & 0xff, level);
	info->python_hex = hex;
	status = add(strings, text, &info->python_version, err);
	if (status == LG_OK)
		status = add(strings, "leakgraph " LEAKGRAPH_VERSION, &info->producer, err);
	return status;
}
