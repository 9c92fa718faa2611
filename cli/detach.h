/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_DETACH_H
#define LG_CLI_DETACH_H

#include <stdbool.h>

/*
 * Go on as a process that is no child of the caller's, in a session of its own,
 * with no descriptors of the caller's but the standard ones: say its number,
 * and wait for a byte on stdin. The caller sees its child end at once. False:
 * nobody wants it to go on; a line was printed if that is news.
 */
bool detach(void);

#endif
