/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_CAGE_H
#define LG_TARGET_CAGE_H

#include <linux/filter.h>
#include <stdint.h>

/*
 * What a revived process has of ours, on one page: the instruction at which
 * the host makes calls in it, and the seccomp filter that ends that. With the
 * filter in place the kernel grants the call of allowed.h, and raises SIGSYS
 * for every other.
 */
#define LG_CAGE_STEPS 32

struct lg_cage {
	uint8_t code[16]; /* syscall; int3 */
	struct sock_fprog program;
	struct sock_filter filter[LG_CAGE_STEPS];
};

/* As it stands at address `page`. */
void lg_cage_build(uint64_t page, struct lg_cage *out);

#endif
