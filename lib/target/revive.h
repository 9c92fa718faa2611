/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_REVIVE_H
#define LG_TARGET_REVIVE_H

#include "target/image.h"

/*
 * A process of our own that has the memory of another one: a child of ours is
 * emptied and the parts of an image are laid out in it where they lay, so that
 * pointers, thread-local storage and the code of the interpreter are as they
 * were. What works with a frozen copy (freeze.h) works with it unchanged.
 *
 * The image may be anybody's, and its code is run. Before the first
 * instruction of it the child has no descriptor, no way to more privileges,
 * a bound on its memory and on its time, and a filter: it can make no system
 * call but for more memory (allowed.h); every other one is a fault, which
 * lg_freeze_wait() reports. It dies with its tracer.
 *
 * Files of parts are mapped privately, or copied where they don't lie in
 * pages. Parts that can't stand where they stood (below vm.mmap_min_addr, say)
 * are left out and counted in *refused_bytes. Takes image->maps and image->stack. The caller
 * owns *out. LG_E_ATTACH where the system lets us make no such child,
 * LG_E_MEMORY where there is not so much memory.
 */
enum lg_status lg_revive(struct lg_image *image, struct lg_freeze **out, uint64_t *refused_bytes,
			 struct lg_error *err) LG_MUST_CHECK;

/* Confine it, once, before code runs in it. Done by lg_freeze_start(). */
enum lg_status lg_revive_seal(struct lg_freeze *freeze, struct lg_error *err) LG_MUST_CHECK;

/* Has code in it taken more memory than a walk needs? Of a frozen copy: no. */
bool lg_revive_is_greedy(const struct lg_freeze *freeze);

#endif
