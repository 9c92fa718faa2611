/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "cpython/object.h"
#include "cpython/probe.h"
#include "cpython/validate.h"

#define ATTEMPTS 10

static enum lg_status misfit(struct lg_error *err, const char *what, uint64_t address,
			     uint64_t found, uint64_t expected)
{
	return lg_fail(err, LG_E_ATTACH,
		       "the interpreter's structures are not as expected (a debug or patched build, or a release not known?): "
		       "%s at 0x%" PRIx64 " is %" PRIu64 ", expected %" PRIu64,
		       what, address, found, expected);
}

static enum lg_status unreadable(struct lg_error *err, const char *what, uint64_t address)
{
	return lg_fail(err, LG_E_ATTACH,
		       "the interpreter's structures are not as expected (a debug or patched build, or a release not known?): "
		       "no %s at 0x%" PRIx64,
		       what, address);
}

/* A static type declares the size of its instances: it tells whether the table is of this build. */
static enum lg_status check_size(const struct lg_python *python, enum lg_family family,
				 const char *what, uint64_t expected, struct lg_error *err)
{
	uint64_t type = python->base_type[family];
	uint64_t found = lg_peek(python, type + python->layout->type.basicsize);

	if (!lg_python_is_type(python, type))
		return unreadable(err, what, type);
	return found == expected ? LG_OK : misfit(err, what, type, found, expected);
}

