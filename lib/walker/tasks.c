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
enum task_kind { NO_TASK = 0, C_TASK, PYTHON_TASK };

#define MAX_BASES 64
#define MAX_TASKS (1u << 22)
#define MAX_NAME_BYTES 256

/* Strings by which the classes are known. */
struct task_names {
	uint32_t task, c_module, python_module;
};

static enum lg_status intern_names(struct lg_intern *strings, struct task_names *out,
				   struct lg_error *err)
{
	static const char task[] = "Task", c[] = "_asyncio", python[] = "asyncio.tasks";
	enum lg_status status = lg_intern_add(strings, task, sizeof task - 1, &out->task, err);

	if (status == LG_OK)
		status = lg_intern_add(strings, c, sizeof c - 1, &out->c_module, err);
	if (status == LG_OK)
		status = lg_intern_add(strings, python, sizeof python - 1, &out->python_module, err);
	return status;
}

static enum task_kind kind_of_name(const struct task_names *names, uint32_t module, uint32_t name)
{
	if (name != names->task)
		return NO_TASK;
	return module == names->c_module ? C_TASK :
	       module == names->python_module ? PYTHON_TASK : NO_TASK;
}

static enum lg_status kind_of_type(struct lg_gather *g, const struct lg_python *python,
				   const struct task_names *names, uint64_t type,
				   enum task_kind *out, struct lg_error *err)
{
	*out = NO_TASK;
	for (int depth = 0; depth < MAX_BASES && *out == NO_TASK && lg_python_is_type(python, type);
	     depth++) {
		struct lg_error ignored;
		uint32_t module, name;
		enum lg_status status =
			lg_python_type_name(python, type, g->strings, &module, &name, &ignored);

		if (status == LG_E_MEMORY || status == LG_E_LIMIT)
			return lg_fail(err, status, "%s", ignored.text);
		if (status == LG_OK)
			*out = kind_of_name(names, module, name);
		type = lg_peek(python, type + python->layout->type.base);
	}
	return LG_OK;
}

static enum lg_status find_kinds(struct lg_gather *g, const struct lg_python *python,
				 enum task_kind *kind, bool *any, struct lg_error *err)
{
	struct task_names names;
	enum lg_status status = intern_names(g->strings, &names, err);

	for (size_t i = 0; i < g->type_count && status == LG_OK; i++) {
		status = kind_of_type(g, python, &names, g->type[i].address, &kind[i], err);
		*any = *any || kind[i] != NO_TASK;
	}
	return status;
}

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
			       uint32_t object, enum task_kind kind, struct lg_error *err)
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

static enum task_kind kind_of_object(const struct lg_gather *g, const enum task_kind *kind, size_t i)
{
	uint32_t position = g->inner.type[i];

	return position && position <= g->type_count ? kind[position - 1] : NO_TASK;
}

enum lg_status lg_gather_tasks(struct lg_gather *g, const struct lg_python *python,
			       struct lg_snapshot *s, struct lg_error *err)
{
	const struct lg_library *library = lg_library_find(python->version_hex);
	lg_cleanup(lg_free) enum task_kind *kind = lg_alloc_zero(g->type_count, sizeof *kind);
	size_t first = g->roots->pseudo_count + 1, count = 0;
	bool any = false;
	enum lg_status status;

	if (!kind)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu types", g->type_count);
	status = find_kinds(g, python, kind, &any, err);
	if (status != LG_OK || !any || !library)
		return status;
	for (size_t i = first; i < g->inner.count; i++)
		count += kind_of_object(g, kind, i) != NO_TASK;
	if (count > MAX_TASKS)
		count = MAX_TASKS;
	s->tasks = lg_alloc(count, sizeof *s->tasks);
	if (!s->tasks)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu tasks", count);
	for (size_t i = first; i < g->inner.count && s->task_count < count && status == LG_OK; i++)
		if (kind_of_object(g, kind, i) != NO_TASK)
			status = add_task(g, python, library, s, (uint32_t)i,
					  kind_of_object(g, kind, i), err);
	return status;
}
