/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "measure.h"

static uint64_t resident_at_mark;

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double cpu_seconds(void)
{
	return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

static double kernel_seconds_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
}

double kernel_seconds(void)
{
	return kernel_seconds_of(RUSAGE_THREAD);
}

double process_kernel_seconds(void)
{
	return kernel_seconds_of(RUSAGE_SELF);
}

double process_seconds(void)
{
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double median(double *seconds, unsigned count)
{
	qsort(seconds, count, sizeof *seconds, ascending);
	return seconds[count / 2];
}

static uint64_t status_bytes(const char *key)
{
	lg_cleanup(lg_fclose) FILE *file = fopen("/proc/self/status", "r");
	char line[256];

	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, key, strlen(key)) == 0)
			return strtoull(line + strlen(key), NULL, 10) * 1024;
	return 0;
}

void rss_mark(void)
{
	lg_cleanup(lg_close) int fd = open("/proc/self/clear_refs", O_WRONLY);

	resident_at_mark = 0;
	if (fd >= 0 && write(fd, "5", 1) == 1)
		resident_at_mark = status_bytes("VmRSS:");
}

uint64_t rss_peak(void)
{
	uint64_t most = status_bytes("VmHWM:");

	return resident_at_mark && most > resident_at_mark ? most - resident_at_mark : 0;
}

void must(enum lg_status status, const struct lg_error *error)
{
	if (status == LG_OK)
		return;
	fprintf(stderr, "%s\n", error->text);
	exit(1);
}