static enum lg_status check_types(const struct lg_python *python, struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	const struct {
		enum lg_family family;
		const char *what;
		uint64_t bytes;
	} known[] = {
		{ LG_FAMILY_TYPE, "size of type", l->type.heap_bytes },
		{ LG_FAMILY_DICT, "size of dict", l->dict.bytes },
		{ LG_FAMILY_SET, "size of set", l->set.bytes },
		{ LG_FAMILY_FUNCTION, "size of function", l->function.bytes },
		{ LG_FAMILY_CODE, "size of code", l->code.code_adaptive },
		{ LG_FAMILY_GENERATOR, "size of generator",
		  l->generator.frame ? l->generator.bytes :
				       l->generator.iframe + l->frame.localsplus },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		enum lg_status status = check_size(python, known[i].family, known[i].what,
						   known[i].bytes, err);

		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

/* What the interpreter says of itself. */
static enum lg_status check_said(const struct lg_python *python, struct lg_error *err)
{
	const struct lg_layout *l = python->layout;

	for (int i = 0; i < LG_MAX_OFFSET_CHECKS && l->says[i].name[0]; i++) {
		uint64_t at = python->runtime + l->says[i].at;
		uint64_t found = lg_peek(python, at);
		uint32_t expected = *(const uint32_t *)((const char *)l + l->says[i].field);

		if (found != expected)
			return misfit(err, l->says[i].name, at, found, expected);
	}
	return LG_OK;
}

/* What an interpreter has of `type` stands far behind in it: so the table fits as a whole. */
static enum lg_status check_static_types(const struct lg_python *python, uint64_t interpreter,
					 struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t at = interpreter + l->static_type.states;

	if (l->static_type.states == LG_NO_FIELD || lg_static_types_at(python, at))
		return LG_OK;
	return unreadable(err, "state of static types", at);
}

/* Still further behind. Another interpreter may have none of its own. */
static enum lg_status check_interned(const struct lg_python *python, uint64_t interpreter,
				     struct lg_error *err)
{
	uint64_t at = interpreter + python->layout->interpreter.interned, dict;

	if (python->layout->interpreter.interned == LG_NO_FIELD)
		return LG_OK;
	dict = lg_peek(python, at);
	if (dict == 0 && interpreter != python->interpreter)
		return LG_OK;
	if (!lg_python_is_family(python, dict, LG_FAMILY_DICT))
		return unreadable(err, "dict of interned strings", at);
	return LG_OK;
}

/*
 * A circular list, perhaps empty. An object just being linked in leaves one of
 * the directions open for an instant, so one is enough.
 */
static bool is_list_head(const struct lg_python *python, uint64_t head)
{
	uint64_t next = lg_list_next(python, head), previous = lg_list_previous(python, head);

	if (!next || !previous)
		return false;
	return lg_list_previous(python, next) == head || lg_list_next(python, previous) == head;
}

static enum lg_status add_gc_list(struct lg_python *python, uint64_t head, bool torn,
				  struct lg_error *err)
{
	/* An empty list into which the first object is being linked has both directions open. */
	if (torn ? !lg_may_be_list_head(python, head) : !is_list_head(python, head))
		return unreadable(err, "list of the collector", head);
	if (python->gc_list_count == LG_MAX_GC_LISTS)
		return lg_fail(err, LG_E_LIMIT, "more than %d lists of the collector",
			       LG_MAX_GC_LISTS);
	python->gc_list[python->gc_list_count++] = head;
	return LG_OK;
}

static enum lg_status add_gc_lists(struct lg_python *python, uint64_t interpreter,
				   struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t gc = lg_python_gc(python, interpreter);
	bool collecting = (uint32_t)lg_peek(python, gc + l->gc.collecting) != 0;
	enum lg_status status = LG_OK;

	if (l->runtime.gc && python->gc_list_count)
		return LG_OK;
	for (uint32_t i = 0; i < l->gc.generation_count && status == LG_OK; i++)
		status = add_gc_list(python,
				     gc + l->gc.generation0 + (uint64_t)i * l->gc.generation_bytes,
				     collecting || i == 0, err);
	if (status == LG_OK && l->gc.permanent != LG_NO_FIELD)
		status = add_gc_list(python, gc + l->gc.permanent, collecting, err);
	return status;
}

static enum lg_status check_interpreter(struct lg_python *python, uint64_t interpreter,
					struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t thread = lg_peek(python, interpreter + l->interpreter.threads_head);
	uint64_t modules = lg_peek(python, interpreter + l->interpreter.modules);
	uint64_t owner;
	enum lg_status status;

	/*
	 * Only an interpreter that starts up or shuts down has no modules, or no
	 * thread: but others than the main one may do without while nobody uses them.
	 */
	if (!modules || (!thread && interpreter == python->interpreter))
		return lg_fail(err, LG_E_ATTACH,
			       "the interpreter is starting up or shutting down: it has no %s yet or any more",
			       thread ? "modules" : "threads");
	owner = thread ? lg_peek(python, thread + l->thread.interp) : interpreter;
	if (owner != interpreter)
		return misfit(err, "interpreter of the first thread", thread, owner, interpreter);
	if (lg_peek(python, modules + l->object.type) != python->base_type[LG_FAMILY_DICT])
		return unreadable(err, "sys.modules", modules);
	status = check_static_types(python, interpreter, err);
	if (status == LG_OK)
		status = check_interned(python, interpreter, err);
	return status == LG_OK ? add_gc_lists(python, interpreter, err) : status;
}

/* Adds it to `interpreters`, or leaves everything as it was. */
static enum lg_status add_interpreter(struct lg_python *python, uint64_t interpreter,
				      struct lg_error *err)
{
	uint32_t lists = python->gc_list_count;
	enum lg_status status = check_interpreter(python, interpreter, err);

	if (status == LG_OK)
		python->interpreters[python->interpreter_count++] = interpreter;
	else
		python->gc_list_count = lists;
	return status;
}

static bool known_interpreter(const struct lg_python *python, uint64_t interpreter)
{
	for (uint32_t i = 0; i < python->interpreter_count; i++)
		if (python->interpreters[i] == interpreter)
			return true;
	return false;
}

/* The main interpreter must be right; others, where they are (mod_wsgi has them), follow it. */
static enum lg_status find_interpreters(struct lg_python *python, struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t other = lg_peek(python, python->runtime + l->runtime.interpreters_head);
	enum lg_status status;

	python->interpreter = lg_peek(python, python->runtime + l->runtime.interpreters_main);
	if (!python->interpreter || !other)
		return lg_fail(err, LG_E_ATTACH,
			       "the process has CPython loaded, but no interpreter is running in it");
	if (python->interpreter % LG_WORD_BYTES)
		return unreadable(err, "interpreter", python->interpreter);
	status = add_interpreter(python, python->interpreter, err);
	for (int i = 0; i < LG_MAX_INTERPRETERS && other && status == LG_OK; i++) {
		struct lg_error ignored;

		if (!known_interpreter(python, other) &&
		    add_interpreter(python, other, &ignored) != LG_OK)
			break;
		other = lg_peek(python, other + l->interpreter.next);
	}
	return status;
}

static enum lg_status validate_once(struct lg_python *python, struct lg_error *err)
{
	uint64_t type = python->base_type[LG_FAMILY_TYPE];
	uint64_t metatype = lg_peek(python, type + python->layout->object.type);
	enum lg_status status;

	python->interpreter_count = 0;
	python->gc_list_count = 0;
	if (metatype != type)
		return misfit(err, "type of type", type, metatype, type);
	status = check_said(python, err);
	if (status == LG_OK)
		status = check_types(python, err);
	if (status == LG_OK)
		status = find_interpreters(python, err);
	return status;
}

/* A process that runs while it is read changes between two reads; what never fits is wrong. */
enum lg_status lg_python_validate(struct lg_python *python, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (int i = 0; i < ATTEMPTS; i++) {
		status = validate_once(python, err);
		if (status == LG_OK)
			break;
	}
	return status;
}

enum lg_status lg_python_collecting(const struct lg_python *python, bool *out,
				    struct lg_error *err)
{
	const struct lg_layout *l = python->layout;

	*out = false;
	for (uint32_t i = 0; i < python->interpreter_count; i++) {
		uint32_t collecting;
		uint64_t gc = lg_python_gc(python, python->interpreters[i]);
		enum lg_status status = lg_memory_read_u32(python->memory, gc + l->gc.collecting,
							   &collecting, err);

		if (status != LG_OK)
			return status;
		*out |= collecting != 0;
	}
	return LG_OK;
}
