/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_COPY_H
#define LG_TARGET_COPY_H

#include "target/code.h"
#include "target/freeze.h"
#include "target/trace.h"

/* What freeze.c (making and ending) and copy.c (working with it) share. */

enum lg_copy_state {
	LG_COPY_STANDS,  /* in a stop, nothing started */
	LG_COPY_STARTED, /* in a stop, to be continued */
	LG_COPY_RUNS,    /* could not be stopped */
	LG_COPY_DEAD,
};

struct lg_freeze {
	pid_t target;
	uint64_t start_time;
	struct lg_code code;
	struct lg_memory memory;
	struct lg_maps maps; /* empty until asked for */
	pid_t helper, helper_inner; /* shares the target's memory, is the copy's parent */
	struct user_regs_struct helper_registers;
	pid_t copy, copy_inner;
	struct user_regs_struct copy_registers;
	enum lg_copy_state state;
	uint64_t pause_ns;
};

#endif
