/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/priority.h"

/* Linux 5.15; older headers do not know it. */
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

void lg_priority_raise(pid_t thread)
{
	struct sched_param param = {.sched_priority = 1};

	if (sched_setscheduler(thread, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) != 0)
		setpriority(PRIO_PROCESS, (id_t)thread, -10);
}

struct lg_priority lg_priority_hurry(void)
{
	struct lg_priority before = {
		.policy = sched_getscheduler(0),
		.nice = getpriority(PRIO_PROCESS, 0),
	};

	sched_getparam(0, &before.param);
	lg_priority_raise(0);
	return before;
}

void lg_priority_restore(struct lg_priority *before)
{
	sched_setscheduler(0, before->policy, &before->param);
	setpriority(PRIO_PROCESS, 0, before->nice);
}

void lg_offer_to_oom_killer(pid_t process)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", process);
	lg_cleanup(lg_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1000", 4) != 4)
		return;
}

void lg_kill_in_haste(pid_t process)
{
	lg_cleanup(lg_close) int fd = (int)syscall(SYS_pidfd_open, process, 0);

	lg_priority_raise(process);
	kill(process, SIGKILL);
	if (fd >= 0)
		syscall(SYS_process_mrelease, fd, 0);
}
