/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/proc.h"

/* /proc/PID/maps is the largest: 100 bytes a mapping, and a system may allow millions. */
#define MAX_PROC_FILE_BYTES ((size_t)1 << 28)

enum lg_status lg_proc_read(const char *path, char **out, struct lg_error *err)
{
	lg_cleanup(lg_free) char *text = NULL;
	size_t used = 0, capacity = 0;
	int failure;
	lg_cleanup(lg_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = NULL;
	if (fd < 0) {
		failure = errno;
		lg_fail(err, LG_E_ATTACH, "%s: %s", path, strerror(failure));
		errno = failure;
		return LG_E_ATTACH;
	}
	for (;;) {
		ssize_t got;

		if (used > MAX_PROC_FILE_BYTES)
			return lg_fail(err, LG_E_LIMIT, "%s: more than %zu bytes", path,
				       MAX_PROC_FILE_BYTES);
		if (!lg_reserve(text, capacity, used + 4097))
			return lg_fail(err, LG_E_MEMORY, "%s: no memory for %zu bytes", path,
				       used + 4097);
		got = read(fd, text + used, capacity - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			failure = errno;
			lg_fail(err, LG_E_ATTACH, "%s: %s", path, strerror(failure));
			errno = failure;
			return LG_E_ATTACH;
		}
		if (got == 0)
			break;
		used += (size_t)got;
	}
	text[used] = 0;
	*out = lg_take(text);
	return LG_OK;
}

static void parse_name(const char *value, struct lg_proc_status *out)
{
	size_t length = strcspn(value, "\n");

	if (length >= sizeof out->name)
		length = sizeof out->name - 1;
	memcpy(out->name, value, length);
	out->name[length] = 0;
}

/* The numbers of all pid namespaces it is in, outermost first. */
static pid_t last_number(const char *value)
{
	size_t length = strcspn(value, "\n");

	while (length && value[length - 1] != '\t' && value[length - 1] != ' ')
		length--;
	return atoi(value + length);
}

static void parse_line(const char *line, struct lg_proc_status *out)
{
	unsigned long long u;
	unsigned a, b, c;
	int i;

	if (strncmp(line, "Name:\t", 6) == 0)
		parse_name(line + 6, out);
	else if (strncmp(line, "State:\t", 7) == 0)
		out->state = line[7];
	else if (sscanf(line, "Pid: %d", &i) == 1)
		out->pid = i;
	else if (sscanf(line, "Tgid: %d", &i) == 1)
		out->group = i;
	else if (sscanf(line, "PPid: %d", &i) == 1)
		out->parent = i;
	else if (sscanf(line, "TracerPid: %d", &i) == 1)
		out->tracer = i;
	else if (sscanf(line, "Uid: %u %u %u", &a, &b, &c) == 3)
		out->uid = a, out->effective_uid = b, out->saved_uid = c;
	else if (sscanf(line, "Gid: %u %u %u", &a, &b, &c) == 3)
		out->gid = a, out->effective_gid = b, out->saved_gid = c;
	else if (sscanf(line, "CapPrm: %llx", &u) == 1)
		out->permitted = u;
	else if (sscanf(line, "CapEff: %llx", &u) == 1)
		out->capabilities = u;
	else if (sscanf(line, "Threads: %u", &a) == 1)
		out->threads = a;
	else if (strncmp(line, "NSpid:", 6) == 0)
		out->inner = last_number(line + 6);
	else if (sscanf(line, "Seccomp: %u", &a) == 1)
		out->seccomp = a;
	else if (sscanf(line, "Seccomp_filters: %u", &a) == 1)
		out->filters = a;
	else if (sscanf(line, "SigPnd: %llx", &u) == 1)
		out->pending = u;
	else if (sscanf(line, "ShdPnd: %llx", &u) == 1)
		out->shared_pending = u;
	else if (sscanf(line, "SigBlk: %llx", &u) == 1)
		out->blocked = u;
	else if (sscanf(line, "SigIgn: %llx", &u) == 1)
		out->ignored = u;
	else if (sscanf(line, "SigCgt: %llx", &u) == 1)
		out->caught = u;
	else if (sscanf(line, "Kthread: %u", &a) == 1)
		out->kernel_thread = a != 0;
	else if (strncmp(line, "VmSize:", 7) == 0)
		out->has_memory = true;
	else if (strncmp(line, "x86_Thread_features:", 20) == 0)
		out->shadow_stack = memmem(line, strcspn(line, "\n"), "shstk", 5) != NULL;
}

void lg_proc_status_parse(const char *text, struct lg_proc_status *out)
{
	*out = (struct lg_proc_status){0};
	while (*text) {
		parse_line(text, out);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	/* Kernels before 6.8 have no Kthread line; theirs have no memory, and live. */
	if (!out->has_memory && out->state != 'Z' && out->state != 'X' && out->state)
		out->kernel_thread = true;
}

enum lg_status lg_proc_status_read(pid_t pid, pid_t thread, struct lg_proc_status *out,
				   struct lg_error *err)
{
	lg_cleanup(lg_free) char *text = NULL;
	char path[64];
	enum lg_status status;

	*out = (struct lg_proc_status){0};
	if (thread == pid)
		snprintf(path, sizeof path, "/proc/%d/status", pid);
	else
		snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, thread);
	status = lg_proc_read(path, &text, err);
	if (status == LG_OK)
		lg_proc_status_parse(text, out);
	return status;
}

/* The fields behind the name, which may itself hold spaces and brackets. */
static const char *stat_fields(const char *text)
{
	const char *end = strrchr(text, ')');

	return end && end[1] == ' ' ? end + 2 : NULL;
}

/* A number of /proc/PID/stat by its place in proc(5), where the state is field 3. */
static bool stat_number(pid_t pid, int place, uint64_t *out)
{
	lg_cleanup(lg_free) char *text = NULL;
	const char *field;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (lg_proc_read(path, &text, NULL) != LG_OK)
		return false;
	field = stat_fields(text);
	for (int i = 3; field && i < place; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	return field && sscanf(field, "%" SCNu64, out) == 1;
}

uint64_t lg_proc_start_time(pid_t pid)
{
	uint64_t start;

	return stat_number(pid, 22, &start) ? start : 0;
}

int lg_proc_exit_signal(pid_t pid)
{
	uint64_t number;

	return stat_number(pid, 38, &number) ? (int)number : -1;
}

static bool read_resident(pid_t pid, uint64_t *all, uint64_t *shared)
{
	lg_cleanup(lg_free) char *text = NULL;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/statm", pid);
	return lg_proc_read(path, &text, NULL) == LG_OK &&
	       sscanf(text, "%*u %" SCNu64 " %" SCNu64, all, shared) == 2 && *shared <= *all;
}

uint64_t lg_proc_rss_bytes(pid_t pid)
{
	uint64_t all, shared;

	return read_resident(pid, &all, &shared) ? all * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t lg_proc_own_bytes(pid_t pid)
{
	uint64_t all, shared;

	return read_resident(pid, &all, &shared) ? (all - shared) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

char lg_proc_thread_state(pid_t pid, pid_t thread)
{
	lg_cleanup(lg_free) char *text = NULL;
	const char *field;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, thread);
	if (lg_proc_read(path, &text, NULL) != LG_OK)
		return 0;
	field = stat_fields(text);
	return field ? *field : 0;
}
