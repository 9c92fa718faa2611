/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "detach.h"

bool detach(void)
{
	pid_t child;
	char go;

	close_range(3, ~0u, 0);
	fflush(NULL);
	child = fork();
	if (child < 0) {
		report_error(LG_E_MEMORY, "can't go on apart from the caller: %s", strerror(errno));
		return false;
	}
	if (child > 0)
		_exit(0);
	setsid();
	printf("%d\n", getpid());
	fflush(stdout);
	return read(STDIN_FILENO, &go, 1) == 1;
}
