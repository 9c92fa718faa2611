/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "base/cleanup.h"
#include "base/intern.h"
#include "cpython/roots.h"
#include "cpython/runtime.h"
#include "leakgraph/take.h"
#include "take/held_by_c.h"
#include "take/info.h"
#include "take/page_cache.h"
#include "take/stack_values.h"
#include "target/freeze.h"
#include "target/process_memory.h"
#include "walker/walk.h"

#define DEFAULT_ATTEMPTS 10
#define MAX_LOOKS 4
/* A young collection takes a millisecond or so; a full one of a large heap seconds. */
#define FIRST_WAIT_NS 2000000L
#define LONGEST_WAIT_NS 250000000L

LG_DEFINE_CLEANUP(lg_page_cache_free, struct lg_page_cache *)
LG_DEFINE_CLEANUP(lg_freeze_close, struct lg_freeze *)
LG_DEFINE_CLEANUP(lg_intern_free, struct lg_intern *)
LG_DEFINE_CLEANUP(lg_snapshot_free, struct lg_snapshot *)

/* A take under way; `freeze` and what was found in it belong together. */
struct take {
	pid_t pid;
	const struct lg_take_options *options;
	struct lg_freeze *freeze;
	struct lg_page_cache *cache; /* of the memory of the copy */
	struct lg_python python;
	struct lg_root_set roots;
	struct lg_intern *strings;
	struct lg_snapshot *snapshot;
};

static void release(struct take *take)
{
	lg_root_set_free(&take->roots);
	lg_page_cache_free(take->cache);
	lg_freeze_close(take->freeze);
	lg_intern_free(take->strings);
	lg_snapshot_free(take->snapshot);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static enum lg_status interrupted(struct lg_error *err)
{
	return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
}

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

/*
 * Look for the interpreter while the process runs, so that others are not even
 * stopped. What was not found may have been in motion: a few more looks.
 */
static enum lg_status check_running(pid_t pid, struct lg_error *err)
{
	const struct timespec wait = { .tv_nsec = FIRST_WAIT_NS };
	enum lg_status status = lg_target_check(pid, err);

	if (status != LG_OK)
		return status;
	for (int looks = 1;; looks++) {
		status = find_running(pid, err);
		if (status == LG_OK || status == LG_E_MEMORY || looks == MAX_LOOKS)
			return status;
		nanosleep(&wait, NULL);
	}
}

static enum lg_status freeze_once(struct take *take, bool *collecting, struct lg_error *err)
{
	struct lg_snapshot_info *info = &take->snapshot->info;
	lg_cleanup(lg_maps_free) struct lg_maps maps = {0};
	enum lg_status status = lg_take_process_info(take->pid, take->strings, info, err);

	if (status == LG_OK)
		status = lg_freeze_open(take->pid, &take->freeze, err);
	if (status != LG_OK)
		return status;
	info->attempts++;
	info->pause_ns = lg_freeze_pause_ns(take->freeze);
	take->cache = lg_page_cache_new(lg_freeze_memory(take->freeze));
	if (!take->cache)
		return lg_fail(err, LG_E_MEMORY, "no memory to read the frozen copy");
	status = lg_maps_read(lg_freeze_pid(take->freeze), &maps, err);
	if (status == LG_OK)
		status = lg_python_find(lg_page_cache_memory(take->cache), &maps, &take->python, err);
	if (status == LG_OK)
		status = lg_python_collecting(&take->python, collecting, err);
	return status;
}

/* A copy whose collector rests; after `attempts` copies the last one as it is. */
static enum lg_status freeze(struct take *take, struct lg_error *err)
{
	uint32_t attempts = take->options->attempts ? take->options->attempts : DEFAULT_ATTEMPTS;
	struct timespec wait = { .tv_nsec = FIRST_WAIT_NS };

	for (uint32_t i = 1;; i++) {
		bool collecting = false;
		enum lg_status status = freeze_once(take, &collecting, err);

		if (status != LG_OK)
			return status;
		take->snapshot->info.gc_running = collecting;
		if (!collecting || i >= attempts)
			return LG_OK;
		lg_page_cache_free(lg_take(take->cache));
		lg_freeze_close(lg_take(take->freeze));
		if (lg_guard_stopped() ||
		    lg_progress_report(&take->options->progress, "wait for the collector", i, attempts,
				       "copies"))
			return interrupted(err);
		nanosleep(&wait, NULL);
		wait.tv_nsec = wait.tv_nsec * 2 < LONGEST_WAIT_NS ? wait.tv_nsec * 2 : LONGEST_WAIT_NS;
	}
}

static enum lg_status walk(struct take *take, struct lg_error *err)
{
	uint64_t start = now_ns();
	enum lg_status status =
		lg_roots_collect(&take->python, take->strings, &take->roots, err);

	if (status == LG_OK)
		status = lg_walk(take->freeze, &take->python, &take->roots, take->strings,
				 &take->options->progress, take->snapshot, err);
	take->snapshot->info.walk_ns = now_ns() - start;
	return status;
}

static enum lg_status complete(struct take *take, struct lg_error *err)
{
	static const char static_data[] = "static data";
	uint32_t static_name = 0;
	enum lg_status status =
		lg_take_version_info(&take->python, take->strings, &take->snapshot->info, err);

	if (status == LG_OK)
		status = lg_intern_add(take->strings, static_data, sizeof static_data - 1,
				       &static_name, err);
	if (status == LG_OK)
		status = lg_intern_finish(take->strings, &take->snapshot->strings, err);
	if (status == LG_OK)
		status = lg_snapshot_validate(take->snapshot, err);
	if (status == LG_E_UNREADABLE)
		return lg_fail_within(err, "process %d", take->pid);
	if (status == LG_OK)
		status = lg_held_by_c(take->snapshot, static_name, err);
	if (status == LG_OK)
		status = lg_held_by_stacks(take->snapshot, &take->roots, err);
	return status;
}

enum lg_status lg_snapshot_take(pid_t pid, const struct lg_take_options *options,
				struct lg_snapshot **out, struct lg_error *err)
{
	static const struct lg_take_options defaults;
	lg_cleanup(release) struct take take = {
		.pid = pid,
		.options = options ? options : &defaults,
		.strings = lg_intern_new(),
		.snapshot = lg_snapshot_new(),
	};
	enum lg_status status;

	*out = NULL;
	if (!take.strings || !take.snapshot)
		return lg_fail(err, LG_E_MEMORY, "no memory for a snapshot");
	status = check_running(pid, err);
	if (status == LG_OK)
		status = freeze(&take, err);
	if (status == LG_OK)
		status = walk(&take, err);
	/* The copy has done its work, and holds memory and time of the target's machine. */
	lg_freeze_close(lg_take(take.freeze));
	if (status == LG_OK && lg_guard_stopped())
		status = interrupted(err);
	if (status == LG_OK)
		status = complete(&take, err);
	if (status == LG_OK)
		*out = lg_take(take.snapshot);
	return status;
}
