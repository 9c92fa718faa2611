/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "cpython/runtime.h"
#include "leakgraph/take.h"
#include "take/info.h"
#include "take/page_cache.h"
#include "take/taking.h"
#include "target/freeze.h"
#include "target/proc.h"
#include "target/process_memory.h"

#define DEFAULT_ATTEMPTS 10
#define MAX_LOOKS 8
/* A young collection takes a millisecond or so; a full one of a large heap seconds. */
#define FIRST_WAIT_NS 2000000L
#define LONGEST_WAIT_NS 250000000L

LG_DEFINE_CLEANUP(lg_page_cache_free, struct lg_page_cache *)

/* One look at a running process, whose memory changes meanwhile. */
static enum lg_status find_running(pid_t pid, struct lg_error *err)
{
	struct lg_memory memory = lg_process_memory(pid);
	lg_cleanup(lg_maps_free) struct lg_maps maps = {0};
	lg_cleanup(lg_page_cache_free_slot) struct lg_page_cache *cache = lg_page_cache_new(&memory);
	struct lg_python python;
	enum lg_status status;

	if (!cache)
		return lg_fail(err, LG_E_MEMORY, "no memory to read process %d", pid);
	status = lg_maps_read(pid, &maps, err);
	if (status == LG_OK)
		status = lg_python_find(lg_page_cache_memory(cache), &maps, &python, err);
	return status;
}

/* Which process, for whoever reads it in a log. */
static enum lg_status refused(pid_t pid, struct lg_error *err)
{
	struct lg_proc_status target;

	if (lg_proc_status_read(pid, pid, &target, NULL) != LG_OK)
		return lg_fail(err, LG_E_ATTACH, "process %d has ended", pid);
	return lg_fail_within(err, "process %d (%s)", pid, target.name);
}

/*
 * Look for the interpreter while the process runs, so that others are not even
 * stopped. What was not found may have been in motion: more looks, for a quarter of
 * a second, since a large collection under way takes long.
 */
enum lg_status lg_snapshot_check(pid_t pid, struct lg_error *err)
{
	struct timespec wait = { .tv_nsec = FIRST_WAIT_NS };
	enum lg_status status = lg_target_check(pid, err);

	if (status != LG_OK)
		return status;
	for (int looks = 1;; looks++) {
		status = find_running(pid, err);
		if (status == LG_OK || status == LG_E_MEMORY)
			return status;
		if (looks == MAX_LOOKS)
			return refused(pid, err);
		nanosleep(&wait, NULL);
		wait.tv_nsec *= 2;
	}
}

static void tell_of_copying(const struct lg_take_options *options, const struct lg_error *err)
{
	char text[LG_ERROR_TEXT_BYTES + 128];

	snprintf(text, sizeof text,
		 "%s: its memory is copied out instead, for which it stands still longer",
		 err ? err->text : "fork is refused");
	if (options->tell)
		options->tell(options->context, text);
}

/* By a fork; where that is refused by copying, from then on. */
static enum lg_status open_copy(struct lg_taking *taking, pid_t pid, struct lg_error *err)
{
	const struct lg_take_options *options = taking->options;
	struct lg_snapshot_info *info = &taking->snapshot->info;
	enum lg_status status;
	bool refused;

	if (options->copy || info->source == LG_SOURCE_COPY) {
		info->source = LG_SOURCE_COPY;
		return lg_freeze_copy(pid, &taking->freeze, err);
	}
	status = lg_freeze_open(pid, &taking->freeze, &refused, err);
	if (status == LG_OK || !refused)
		return status;
	tell_of_copying(options, err);
	info->source = LG_SOURCE_COPY;
	return lg_freeze_copy(pid, &taking->freeze, err);
}

static enum lg_status freeze_once(struct lg_taking *taking, pid_t pid, bool *collecting,
				  struct lg_error *err)
{
	struct lg_snapshot_info *info = &taking->snapshot->info;
	enum lg_status status = lg_take_process_info(pid, taking->strings, info, err);

	if (status == LG_OK)
		status = open_copy(taking, pid, err);
	if (status != LG_OK)
		return status;
	taking->process = pid;
	info->attempts++;
	info->pause_ns += lg_freeze_pause_ns(taking->freeze);
	return lg_taking_find(taking, collecting, err);
}

/* A copy whose collector rests; after `attempts` copies the last one as it is. */
static enum lg_status freeze(struct lg_taking *taking, pid_t pid, struct lg_error *err)
{
	const struct lg_take_options *options = taking->options;
	uint32_t attempts = options->attempts ? options->attempts : DEFAULT_ATTEMPTS;
	struct timespec wait = { .tv_nsec = FIRST_WAIT_NS };

	for (uint32_t i = 1;; i++) {
		bool collecting = false;
		enum lg_status status = freeze_once(taking, pid, &collecting, err);

		/* Found while it ran, but not in this copy: a list was just being changed. */
		if (status == LG_E_ATTACH && taking->freeze && i < attempts &&
		    lg_freeze_lives(taking->freeze))
			collecting = true;
		else if (status != LG_OK)
			return lg_taking_explain(taking, status, err);
		taking->snapshot->info.gc_running = collecting;
		if (!collecting || i >= attempts)
			return LG_OK;
		lg_taking_drop(taking);
		if (lg_guard_stopped() ||
		    lg_progress_report(&options->progress, "wait for the collector", i, attempts,
				       "copies"))
			return lg_taking_interrupted(err);
		nanosleep(&wait, NULL);
		wait.tv_nsec = wait.tv_nsec * 2 < LONGEST_WAIT_NS ? wait.tv_nsec * 2 : LONGEST_WAIT_NS;
	}
}

/* What a take has cost, should another one have to do. */
struct cost {
	uint64_t pause_ns;
	bool ran_short;
};

static enum lg_status take(pid_t pid, const struct lg_take_options *options, struct cost *cost,
			   struct lg_snapshot **out, struct lg_error *err)
{
	lg_cleanup(lg_taking_release) struct lg_taking taking;
	char what[32];
	enum lg_status status = lg_taking_begin(&taking, options, err);

	snprintf(what, sizeof what, "process %d", pid);
	if (status != LG_OK)
		return status;
	taking.snapshot->info.pause_ns = cost->pause_ns;
	status = lg_snapshot_check(pid, err);
	if (status == LG_OK)
		status = freeze(&taking, pid, err);
	cost->pause_ns = taking.snapshot->info.pause_ns;
	if (status == LG_OK)
		status = lg_taking_finish(&taking, what, out, err);
	cost->ran_short = taking.ran_short;
	return status;
}

enum lg_status lg_snapshot_take(pid_t pid, const struct lg_take_options *options,
				struct lg_snapshot **out, struct lg_error *err)
{
	struct lg_take_options copying = options ? *options : (struct lg_take_options){0};
	struct cost cost = {0};
	enum lg_status status;

	*out = NULL;
	status = take(pid, options, &cost, out, err);
	if (status == LG_OK || !cost.ran_short)
		return status;
	tell_of_copying(&copying, err);
	copying.copy = true;
	return take(pid, &copying, &cost, out, err);
}
