/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_CODE_H
#define LG_TARGET_CODE_H

#include "base/memory.h"
#include "target/maps.h"

/*
 * Two places in the code that a process has mapped anyway. With them, and
 * frames on a stack, a thread can be made to run system calls and to find its
 * own way back, and no code is ever written.
 */
struct lg_code {
	uint64_t call;      /* syscall; ret */
	uint64_t sigreturn; /* mov $15, %eax (or %rax); syscall */
};

/* LG_E_ATTACH where either is missing. O(bytes of code looked at). */
enum lg_status lg_code_find(const struct lg_memory *memory, const struct lg_maps *maps,
			    struct lg_code *out, struct lg_error *err) LG_MUST_CHECK;

/* Are they still there (the process may have started another program)? */
bool lg_code_holds(const struct lg_memory *memory, const struct lg_code *code);

#endif
