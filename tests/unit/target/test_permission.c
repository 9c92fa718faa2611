/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/permission.h"

#define MAY_TRACE ((uint64_t)1 << 19)

static const struct lg_proc_status process = {
	.name = "x",
	.pid = 7,
	.uid = 1000,
	.effective_uid = 1000,
	.saved_uid = 1000,
	.gid = 100,
	.effective_gid = 100,
	.saved_gid = 100,
};
static const struct lg_permission fitting = {
	.user = 1000,
	.group = 100,
	.trace_answer = ESRCH,
	.dumpable = true,
};

static void denied(const struct lg_proc_status *target, const struct lg_permission *permission,
		   const char *message)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_permission_denied(target, permission, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, message);
}

Test(permission, owners)
{
	struct lg_permission other_user = fitting, other_group = fitting;
	struct lg_proc_status changed = process, setuid = process;

	other_user.user = 1001;
	denied(&process, &other_user,
	       "process 7 (x) belongs to user 1000 and we are user 1001: run as that user, or with "
	       "CAP_SYS_PTRACE");
	setuid.effective_uid = 0;
	denied(&setuid, &fitting,
	       "process 7 (x) belongs to user 0 and we are user 1000: run as that user, or with "
	       "CAP_SYS_PTRACE");
	changed.saved_uid = 0;
	denied(&changed, &fitting,
	       "process 7 (x) belongs to user 1000, saved 0, group 100, saved 100, and we are user "
	       "1000, group 100: run as those, or with CAP_SYS_PTRACE");
	other_group.group = 101;
	denied(&process, &other_group,
	       "process 7 (x) belongs to user 1000, saved 1000, group 100, saved 100, and we are user "
	       "1000, group 101: run as those, or with CAP_SYS_PTRACE");
}

Test(permission, of_our_own_user)
{
	struct lg_permission hidden = fitting, apart = fitting, scope = fitting;
	struct lg_proc_status strong = process;

	hidden.dumpable = false;
	denied(&process, &hidden,
	       "process 7 (x) is not dumpable (PR_SET_DUMPABLE, or its program is setuid, has "
	       "capabilities or may not be read): run as root, or with CAP_SYS_PTRACE");
	apart.other_namespace = true;
	denied(&process, &apart,
	       "process 7 (x) lives in another user namespace: run as root of the host, or in that "
	       "namespace");
	strong.permitted = 1 << 13;
	denied(&strong, &fitting,
	       "process 7 (x) has capabilities that we lack (0x2000): run as root, or with "
	       "CAP_SYS_PTRACE");
	scope.ptrace_scope = 1;
	denied(&process, &scope,
	       "process 7 (x) can't be traced: kernel.yama.ptrace_scope is 1, which lets only a parent "
	       "trace, expected 0: run as root, or with CAP_SYS_PTRACE, or dump from inside (the Python "
	       "package leakgraph)");
	scope.ptrace_scope = 2;
	denied(&process, &scope,
	       "process 7 (x) can't be traced: kernel.yama.ptrace_scope is 2, expected 0: run as root, "
	       "or with CAP_SYS_PTRACE");
	scope.ptrace_scope = 3;
	denied(&process, &scope,
	       "process 7 (x) can't be traced: kernel.yama.ptrace_scope is 3, which forbids it to "
	       "everybody until the next boot");
}

/* With CAP_SYS_PTRACE only a few reasons are left. */
Test(permission, of_the_mighty)
{
	struct lg_permission mighty = {.capabilities = MAY_TRACE, .ptrace_scope = 2};

	strcpy(mighty.label, "cage (enforce)");
	denied(&process, &mighty,
	       "process 7 (x) can't be traced, and neither users, capabilities nor Yama forbid it: a "
	       "security module does (the process is labelled 'cage (enforce)'): run outside of what "
	       "confines us");
	mighty.other_namespace = true;
	denied(&process, &mighty,
	       "process 7 (x) lives in another user namespace, where our CAP_SYS_PTRACE does not count: "
	       "run as root of the host, or in that namespace");
	mighty.other_namespace = false;
	mighty.ptrace_scope = 3;
	denied(&process, &mighty,
	       "process 7 (x) can't be traced: kernel.yama.ptrace_scope is 3, which forbids it to "
	       "everybody until the next boot");
}

static void filtered(int trace_answer, int read_answer, const char *message)
{
	struct lg_permission permission = fitting;
	struct lg_error err = {0};

	permission.trace_answer = trace_answer;
	permission.read_answer = read_answer;
	cr_assert_eq(lg_permission_to_trace(&process, &permission, &err),
		     message ? LG_E_ATTACH : LG_OK);
	if (message)
		cr_assert_str_eq(err.text, message);
}

Test(permission, filters_of_our_own)
{
	filtered(ESRCH, 0, NULL);
	filtered(EPERM, 0,
		 "process 7 (x) can't be traced: a seccomp filter that we run under answers ptrace with "
		 "\"Operation not permitted\": run outside of this container, or start it with "
		 "--cap-add=SYS_PTRACE");
	filtered(EACCES, EPERM,
		 "process 7 (x) can't be traced: a seccomp filter that we run under answers ptrace with "
		 "\"Permission denied\": run outside of this container, or start it with "
		 "--cap-add=SYS_PTRACE");
	filtered(ESRCH, ENOSYS,
		 "process 7 (x) can't be traced: a seccomp filter that we run under answers "
		 "process_vm_readv with \"Function not implemented\": run outside of this container, or "
		 "start it with --cap-add=SYS_PTRACE");
}

static char root[64];

static void put(const char *path, const char *text)
{
	char command[256], name[128];
	FILE *file;

	snprintf(command, sizeof command, "mkdir -p $(dirname %s%s)", root, path);
	cr_assert_eq(system(command), 0);
	snprintf(name, sizeof name, "%s%s", root, path);
	file = fopen(name, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", root);
	cr_assert_eq(system(command), 0);
}

Test(permission, what_is_read, .fini = remove_root)
{
	struct lg_proc_status own = process;
	struct lg_permission permission;

	strcpy(root, "/tmp/leakgraph-root-XXXXXX");
	cr_assert_not_null(mkdtemp(root));
	own.effective_uid = geteuid();
	lg_permission_read(root, &own, &permission);
	cr_assert_eq(permission.ptrace_scope, 0);
	cr_assert_not(permission.other_namespace);
	cr_assert_str_eq(permission.label, "");
	put("/proc/sys/kernel/yama/ptrace_scope", "2\n");
	put("/proc/self/uid_map", "0 0 1\n");
	put("/proc/7/uid_map", "0 0 4294967295\n");
	put("/proc/7/status", "");
	put("/proc/7/attr/current", "docker-default (enforce)\n");
	lg_permission_read(root, &own, &permission);
	cr_assert_eq(permission.user, geteuid());
	cr_assert_eq(permission.group, getegid());
	cr_assert_eq(permission.trace_answer, ESRCH);
	cr_assert_eq(permission.read_answer, 0);
	cr_assert_eq(permission.ptrace_scope, 2);
	cr_assert(permission.other_namespace);
	cr_assert(permission.dumpable);
	cr_assert_str_eq(permission.label, "docker-default (enforce)");
	own.effective_uid++;
	put("/proc/7/attr/current", "unconfined\n");
	lg_permission_read(root, &own, &permission);
	cr_assert_not(permission.dumpable);
	cr_assert_str_eq(permission.label, "");
}
