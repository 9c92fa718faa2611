/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_PERMISSION_H
#define LG_TARGET_PERMISSION_H

#include "target/proc.h"

/*
 * What decides whether we may trace a process, apart from the decision: the
 * kernel answers all reasons with the same "not permitted", so we ask for each
 * what ptrace(2), "Ptrace access mode checking", asks.
 */
struct lg_permission {
	uint32_t user, group;  /* ours */
	uint64_t capabilities; /* ours, effective; they count in our own user namespace */
	int trace_answer;      /* errno of a request that the kernel itself answers with ESRCH */
	int read_answer;       /* errno of reading our own memory as another's, 0 for none */
	int ptrace_scope;      /* of Yama, 0 where that is absent */
	bool other_namespace;  /* of users: the process is not in ours */
	bool dumpable;
	char label[128];       /* what a security module calls the process, "" for nothing */
};

/* root: "", or a directory that stands for / in tests. */
void lg_permission_read(const char *root, const struct lg_proc_status *target,
			struct lg_permission *out);

/* May we call ptrace at all? LG_E_ATTACH where a seccomp filter of our own forbids it. */
enum lg_status lg_permission_to_trace(const struct lg_proc_status *target,
				      const struct lg_permission *permission,
				      struct lg_error *err) LG_MUST_CHECK;

/* The kernel said no: which of its reasons it was, and what to do. Always LG_E_ATTACH. */
enum lg_status lg_permission_denied(const struct lg_proc_status *target,
				    const struct lg_permission *permission, struct lg_error *err);

#endif
