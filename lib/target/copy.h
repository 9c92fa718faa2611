/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_COPY_H
#define LG_TARGET_COPY_H

#include "target/code.h"
#include "target/freeze.h"
#include "target/memory_group.h"
#include "target/trace.h"

/*
 * What freeze.c (making and ending), revive.c (making from an image) and copy.c
 * (working with it) share.
 */

enum lg_copy_state {
	LG_COPY_STANDS,  /* in a stop, nothing started */
	LG_COPY_STARTED, /* in a stop, to be continued */
	LG_COPY_RUNS,    /* could not be stopped */
	LG_COPY_DEAD,
};

struct lg_freeze {
	pid_t target; /* 0: revived from an image */
	uint64_t start_time;
	struct lg_code code;
	struct lg_memory memory;
	struct lg_maps maps; /* empty until asked for */
	struct lg_freeze_extent extent; /* of an image */
	uint64_t seal;       /* of a revived one: its filter, to be set before code runs; else 0 */
	bool sealed;         /* it is set: no calls any more, from us neither */
	uint64_t most_bytes; /* of a revived one: more private memory is its end; else 0 */
	struct lg_memory_group group;
	struct lg_memory_watch *watch;
	pid_t copy, copy_inner; /* inner: in the target's pid namespace; 0 until it is known */
	struct user_regs_struct copy_registers;
	enum lg_copy_state state;
	bool refused; /* the fork is forbidden, or there is no room for a copy */
	uint64_t pause_ns;
	uint64_t *stack; /* pointers of the target's threads, stack_count of them */
	size_t stack_count;
};

#endif
