/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/object.h"
#include "walker/gather.h"

/*
 * asyncio's tasks by name. There are two kinds: objects of _asyncio.Task, whose
 * fields the table of the library knows, and those of the class in
 * asyncio/tasks.py, which are instances like others. Classes may derive from both.
 */
enum { C_TASK = 1, PYTHON_TASK };

static const struct lg_class_name classes[] = {{"_asyncio", "Task"}, {"asyncio.tasks", "Task"}};
#define CLASSES (sizeof classes / sizeof *classes)

#define MAX_TASKS (1u << 22)
#define MAX_NAME_BYTES 256

/* A name that nobody gave is kept as a number, from 3.12 on, until it is asked for. */
static enum lg_status name_task(struct lg_gather *g, const struct lg_python *python, uint64_t name,
				uint32_t *out, struct lg_error *err)
{
	char text[MAX_NAME_BYTES] = "";
	struct lg_error ignored;

	if (lg_object_has_flag(python, name, python->layout->type.flag_long_bit))
		snprintf(text, sizeof text, "Task-%" PRIu64, lg_python_int(python, name));
	else if (lg_python_text(python, name, text, sizeof text, &ignored) != LG_OK)
		text[0] = 0;
	return lg_intern_add(g->strings, text, strlen(text), out, err);
}

static uint32_t find_among(const struct lg_gather *g, const struct lg_snapshot *s, uint32_t object,
			   uint64_t address)
{
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target = s->ref_target[r];

		if (target < g->inner.count && g->inner.address[target] == address)
			return target;
	}
	return 0;
}

/*
 * What runs it is an object that was met: found by its address among what the
 * task, or its __dict__, refers to.
 */
static uint32_t find_target(const struct lg_gather *g, const struct lg_snapshot *s, uint32_t task,
			    uint64_t address)
{
	uint32_t found = address ? find_among(g, s, task, address) : 0;

	for (uint32_t r = s->first_reference[task];
	     address && !found && r < s->first_reference[task + 1]; r++)
		if (s->ref_kind[r] == LG_REF_DICT && s->ref_target[r] < g->inner.count)
			found = find_among(g, s, s->ref_target[r], address);
	return found;
}

static enum lg_status add_task(struct lg_gather *g, const struct lg_python *python,
			       const struct lg_library *library, struct lg_snapshot *s,
			       uint32_t object, uint8_t kind, struct lg_error *err)
{
	uint64_t address = g->inner.address[object], name, coroutine;
	struct lg_task *task = &s->tasks[s->task_count];
	enum lg_status status;

	if (kind == C_TASK) {
		name = lg_peek(python, address + library->task.name);
		coroutine = lg_peek(python, address + library->task.coro);
	} else {
		name = lg_instance_attribute(python, address, "_name");
		coroutine = lg_instance_attribute(python, address, "_coro");
	}
	*task = (struct lg_task){ .object = object };
	status = name_task(g, python, name, &task->name, err);
	task->coroutine = find_target(g, s, object, coroutine);
	s->task_count++;
	return status;
}

enum lg_status lg_gather_tasks(struct lg_gather *g, const struct lg_python *python,
			       struct lg_snapshot *s, struct lg_error *err)
{
	const struct lg_library *library = lg_library_find(python->version_hex);
	lg_cleanup(lg_kinds_free) struct lg_kinds kinds = {0};
	enum lg_status status = lg_gather_kinds(g, python, classes, CLASSES, &kinds, err);
	size_t first = g->roots->pseudo_count + 1, count;

	if (status != LG_OK || kinds.objects == 0 || !library)
		return status;
	count = kinds.objects < MAX_TASKS ? kinds.objects : MAX_TASKS;
	s->tasks = lg_alloc(count, sizeof *s->tasks);
	if (!s->tasks)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu tasks", count);
	for (size_t i = first; i < g->inner.count && s->task_count < count && status == LG_OK; i++)
		if (lg_kind_of(g, &kinds, i))
			status = add_task(g, python, library, s, (uint32_t)i,
					  lg_kind_of(g, &kinds, i), err);
	return status;
}
