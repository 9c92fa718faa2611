/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_REGULAR_H
#define LG_TARGET_REGULAR_H

/*
 * Open a file that somebody else named, for reading: a regular one, never a
 * device, whose mere opening may do something. path is looked up as if the
 * directory root were /; its links don't lead out of it. -1 with errno set.
 */
int lg_open_regular(int root, const char *path);

/* The same of a place that is open by O_PATH. */
int lg_reopen_regular(int place);

#endif
