/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"

static void sleep_on(void)
{
	for (;;)
		pause();
}

pid_t child_that_runs(void (*body)(void))
{
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body();
		_exit(0);
	}
	return child;
}

pid_t child_that_sleeps(void)
{
	return child_that_runs(sleep_on);
}

void child_end(pid_t child)
{
	kill(child, SIGKILL);
	while (waitpid(child, NULL, __WALL) == child)
		;
}

void child_name(pid_t pid, char *buffer, size_t capacity)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	file = fopen(path, "r");
	cr_assert(file && fgets(buffer, (int)capacity, file));
	buffer[strcspn(buffer, "\n")] = 0;
	fclose(file);
}
