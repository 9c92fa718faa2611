/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/regular.h"

int lg_reopen_regular(int place)
{
	struct stat facts;
	char link[64];

	if (place < 0 || fstat(place, &facts) != 0)
		return -1;
	if (!S_ISREG(facts.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", place);
	return open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int lg_open_regular(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	lg_cleanup(lg_close) int place = (int)syscall(SYS_openat2, root, path, &how, sizeof how);

	return lg_reopen_regular(place);
}
