/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_CHECK_H
#define LG_TARGET_CHECK_H

#include <stddef.h>

#include "target/proc.h"

/* The decisions of lg_target_check(), apart from where their facts come from. */

/* Is it a running process of its own that no one traces? */
enum lg_status lg_target_judge(const struct lg_proc_status *target,
			       struct lg_error *err) LG_MUST_CHECK;

/* Is it a program for this machine? head: the first bytes of its file. */
enum lg_status lg_target_judge_image(pid_t pid, const unsigned char *head, size_t bytes,
				     struct lg_error *err) LG_MUST_CHECK;

/* What to do about the seccomp filters of a target before a system call runs in it. */
enum lg_filters {
	LG_FILTERS_NONE,
	LG_FILTERS_SHARED,  /* a container's, ours as well: they fail calls, we may try */
	LG_FILTERS_FOREIGN, /* they may kill it for the call: suspend them or keep off */
};
enum lg_filters lg_target_filters(const struct lg_proc_status *target);

#endif
