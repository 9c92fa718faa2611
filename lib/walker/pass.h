/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_PASS_H
#define LG_WALKER_PASS_H

#include "walker/walk.h"

/*
 * One pass of what the walk left in the copy: code at `entry` (from its start)
 * runs with `work`, which is written behind its stack and read back into
 * `answer`, as the copy left it: not to be trusted. *event is LG_FREEZE_TRAP
 * where it came to its end, LG_FREEZE_FAULT or LG_FREEZE_STALL where not;
 * LG_E_ATTACH where the copy is gone.
 */
enum lg_status lg_pass_run(struct lg_freeze *freeze, const struct lg_left *left, uint64_t entry,
			   const void *work, void *answer, size_t bytes,
			   enum lg_freeze_event *event, struct lg_error *err) LG_MUST_CHECK;

#endif
