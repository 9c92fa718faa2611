/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_ROOM_H
#define LG_BASE_ROOM_H

#include <stdint.h>

#include "leakgraph/status.h"

/*
 * How much memory there is, asked before much of it is taken: Linux grants
 * more than it has, and kills later.
 */
struct lg_room {
	uint64_t bytes;
	const char *limit; /* who leaves no more: "by the machine", "by RLIMIT_AS", ... */
};

/*
 * The least of: what the machine can give (with swap), what RLIMIT_AS and
 * RLIMIT_DATA leave, what this process's control groups (of both versions) and
 * those above them leave, caches not counted. What cannot be read limits nothing.
 * root: "", or a directory that stands for / in tests.
 */
struct lg_room lg_room_of(const char *root);

/*
 * LG_E_MEMORY where there is not so much: "no memory for the dominator tree:
 * 4640000000 bytes (2100000000 left by RLIMIT_AS)". Small amounts, below
 * LG_ROOM_SMALL_BYTES, are not asked for.
 */
#define LG_ROOM_SMALL_BYTES ((uint64_t)16 << 20)
enum lg_status lg_room_check(const char *what, uint64_t needed_bytes,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
