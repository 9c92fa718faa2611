/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_RESIDENCY_H
#define LG_TARGET_RESIDENCY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "leakgraph/status.h"

#define LG_PAGE_BYTES 4096u

/* Which pages of a process are in memory, as the kernel says. */

/* One mapping of /proc/PID/smaps. */
struct lg_resident {
	uint64_t start, end;
	uint64_t anonymous_bytes, swap_bytes;
};

struct lg_residency {
	struct lg_resident *map; /* ascending */
	size_t count;
};

/*
 * Of each mapping. The kernel looks at all pages meanwhile and holds up who
 * changes mappings: ask for a copy, not for a process that works. The caller
 * frees, also after a failure.
 */
enum lg_status lg_residency_read(pid_t pid, struct lg_residency *out, struct lg_error *err) LG_MUST_CHECK;
/* The same from the text of such a file. */
enum lg_status lg_residency_parse(const char *text, struct lg_residency *out,
				  struct lg_error *err) LG_MUST_CHECK;
void lg_residency_free(struct lg_residency *residency);

/* The mapping that starts at `start`, NULL where there is none. O(log count). */
const struct lg_resident *lg_residency_find(const struct lg_residency *residency, uint64_t start);

/* Sums of /proc/PID/smaps_rollup, zeros where there is no such file. */
struct lg_rollup {
	uint64_t rss_bytes, pss_bytes, private_bytes, anonymous_bytes, swap_bytes, huge_bytes;
};
struct lg_rollup lg_rollup_read(pid_t pid);

/* Pages of a stretch, by /proc/PID/pagemap, which holds nobody up for long. */
struct lg_page_counts {
	uint64_t file, anonymous, swapped;
};

/* -1 where it can't be opened. */
int lg_pagemap_open(pid_t pid);
/* start and end are of whole pages. Zeros from where it can't be read. O(pages). */
struct lg_page_counts lg_pagemap_count(int pagemap, uint64_t start, uint64_t end);

/*
 * Pages that are in memory or swapped out, one after the other: so that nobody
 * looks at the others, which only then would come to be. Of a process 0 (a
 * core), or where the kernel does not tell, all pages are. NULL: no memory.
 */
struct lg_page_walk;
struct lg_page_walk *lg_page_walk_new(pid_t pid);
void lg_page_walk_free(struct lg_page_walk *walk);
/* The first of them from `address` on; `end` where there is none. Both of whole pages. */
uint64_t lg_page_walk_next(struct lg_page_walk *walk, uint64_t address, uint64_t end);

#endif
