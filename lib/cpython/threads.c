/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/collect.h"
#include "cpython/object.h"

#define MAX_THREADS 65536
#define MAX_STACK_CHUNKS 65536
#define MAX_CHUNK_BYTES (1ULL << 32)

/* The blocks in which a thread's frames lie. */
static uint64_t stack_bytes(const struct lg_python *python, uint64_t state)
{
	const struct lg_layout *l = python->layout;
	uint64_t total = 0, chunk;

	if (l->thread.datastack_chunk == LG_NO_FIELD)
		return 0;
	chunk = lg_peek(python, state + l->thread.datastack_chunk);
	for (int i = 0; i < MAX_STACK_CHUNKS && chunk; i++) {
		uint64_t bytes = lg_peek(python, chunk + l->stack_chunk.size);

		if (bytes > MAX_CHUNK_BYTES)
			break;
		total += bytes;
		chunk = lg_peek(python, chunk + l->stack_chunk.previous);
	}
	return total;
}

/* Threads that threading did not start have no name of their own. */
static enum lg_status name_thread(struct lg_collector *c, const struct lg_thread_names *names,
				  struct lg_thread *thread, struct lg_error *err)
{
	const struct lg_python *python = c->python;
	const struct lg_thread_name *known = lg_thread_names_find(names, thread->ident);
	char text[32] = "MainThread";

	if (known) {
		thread->name = known->name;
		if (!thread->native_id)
			thread->native_id = known->native_id;
		return LG_OK;
	}
	if (thread->ident != lg_peek(python, python->runtime + python->layout->runtime.main_thread))
		snprintf(text, sizeof text, "0x%" PRIx64, thread->ident);
	return lg_intern_add(c->strings, text, strlen(text), &thread->name, err);
}

static enum lg_status collect_held(struct lg_collector *c, uint32_t thread, uint64_t state,
				   struct lg_error *err)
{
	const struct lg_layout_field *field = c->python->layout->thread.held;
	enum lg_status status = LG_OK;

	for (int i = 0; i < LG_MAX_THREAD_FIELDS && field[i].count && status == LG_OK; i++) {
		uint32_t name;

		status = lg_intern_add(c->strings, field[i].name, strlen(field[i].name), &name, err);
		for (uint32_t j = 0; j < field[i].count && status == LG_OK; j++) {
			uint64_t at = state + field[i].offset + (uint64_t)j * LG_WORD_BYTES;

			status = lg_collect_held(c, thread, lg_peek(c->python, at), LG_REF_OTHER,
						 name, err);
		}
	}
	return status;
}

static enum lg_status add_thread_root(struct lg_collector *c, uint64_t state, uint32_t name,
				      struct lg_error *err)
{
	struct lg_root_set *set = c->out;

	if (!lg_reserve(set->root, set->root_capacity, set->root_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for roots");
	set->root[set->root_count++] =
		(struct lg_root_address){ .address = state, .kind = LG_ROOT_THREAD, .name = name,
					  .interpreter = c->interpreter };
	return LG_OK;
}

static enum lg_status collect_thread(struct lg_collector *c, const struct lg_thread_names *names,
				     uint64_t state, struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	struct lg_pseudo pseudo = {
		.address = state,
		.shallow_bytes = l->thread.bytes + stack_bytes(c->python, state),
		.is_thread = true,
		.thread = {
			.object = LG_NONE,
			.ident = lg_peek(c->python, state + l->thread.thread_id),
		},
	};
	uint32_t index;
	enum lg_status status;

	if (l->thread.native_thread_id != LG_NO_FIELD)
		pseudo.thread.native_id = lg_peek(c->python, state + l->thread.native_thread_id);
	status = name_thread(c, names, &pseudo.thread, err);
	if (status == LG_OK)
		status = lg_collect_pseudo(c, &pseudo, &index, err);
	if (status == LG_OK)
		status = add_thread_root(c, state, pseudo.thread.name, err);
	if (status == LG_OK)
		status = lg_collect_frames(c, index, state, err);
	if (status == LG_OK)
		status = collect_held(c, index, state, err);
	return status;
}

enum lg_status lg_collect_threads(struct lg_collector *c, uint64_t interpreter,
				  struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	lg_cleanup(lg_thread_names_free) struct lg_thread_names names = { 0 };
	uint64_t state = lg_peek(c->python, interpreter + l->interpreter.threads_head);
	uint64_t mark = state;
	enum lg_status status = lg_thread_names_load(c, interpreter, &names, err);

	for (uint32_t i = 0; i < MAX_THREADS && state && status == LG_OK; i++) {
		if (state % LG_WORD_BYTES ||
		    lg_peek(c->python, state + l->thread.interp) != interpreter)
			break;
		status = collect_thread(c, &names, state, err);
		state = lg_peek(c->python, state + l->thread.next);
		/* Brent: a chain that bites its tail comes by the mark. */
		if (state == mark)
			break;
		if ((i & (i + 1)) == 0)
			mark = state;
	}
	return status;
}
