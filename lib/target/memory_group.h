/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_MEMORY_GROUP_H
#define LG_TARGET_MEMORY_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "leakgraph/status.h"

/*
 * The control group whose limit of memory leaves a process least. The copy is in it, too:
 * each page that the process writes to while the copy lives takes memory a second time.
 */
struct lg_memory_group {
	char path[4096]; /* of its folder; "" where no group limits anything */
	bool unified;    /* version 2 */
	uint64_t limit_bytes;
};

/* root: "", or a directory that stands for / in tests. */
void lg_memory_group_find(const char *root, pid_t pid, struct lg_memory_group *out);

/* What is left, with what was read from files and can be dropped. UINT64_MAX: no limit. */
uint64_t lg_memory_group_left(const struct lg_memory_group *group);

/*
 * LG_E_ATTACH where a copy could grow faster than it can be killed: less is left than 128 MB and
 * than a half of what the process has of its own. Where we are of that group ourselves,
 * memory copied out would come from there as well: then the page tables of a copy are enough.
 */
enum lg_status lg_memory_group_check(const struct lg_memory_group *group, pid_t pid,
				     struct lg_error *err) LG_MUST_CHECK;

/*
 * A thread that looks every 2 ms how much is left, and kills the copy when that is down to
 * a half of what there was (a quarter, of much). The kernel would kill the copy as well,
 * but may take the target next while the copy's memory is still on its way back.
 */
struct lg_memory_watch;
/* left_bytes: as it was before there was a copy. NULL: nothing to watch. */
struct lg_memory_watch *lg_memory_watch_start(const struct lg_memory_group *group,
					      uint64_t left_bytes, pid_t copy);
/* Did it kill the copy? Takes NULL. */
bool lg_memory_watch_struck(const struct lg_memory_watch *watch);
void lg_memory_watch_stop(struct lg_memory_watch *watch); /* takes NULL */

#endif
