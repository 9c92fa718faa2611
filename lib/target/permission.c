/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/permission.h"

#define MAY_TRACE ((uint64_t)1 << CAP_SYS_PTRACE)

static char *read_file(const char *root, const char *format, pid_t pid)
{
	char name[64], path[512], *text;

	snprintf(name, sizeof name, format, pid);
	snprintf(path, sizeof path, "%s%s", root, name);
	return lg_proc_read(path, &text, NULL) == LG_OK ? text : NULL;
}

static int read_scope(const char *root)
{
	lg_cleanup(lg_free) char *text = read_file(root, "/proc/sys/kernel/yama/ptrace_scope", 0);
	int scope = 0;

	if (text)
		sscanf(text, "%d", &scope);
	return scope;
}

/*
 * The namespaces themselves are shown to nobody who may not trace; their maps
 * are, and as the reader sees them.
 */
static bool in_other_namespace(const char *root, pid_t pid)
{
	lg_cleanup(lg_free) char *own = read_file(root, "/proc/self/uid_map", 0);
	lg_cleanup(lg_free) char *its = read_file(root, "/proc/%d/uid_map", pid);

	return own && its && strcmp(own, its) != 0;
}

/* The files (not the directory) in /proc of a process that is not dumpable belong to root. */
static bool is_dumpable(const char *root, const struct lg_proc_status *target)
{
	char path[512];
	struct stat facts;

	snprintf(path, sizeof path, "%s/proc/%d/status", root, target->pid);
	return stat(path, &facts) != 0 || facts.st_uid == target->effective_uid;
}

static void read_label(const char *root, pid_t pid, char *out, size_t capacity)
{
	lg_cleanup(lg_free) char *text = read_file(root, "/proc/%d/attr/current", pid);

	snprintf(out, capacity, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	if (strncmp(out, "unconfined", 10) == 0)
		out[0] = 0;
}

/* We don't trace ourselves: the kernel knows no such process. Another answer comes from a filter. */
static int ask_to_trace(void)
{
	return ptrace(PTRACE_CONT, getpid(), 0, 0) == 0 ? 0 : errno;
}

static int ask_to_read(void)
{
	char from = 0, to;
	struct iovec local = {&to, 1}, remote = {&from, 1};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1 ? 0 : errno;
}

void lg_permission_read(const char *root, const struct lg_proc_status *target,
			struct lg_permission *out)
{
	struct lg_proc_status own = {0};

	*out = (struct lg_permission){
		.user = geteuid(),
		.group = getegid(),
		.trace_answer = ask_to_trace(),
		.read_answer = ask_to_read(),
		.ptrace_scope = read_scope(root),
		.other_namespace = in_other_namespace(root, target->pid),
		.dumpable = is_dumpable(root, target),
	};
	if (lg_proc_status_read(getpid(), getpid(), &own, NULL) == LG_OK)
		out->capabilities = own.capabilities;
	read_label(root, target->pid, out->label, sizeof out->label);
}

static bool is_refusal(int answer)
{
	return answer == EPERM || answer == EACCES || answer == ENOSYS;
}

enum lg_status lg_permission_to_trace(const struct lg_proc_status *target,
				      const struct lg_permission *permission, struct lg_error *err)
{
	bool trace = is_refusal(permission->trace_answer);

	if (!trace && !is_refusal(permission->read_answer))
		return LG_OK;
	return lg_fail(err, LG_E_ATTACH,
		       "process %d (%s) can't be traced: a seccomp filter that we run under answers %s "
		       "with \"%s\": run outside of this container, or start it with "
		       "--cap-add=SYS_PTRACE",
		       target->pid, target->name, trace ? "ptrace" : "process_vm_readv",
		       strerror(trace ? permission->trace_answer : permission->read_answer));
}

static bool other_owner(const struct lg_proc_status *target, const struct lg_permission *permission)
{
	return permission->user != target->uid || permission->user != target->effective_uid ||
	       permission->user != target->saved_uid || permission->group != target->gid ||
	       permission->group != target->effective_gid || permission->group != target->saved_gid;
}

/* What holds for those without CAP_SYS_PTRACE; LG_OK where none of it does. */
static enum lg_status judge_owner(const struct lg_proc_status *target,
				  const struct lg_permission *permission, struct lg_error *err)
{
	uint64_t lacking = target->permitted & ~permission->capabilities;

	if (permission->user != target->uid || permission->user != target->effective_uid)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) belongs to user %u and we are user %u: run as that "
			       "user, or with CAP_SYS_PTRACE",
			       target->pid, target->name, target->effective_uid, permission->user);
	if (other_owner(target, permission))
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) belongs to user %u, saved %u, group %u, saved %u, and we "
			       "are user %u, group %u: run as those, or with CAP_SYS_PTRACE",
			       target->pid, target->name, target->effective_uid, target->saved_uid,
			       target->effective_gid, target->saved_gid, permission->user,
			       permission->group);
	if (!permission->dumpable)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) is not dumpable (PR_SET_DUMPABLE, or its program is "
			       "setuid, has capabilities or may not be read): run as root, or with "
			       "CAP_SYS_PTRACE",
			       target->pid, target->name);
	if (permission->other_namespace)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) lives in another user namespace: run as root of the host, "
			       "or in that namespace",
			       target->pid, target->name);
	if (lacking)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) has capabilities that we lack (0x%" PRIx64 "): run as "
			       "root, or with CAP_SYS_PTRACE",
			       target->pid, target->name, lacking);
	if (permission->ptrace_scope == 1)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) can't be traced: kernel.yama.ptrace_scope is 1, which "
			       "lets only a parent trace, expected 0: run as root, or with CAP_SYS_PTRACE, "
			       "or dump from inside (the Python package leakgraph)",
			       target->pid, target->name);
	if (permission->ptrace_scope == 2)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) can't be traced: kernel.yama.ptrace_scope is 2, "
			       "expected 0: run as root, or with CAP_SYS_PTRACE",
			       target->pid, target->name);
	return LG_OK;
}

enum lg_status lg_permission_denied(const struct lg_proc_status *target,
				    const struct lg_permission *permission, struct lg_error *err)
{
	bool capable = permission->capabilities & MAY_TRACE;

	if (capable && permission->other_namespace)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) lives in another user namespace, where our "
			       "CAP_SYS_PTRACE does not count: run as root of the host, or in that "
			       "namespace",
			       target->pid, target->name);
	if (permission->ptrace_scope >= 3)
		return lg_fail(err, LG_E_ATTACH,
			       "process %d (%s) can't be traced: kernel.yama.ptrace_scope is %d, "
			       "which forbids it to everybody until the next boot",
			       target->pid, target->name, permission->ptrace_scope);
	if (!capable && judge_owner(target, permission, err) != LG_OK)
		return LG_E_ATTACH;
	return lg_fail(err, LG_E_ATTACH,
		       "process %d (%s) can't be traced, and neither users, capabilities nor Yama "
		       "forbid it: a security module does (the process is labelled '%s'): run outside "
		       "of what confines us",
		       target->pid, target->name, permission->label);
}
