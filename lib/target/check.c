/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/check.h"
#include "target/freeze.h"
#include "target/permission.h"

static const char *process_name(pid_t pid, char *buffer, size_t capacity)
{
	struct lg_proc_status status;

	if (lg_proc_status_read(pid, pid, &status, NULL) == LG_OK)
		snprintf(buffer, capacity, " (%.60s)", status.name);
	else
		buffer[0] = 0;
	return buffer;
}

enum lg_status lg_target_judge(const struct lg_proc_status *target, struct lg_error *err)
{
	char name[72];

	if (target->group && target->group != target->pid)
		return lg_fail(err, LG_E_ATTACH,
			       "%d is a thread of process %d, expected a process: dump %d",
			       target->pid, target->group, target->group);
	if (target->kernel_thread)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) is a thread of the kernel, expected a program",
			       target->pid, target->name);
	if (target->state == 'X' || (target->state == 'Z' && target->threads <= 1))
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) has ended and waits for its parent %d to notice (a "
			       "zombie), expected a running process",
			       target->pid, target->name, target->parent);
	if (target->tracer)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) is traced by process %d%s, expected no tracer: "
			       "detach that first",
			       target->pid, target->name, target->tracer,
			       process_name(target->tracer, name, sizeof name));
	if (target->shadow_stack)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) runs with a shadow stack, expected none",
			       target->pid, target->name);
	return LG_OK;
}

/* Opening the memory asks the kernel the same question as an attachment does. */
static enum lg_status check_permission(const struct lg_proc_status *target, struct lg_error *err)
{
	struct lg_permission permission;
	enum lg_status status;
	char path[64];

	lg_permission_read("", target, &permission);
	status = lg_permission_to_trace(target, &permission, err);
	if (status != LG_OK)
		return status;
	snprintf(path, sizeof path, "/proc/%d/mem", target->pid);
	lg_cleanup(lg_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return LG_OK;
	if (errno == EACCES || errno == EPERM)
		return lg_permission_denied(target, &permission, err);
	return lg_fail(err, LG_E_ATTACH, "process %d (%s): %s: %s", target->pid, target->name, path,
		       strerror(errno));
}

enum lg_status lg_target_judge_image(pid_t pid, const unsigned char *head, size_t bytes,
				     struct lg_error *err)
{
	uint16_t machine;

	if (bytes < 20 || memcmp(head, ELFMAG, SELFMAG) != 0)
		return lg_fail(err, LG_E_ATTACH, "process %d: its program is no ELF file", pid);
	memcpy(&machine, head + 18, sizeof machine);
	if (head[EI_CLASS] != ELFCLASS64)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d is a 32-bit program, expected a 64-bit one", pid);
	if (head[EI_DATA] != ELFDATA2LSB || machine != EM_X86_64)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d is a program for machine %u, expected %d (x86-64)", pid,
			       machine, EM_X86_64);
	return LG_OK;
}

/* The link of /proc leads to the program also where its file is deleted or out of sight. */
static enum lg_status check_image(pid_t pid, struct lg_error *err)
{
	unsigned char head[20];
	char path[64];
	ssize_t got;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	lg_cleanup(lg_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return lg_fail(err, LG_E_ATTACH, "process %d: %s: %s", pid, path, strerror(errno));
	got = read(fd, head, sizeof head);
	return lg_target_judge_image(pid, head, got < 0 ? 0 : (size_t)got, err);
}

enum lg_filters lg_target_filters(const struct lg_proc_status *target)
{
	struct lg_proc_status own;

	if (target->seccomp == 0)
		return LG_FILTERS_NONE;
	if (lg_proc_status_read(getpid(), getpid(), &own, NULL) == LG_OK &&
	    own.filters >= target->filters)
		return LG_FILTERS_SHARED;
	return LG_FILTERS_FOREIGN;
}

static enum lg_status check_filters(const struct lg_proc_status *target, struct lg_error *err)
{
	if (target->seccomp != 1)
		return LG_OK;
	return lg_fail(err, LG_E_ATTACH,
		       "process %d (%s) runs under seccomp's strict mode, expected a mode in which "
		       "it may fork",
		       target->pid, target->name);
}

enum lg_status lg_target_check(pid_t pid, struct lg_error *err)
{
	struct lg_proc_status target;
	enum lg_status status;

	if (pid <= 0)
		return lg_fail(err, LG_E_ATTACH, "process id %d, expected a positive number", pid);
	if (pid == getpid())
		return lg_fail(err, LG_E_ATTACH,
			       "process %d is this program itself, expected another process", pid);
	if (kill(pid, 0) != 0 && errno == ESRCH)
		return lg_fail(err, LG_E_ATTACH, "no process %d", pid);
	status = lg_proc_status_read(pid, pid, &target, NULL);
	if (status != LG_OK && errno == ENOENT)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d is gone, or /proc hides it from user %u", pid,
			       geteuid());
	if (status != LG_OK)
		return lg_fail(err, LG_E_ATTACH, "/proc/%d/status: %s", pid, strerror(errno));
	status = lg_target_judge(&target, err);
	if (status == LG_OK)
		status = check_permission(&target, err);
	if (status == LG_OK)
		status = check_image(pid, err);
	if (status == LG_OK)
		status = check_filters(&target, err);
	return status;
}
