/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "cpython/object.h"
#include "cpython/probe.h"

/* Releases of a version differ by a field or two; a structure that moved further is not known. */
#define MAX_SAID_GROWTH 4096
#define MAX_SEEN_GROWTH 512
#define HEAD_STEP 4 /* what a list's head is at least aligned to */

static void move(uint32_t *offset, uint32_t from, uint32_t by)
{
	if (*offset != LG_NO_FIELD && *offset >= from)
		*offset += by;
}

static void move_fields(struct lg_layout_field *field, int capacity, uint32_t from, uint32_t by)
{
	for (int i = 0; i < capacity && field[i].count; i++)
		move(&field[i].offset, from, by);
}

static void move_interpreter(struct lg_layout *l, uint32_t from, uint32_t by)
{
	uint32_t *const offset[] = {
		&l->interpreter.next,	       &l->interpreter.id,
		&l->interpreter.threads_head,  &l->interpreter.gc,
		&l->interpreter.modules,       &l->interpreter.sysdict,
		&l->interpreter.builtins,      &l->interpreter.atexit_callbacks,
		&l->interpreter.atexit_count,  &l->interpreter.interned,
		&l->static_type.states,	       &l->static_type.more,
		&l->pymalloc.state,
	};

	for (size_t i = 0; i < sizeof offset / sizeof *offset; i++)
		move(offset[i], from, by);
	move_fields(l->interpreter.roots, LG_MAX_INTERPRETER_FIELDS, from, by);
}

static void move_thread(struct lg_layout *l, uint32_t from, uint32_t by)
{
	uint32_t *const offset[] = {
		&l->thread.next,	 &l->thread.interp,
		&l->thread.thread_id,	 &l->thread.native_thread_id,
		&l->thread.cframe,	 &l->thread.dict,
		&l->thread.context,	 &l->thread.exc_info,
		&l->thread.async_exc,	 &l->thread.datastack_chunk,
		&l->thread.public_bytes, &l->thread.bytes,
	};

	for (size_t i = 0; i < sizeof offset / sizeof *offset; i++)
		move(offset[i], from, by);
	move_fields(l->thread.held, LG_MAX_THREAD_FIELDS, from, by);
}

static enum lg_status said_growth(const struct lg_python *python,
				  const struct lg_layout_growth *growth, const char *what,
				  uint32_t *by, struct lg_error *err)
{
	uint64_t at = python->runtime + growth->says_at;
	uint64_t said = lg_peek(python, at);

	if (said < growth->from || said - growth->from > MAX_SAID_GROWTH || said % LG_WORD_BYTES)
		return lg_fail(err, LG_E_ATTACH,
			       "the interpreter's structures are not as expected (a debug or patched build, or a release not known?): "
			       "field of the %s at 0x%" PRIx64 " is %" PRIu64 ", expected %u to %u",
			       what, at, said, growth->from, growth->from + MAX_SAID_GROWTH);
	*by = (uint32_t)(said - growth->from);
	return LG_OK;
}

bool lg_static_types_at(const struct lg_python *python, uint64_t states)
{
	static const enum lg_family asked[] = { LG_FAMILY_TYPE, LG_FAMILY_DICT, LG_FAMILY_SET,
						LG_FAMILY_CODE };
	const struct lg_layout *l = python->layout;

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		uint64_t type = python->base_type[asked[i]];
		uint64_t index = lg_peek(python, type + l->type.subclasses) - 1;

		if (index >= l->static_type.capacity ||
		    lg_peek(python, states + index * l->static_type.bytes + l->static_type.type) != type)
			return false;
	}
	return true;
}

/* 0 where they are found nowhere: then validation says so. */
static uint32_t seen_growth(const struct lg_python *python)
{
	const struct lg_layout *l = python->layout;
	uint64_t interpreter = lg_peek(python, python->runtime + l->runtime.interpreters_main);

	for (uint32_t by = 0; by <= MAX_SEEN_GROWTH; by += LG_WORD_BYTES)
		if (lg_static_types_at(python, interpreter + l->static_type.states + by))
			return by;
	return 0;
}

static enum lg_status grow(struct lg_python *python, struct lg_layout_growth *growth,
			   void (*move_all)(struct lg_layout *, uint32_t, uint32_t),
			   const char *what, struct lg_error *err)
{
	for (int i = 0; i < LG_MAX_GROWTHS && growth[i].from; i++) {
		uint32_t by = 0;

		if (growth[i].says_at == LG_NO_FIELD) {
			by = seen_growth(python);
		} else {
			enum lg_status status = said_growth(python, &growth[i], what, &by, err);

			if (status != LG_OK)
				return status;
		}
		move_all(&python->fitted, growth[i].from, by);
		/* Those behind it count from where this release has their fields. */
		for (int k = i + 1; k < LG_MAX_GROWTHS && growth[k].from; k++)
			growth[k].from += by;
	}
	return LG_OK;
}

bool lg_may_be_list_head(const struct lg_python *python, uint64_t head)
{
	uint64_t next = lg_list_next(python, head), previous = lg_list_previous(python, head);

	return next && previous && lg_peek(python, next) && lg_peek(python, previous);
}

static bool may_be_lists(const struct lg_python *python, uint64_t first)
{
	const struct lg_layout *l = python->layout;

	for (uint32_t i = 0; i < l->gc.generation_count; i++)
		if (!lg_may_be_list_head(python, first + (uint64_t)i * l->gc.generation_bytes))
			return false;
	return true;
}

/* Where none of the places will do, the table's stays for validation to refuse. */
static void find_lists(struct lg_python *python)
{
	struct lg_layout *l = &python->fitted;
	uint64_t gc = lg_peek(python, python->runtime + l->runtime.interpreters_main) +
		      l->interpreter.gc;

	for (uint32_t before = 0; before <= l->gc.generation0_slack; before += HEAD_STEP)
		if (may_be_lists(python, gc + l->gc.generation0 - before)) {
			l->gc.generation0 -= before;
			return;
		}
}

enum lg_status lg_python_probe(struct lg_python *python, const struct lg_layout *table,
			       struct lg_error *err)
{
	enum lg_status status;

	python->fitted = *table;
	python->layout = &python->fitted;
	status = grow(python, python->fitted.thread.grows, move_thread, "thread", err);
	if (status == LG_OK)
		status = grow(python, python->fitted.interpreter.grows, move_interpreter,
			      "interpreter", err);
	if (status == LG_OK)
		find_lists(python);
	return status;
}
