/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "leakgraph/watch.h"

static enum lg_status no_dump(void *context, pid_t pid, const char *path, uint64_t *start,
			      struct lg_error *err)
{
	(void)context, (void)pid, (void)path, (void)start;
	return lg_fail(err, LG_E_INTERNAL, "not expected");
}

static void no_news(void *context, const struct lg_watch_event *event)
{
	(void)context, (void)event;
}

static bool never(void *context)
{
	(void)context;
	return false;
}

Test(watch, refusals)
{
	struct lg_watch_options options = {.dump = no_dump, .tell = no_news, .stopped = never};
	struct lg_error err = {0};

	cr_assert_eq(lg_watch_run(1, &options, &err), LG_E_USAGE);
	cr_assert_str_eq(err.text, "no condition is given, expected one of RSS, time or growth");
	options.growth = 0.1;
	options.output = "name";
	cr_assert_eq(lg_watch_run(1, &options, &err), LG_E_USAGE);
	options.output = NULL;
	cr_assert_eq(lg_watch_run(1 << 23, &options, &err), LG_E_ATTACH);
	cr_assert_str_eq(err.text, "no process 8388608");
}
