/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TESTS_CHILDREN_H
#define LG_TESTS_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

/* Targets for the tests: children of the test that sleep until they are ended. */
pid_t child_that_sleeps(void);
pid_t child_that_runs(void (*body)(void));
void child_end(pid_t child);

/* As /proc names it. */
void child_name(pid_t pid, char *buffer, size_t capacity);

#endif
