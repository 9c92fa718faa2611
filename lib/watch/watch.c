/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "target/proc.h"
#include "watch/conditions.h"
#include "watch/series.h"

#define TICK_SECONDS 1
#define LONGEST_RETRY_SECONDS 60
#define DEFAULT_KEEP 10
#define DEFAULT_KEEP_BYTES ((uint64_t)8 << 30)

LG_DEFINE_CLEANUP(lg_series_free, struct lg_series *)

struct watch {
	pid_t pid;
	uint64_t start; /* with the pid, which process */
	const struct lg_watch_options *options;
	struct lg_conditions conditions;
	struct lg_series *series;
	uint32_t made;
	uint32_t retry_seconds; /* 0: the last dump was made */
	uint64_t retry_at_ns;
	struct lg_error failure; /* of the dump that is due and not had */
	bool gone; /* another process was met under the number */
};

static void release(struct watch *watch)
{
	lg_series_free(watch->series);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Is it still the same process, and one that has memory? A zombie has none. */
static bool look(const struct watch *watch, uint64_t *rss_bytes)
{
	*rss_bytes = lg_proc_rss_bytes(watch->pid);
	return !watch->gone && *rss_bytes && lg_proc_start_time(watch->pid) == watch->start;
}

static void tell(const struct watch *watch, struct lg_watch_event event)
{
	watch->options->tell(watch->options->context, &event);
}

static void trim(struct watch *watch)
{
	char path[PATH_MAX];
	struct lg_error err;

	while (lg_series_trim(watch->series, path, &err))
		tell(watch, (struct lg_watch_event){
				    .kind = err.status == LG_OK ? LG_WATCH_REMOVED :
								  LG_WATCH_UNREMOVED,
				    .path = path,
				    .err = &err,
			    });
}

/* A dump to path that is this process's, not that of the next one with its number. */
static enum lg_status dump(struct watch *watch, const char *path, struct lg_error *err)
{
	uint64_t start = 0;
	enum lg_status status = watch->options->dump(watch->options->context, watch->pid, path,
						     &start, err);

	if (status == LG_OK && start != watch->start) {
		unlink(path);
		watch->gone = true;
		return lg_fail(err, LG_E_ATTACH, "process %d has ended, and another has its number",
			       watch->pid);
	}
	return status;
}

static enum lg_status take(struct watch *watch, struct lg_watch_event *event, uint64_t now,
			   struct lg_error *err)
{
	char path[PATH_MAX];
	enum lg_status status = lg_series_next(watch->series, event->taken_at_ns, path, err);

	if (status == LG_OK)
		status = dump(watch, path, err);
	if (status != LG_OK)
		return status;
	watch->made++;
	watch->retry_seconds = 0;
	lg_conditions_met(&watch->conditions, now, event->rss_bytes);
	event->path = path;
	tell(watch, *event);
	status = lg_series_add(watch->series, path, err);
	if (status == LG_OK)
		trim(watch);
	return status;
}

/* Told, and due again after a while that doubles. */
static void put_off(struct watch *watch, struct lg_watch_event *event)
{
	uint32_t wait = watch->retry_seconds ? watch->retry_seconds * 2 : TICK_SECONDS;

	watch->retry_seconds = wait < LONGEST_RETRY_SECONDS ? wait : LONGEST_RETRY_SECONDS;
	watch->retry_at_ns = now_ns(CLOCK_MONOTONIC) + watch->retry_seconds * 1000000000ull;
	event->kind = LG_WATCH_FAILED;
	event->retry_seconds = watch->retry_seconds;
	event->err = &watch->failure;
	tell(watch, *event);
}

static enum lg_status tick(struct watch *watch, uint64_t rss_bytes, struct lg_error *err)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	struct lg_watch_event event = {
		.kind = LG_WATCH_DUMPED,
		.taken_at_ns = now_ns(CLOCK_REALTIME),
		.why = lg_conditions_due(&watch->conditions, now, rss_bytes),
		.rss_bytes = rss_bytes,
		.last_rss_bytes = watch->conditions.last_rss_bytes,
	};
	uint64_t ignored;
	enum lg_status status;

	if (!event.why)
		watch->retry_seconds = 0;
	if (!event.why || (watch->retry_seconds && now < watch->retry_at_ns))
		return LG_OK;
	status = take(watch, &event, now, &watch->failure);
	if (status == LG_OK)
		return LG_OK;
	if (status == LG_E_INTERRUPTED || status == LG_E_USAGE) {
		*err = watch->failure;
		return status;
	}
	/* That it has ended is what comes next, and no news of the dump. */
	if (look(watch, &ignored))
		put_off(watch, &event);
	else
		watch->retry_seconds = 1;
	return LG_OK;
}

static enum lg_status ended(const struct watch *watch, struct lg_error *err)
{
	if (!watch->retry_seconds)
		return LG_OK;
	*err = watch->failure;
	return lg_fail_within(err, "process %d ended before the dump that was due", watch->pid);
}

static enum lg_status loop(struct watch *watch, struct lg_error *err)
{
	const struct lg_watch_options *options = watch->options;
	const struct timespec second = {.tv_sec = TICK_SECONDS};
	uint64_t rss_bytes;

	while (look(watch, &rss_bytes)) {
		enum lg_status status = LG_OK;

		if (!options->stopped(options->context))
			status = tick(watch, rss_bytes, err);
		if (status != LG_OK)
			return status;
		if (options->count && watch->made >= options->count)
			return LG_OK;
		if (options->stopped(options->context))
			return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
		nanosleep(&second, NULL);
	}
	return ended(watch, err);
}

enum lg_status lg_watch_run(pid_t pid, const struct lg_watch_options *options, struct lg_error *err)
{
	lg_cleanup(release) struct watch watch = {
		.pid = pid,
		.start = lg_proc_start_time(pid),
		.options = options,
		.conditions = {.options = options},
	};
	enum lg_status status;

	if (!options->rss_bytes && !options->every_ns && !(options->growth > 0))
		return lg_fail(err, LG_E_USAGE, "no condition is given, expected one of RSS, time or growth");
	status = lg_series_new(options->output ? options->output : "", pid,
			       options->keep ? options->keep : DEFAULT_KEEP,
			       options->keep_bytes ? options->keep_bytes : DEFAULT_KEEP_BYTES,
			       &watch.series, err);
	if (status == LG_OK)
		status = lg_snapshot_check(pid, err);
	return status == LG_OK ? loop(&watch, err) : status;
}
