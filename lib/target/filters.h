/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_FILTERS_H
#define LG_TARGET_FILTERS_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What seccomp filters answer to a call, asked beforehand: who suspends them
 * takes the suspension along when he dies, and the call is then theirs to judge.
 */

/* By one filter: SECCOMP_RET_*. One that no kernel would have taken kills. O(count). */
uint32_t lg_filter_answer(const struct sock_filter *filter, size_t count,
			  const struct seccomp_data *call);

enum lg_answer {
	LG_ANSWER_UNKNOWN = 0, /* the filters can't be read */
	LG_ANSWER_HARM,        /* it kills, sends a signal, or asks another process */
	LG_ANSWER_FAILS,       /* the call, with an error */
	LG_ANSWER_LETS,        /* through */
};

/*
 * By all filters of a thread that we trace and that is stopped: the strictest of
 * their answers. Needs CAP_SYS_ADMIN and a kernel for checkpoints, as suspending does.
 */
enum lg_answer lg_filters_answer(pid_t thread, const struct seccomp_data *call);

#endif
