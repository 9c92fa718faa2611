/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/model.h"
#include "base/bisect.h"

#define UNKNOWN    (LG_NONE - 1)
#define ON_THE_WAY (LG_NONE - 2)
/* What wraps an awaitable has a field or two; what has many is another thing. */
#define MAX_WRAPPER_REFERENCES 8

/* Who waits where: suspended generators, coroutines and greenlets, and the tasks that run them. */

static int compare_suspended(const void *left, const void *right, void *context)
{
	const struct lg_frame *frames = context;
	uint32_t a = frames[*(const uint32_t *)left].object;
	uint32_t b = frames[*(const uint32_t *)right].object;

	return (a > b) - (a < b);
}

static int compare_tasks(const void *left, const void *right, void *context)
{
	const struct lg_task *tasks = context;
	uint32_t a = tasks[*(const uint32_t *)left].object;
	uint32_t b = tasks[*(const uint32_t *)right].object;

	return (a > b) - (a < b);
}

/* Position of a node among the suspended, LG_NONE where it is none. */
static uint32_t find_suspended(const struct lg_analysis *analysis, uint32_t node)
{
	const struct lg_frame *frames = analysis->snapshot->frames;
	uint32_t low = lg_bisect(at, analysis->suspended_count,
				 frames[analysis->suspended[at]].object < node);

	if (low == analysis->suspended_count || frames[analysis->suspended[low]].object != node)
		return LG_NONE;
	return low;
}

/*
 * What a suspended frame awaits, as a position. What __anext__() returns is no
 * frame, but refers to one; so does the iterator of a coroutine.
 */
static uint32_t awaited(const struct lg_analysis *analysis, uint32_t position)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t node = s->frames[analysis->suspended[position]].awaits;
	uint32_t found = node ? find_suspended(analysis, node) : LG_NONE, end;

	if (!node || found != LG_NONE || node >= s->inner_count)
		return found;
	end = s->first_reference[node + 1];
	if (end - s->first_reference[node] > MAX_WRAPPER_REFERENCES)
		return LG_NONE;
	for (uint32_t r = s->first_reference[node]; r < end && found == LG_NONE; r++)
		found = find_suspended(analysis, s->ref_target[r]);
	return found;
}

/* Lines of asyncio itself say less than the line that called it: sleep(), Queue.get(). */
static bool is_of_asyncio(const struct lg_analysis *analysis, uint32_t frame)
{
	static const char folder[] = "/asyncio/";
	const struct lg_snapshot *s = analysis->snapshot;
	struct lg_text file = lg_snapshot_string(s, s->frames[frame].file);

	return file.length && memmem(file.bytes, file.length, folder, sizeof folder - 1);
}

/*
 * Follow the chain from a frame to where it ends, to what is known already, or,
 * in a file that lies, to where it bites its tail; then tell all on the way. Each
 * waits at the last line of the program's own from it on.
 */
static void find_end(struct lg_analysis *analysis, uint32_t from)
{
	uint32_t *waiting = analysis->waiting, own = LG_NONE, at = from, end = LG_NONE;
	bool behind = false; /* of the last own line */

	while (at != LG_NONE && waiting[at] == UNKNOWN) {
		waiting[at] = ON_THE_WAY;
		end = analysis->suspended[at];
		if (!is_of_asyncio(analysis, end))
			own = end;
		at = awaited(analysis, at);
	}
	if (at != LG_NONE && waiting[at] != ON_THE_WAY) {
		end = waiting[at];
		if (!is_of_asyncio(analysis, end))
			own = end;
	}
	for (at = from; at != LG_NONE && waiting[at] == ON_THE_WAY; at = awaited(analysis, at)) {
		waiting[at] = behind || own == LG_NONE ? end : own;
		behind = behind || analysis->suspended[at] == own;
	}
}

static void find_ends(struct lg_analysis *analysis)
{
	for (uint32_t i = 0; i < analysis->suspended_count; i++)
		analysis->waiting[i] = UNKNOWN;
	for (uint32_t i = 0; i < analysis->suspended_count; i++)
		if (analysis->waiting[i] == UNKNOWN)
			find_end(analysis, i);
}

void lg_sort_waiting(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 0; i < s->frame_count; i++)
		if (s->frames[i].thread == LG_NONE)
			analysis->suspended[analysis->suspended_count++] = i;
	qsort_r(analysis->suspended, analysis->suspended_count, sizeof *analysis->suspended,
		compare_suspended, s->frames);
	for (uint32_t i = 0; i < s->task_count; i++)
		analysis->tasks[i] = i;
	qsort_r(analysis->tasks, s->task_count, sizeof *analysis->tasks, compare_tasks, s->tasks);
	find_ends(analysis);
}

const struct lg_frame *lg_analysis_suspended(const struct lg_analysis *analysis, uint32_t node)
{
	uint32_t position = find_suspended(analysis, node);

	return position == LG_NONE ? NULL :
				     &analysis->snapshot->frames[analysis->suspended[position]];
}

const struct lg_task *lg_analysis_task(const struct lg_analysis *analysis, uint32_t node)
{
	const struct lg_task *tasks = analysis->snapshot->tasks;
	uint32_t low = lg_bisect(at, analysis->snapshot->task_count,
				 tasks[analysis->tasks[at]].object < node);

	if (low == analysis->snapshot->task_count || tasks[analysis->tasks[low]].object != node)
		return NULL;
	return &tasks[analysis->tasks[low]];
}

const struct lg_frame *lg_analysis_waiting(const struct lg_analysis *analysis, uint32_t node)
{
	const struct lg_task *task = lg_analysis_task(analysis, node);
	uint32_t position = find_suspended(analysis, task ? task->coroutine : node);

	return position == LG_NONE ? NULL : &analysis->snapshot->frames[analysis->waiting[position]];
}
