/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/parallel.h"

struct job {
	lg_parallel_work work;
	void *context;
	uint64_t count;
	atomic_uint_fast64_t next;
	atomic_bool failed;
};

struct worker {
	struct job *job;
	unsigned number;
	pthread_t thread;
	uint64_t failed_at;
	enum lg_status status;
	struct lg_error err;
};

unsigned lg_parallel_workers(void)
{
	cpu_set_t set;
	int cores;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	cores = CPU_COUNT(&set);
	if (cores < 1)
		return 1;
	return cores < LG_MAX_WORKERS ? (unsigned)cores : LG_MAX_WORKERS;
}

static void *run(void *argument)
{
	struct worker *w = argument;
	struct job *job = w->job;

	while (!atomic_load_explicit(&job->failed, memory_order_relaxed)) {
		uint64_t index = atomic_fetch_add(&job->next, 1);

		if (index >= job->count)
			break;
		w->status = job->work(job->context, w->number, index, &w->err);
		if (w->status != LG_OK) {
			w->failed_at = index;
			atomic_store(&job->failed, true);
		}
	}
	return NULL;
}

static enum lg_status first_failure(const struct worker *worker, unsigned count,
				    struct lg_error *err)
{
	const struct worker *first = NULL;

	for (unsigned i = 0; i < count; i++)
		if (worker[i].status != LG_OK && (!first || worker[i].failed_at < first->failed_at))
			first = &worker[i];
	if (!first)
		return LG_OK;
	return lg_fail(err, first->status, "%s", first->err.text);
}

enum lg_status lg_parallel_for(uint64_t count, lg_parallel_work work, void *context,
			       struct lg_error *err)
{
	struct job job = {.work = work, .context = context, .count = count};
	struct worker worker[LG_MAX_WORKERS] = {0};
	unsigned wanted = lg_parallel_workers(), started = 1;

	if (wanted > count)
		wanted = count ? (unsigned)count : 1;
	for (unsigned i = 0; i < wanted; i++) {
		worker[i].job = &job;
		worker[i].number = i;
	}
	/* A thread that can't be had is no failure: the others do its part. */
	while (started < wanted &&
	       pthread_create(&worker[started].thread, NULL, run, &worker[started]) == 0)
		started++;
	run(&worker[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(worker[i].thread, NULL);
	return first_failure(worker, started, err);
}
