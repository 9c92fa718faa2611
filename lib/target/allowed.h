/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_ALLOWED_H
#define LG_TARGET_ALLOWED_H

/*
 * The one system call that code in a revived process can make (revive.h), and
 * the only one that the walker makes by itself:
 *
 *	mmap(0, bytes, LG_ALLOWED_PROTECTION, LG_ALLOWED_FLAGS, ...)
 *
 * anonymous memory where the kernel likes it, readable and writable, bounded
 * by RLIMIT_AS. Included by freestanding code: numbers only.
 */
#define LG_ALLOWED_PROTECTION 0x3 /* PROT_READ | PROT_WRITE */
#define LG_ALLOWED_FLAGS 0x4022   /* MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE */

#endif
