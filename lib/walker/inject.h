/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_INJECT_H
#define LG_WALKER_INJECT_H

#include "target/freeze.h"
#include "walker/abi.h"

/*
 * The walker inside a frozen copy: its code, stack and the window both sides
 * have mapped. Where the copy may not make shared memory (a seccomp filter that it
 * has inherited), the window is ours alone, and copied to and fro.
 */
struct lg_injected {
	struct lg_walker *window; /* our mapping */
	size_t window_bytes;
	bool shared;
	uint64_t code, stack_top, argument; /* in the copy */
	uint64_t seeds, ranges;
};

/*
 * Map memory in the copy, put the code, the seeds and the ranges there, map the window
 * here. Columns are set up, the rest of *window is zero. LG_E_ATTACH where the
 * copy can't have the memory or may not make the calls.
 */
enum lg_status lg_inject(struct lg_freeze *freeze, const uint64_t *seeds, size_t seed_count,
			 const struct lg_walker_range *ranges, size_t range_count,
			 struct lg_injected *out, struct lg_error *err) LG_MUST_CHECK;
/* What was written to *window before the walker runs on, and what it has written since. */
enum lg_status lg_injected_send(struct lg_freeze *freeze, const struct lg_injected *injected,
				struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_injected_fetch(struct lg_freeze *freeze, struct lg_injected *injected,
				 struct lg_error *err) LG_MUST_CHECK;

void lg_injected_release(struct lg_injected *injected);

#endif
