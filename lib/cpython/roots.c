/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/collect.h"
#include "cpython/object.h"

#define MAX_NAME_BYTES 512
#define MAX_ATEXIT 65536
#define ATEXIT_WORDS 3 /* function, arguments, keyword arguments */

static enum lg_status no_memory(const char *what, struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for %s", what);
}

enum lg_status lg_collect_root(struct lg_collector *c, uint64_t address, enum lg_root_kind kind,
			       const char *name, struct lg_error *err)
{
	struct lg_root_set *set = c->out;
	uint32_t string;
	enum lg_status status;

	if (!lg_python_is_object(c->python, address))
		return LG_OK;
	status = lg_intern_add(c->strings, name, strlen(name), &string, err);
	if (status != LG_OK)
		return status;
	if (!lg_reserve(set->root, set->root_capacity, set->root_count + 1))
		return no_memory("roots", err);
	set->root[set->root_count++] =
		(struct lg_root_address){ .address = address, .kind = kind, .name = string,
					  .interpreter = c->interpreter };
	return LG_OK;
}

enum lg_status lg_collect_held(struct lg_collector *c, uint32_t pseudo, uint64_t address,
			       enum lg_ref_kind kind, uint32_t name, struct lg_error *err)
{
	struct lg_root_set *set = c->out;

	if (!lg_python_is_object(c->python, address))
		return LG_OK;
	if (!lg_reserve(set->held, set->held_capacity, set->held_count + 1))
		return no_memory("references of threads and frames", err);
	set->held[set->held_count++] = (struct lg_held){
		.pseudo = pseudo, .address = address, .kind = kind, .name = name
	};
	return LG_OK;
}

enum lg_status lg_collect_pseudo(struct lg_collector *c, const struct lg_pseudo *pseudo,
				 uint32_t *out, struct lg_error *err)
{
	struct lg_root_set *set = c->out;

	if (!lg_reserve(set->pseudo, set->pseudo_capacity, set->pseudo_count + 1))
		return no_memory("threads and frames", err);
	*out = (uint32_t)set->pseudo_count;
	set->pseudo[set->pseudo_count++] = *pseudo;
	return LG_OK;
}

/* A module of sys.modules; one that is there under several names is one root. */
struct module {
	uint64_t address;
	uint64_t key; /* str */
	uint64_t order;
};

static int by_address(const void *left, const void *right)
{
	const struct module *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int by_order(const void *left, const void *right)
{
	const struct module *a = left, *b = right;

	return a->order < b->order ? -1 : a->order > b->order;
}

/* Of the names of one module, its own is the better one (posixpath, not os.path). */
static bool is_own_name(const struct lg_python *python, const struct module *module)
{
	char key[MAX_NAME_BYTES], own[MAX_NAME_BYTES];
	struct lg_error ignored;

	return lg_python_is_family(python, module->address, LG_FAMILY_MODULE) &&
	       lg_python_text(python, module->key, key, sizeof key, &ignored) == LG_OK &&
	       lg_python_text(python,
			      lg_peek(python, module->address + python->layout->module.name), own,
			      sizeof own, &ignored) == LG_OK &&
	       strcmp(key, own) == 0;
}

/* Keeps one entry for each module, in the order of import. Returns how many. */
static size_t keep_one_name(const struct lg_python *python, struct module *module, size_t count)
{
	size_t kept = 0;

	qsort(module, count, sizeof *module, by_address);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || module[kept - 1].address != module[i].address)
			module[kept++] = module[i];
		else if (!is_own_name(python, &module[kept - 1]) && is_own_name(python, &module[i]))
			module[kept - 1].key = module[i].key;
	}
	qsort(module, kept, sizeof *module, by_order);
	return kept;
}

static enum lg_status add_modules(struct lg_collector *c, struct module *module, size_t count,
				  struct lg_error *err)
{
	enum lg_status status = LG_OK;

	count = keep_one_name(c->python, module, count);
	for (size_t i = 0; i < count && status == LG_OK; i++) {
		char name[MAX_NAME_BYTES];
		struct lg_error ignored;

		if (lg_python_text(c->python, module[i].key, name, sizeof name, &ignored) != LG_OK)
			strcpy(name, "?");
		status = lg_collect_root(c, module[i].address, LG_ROOT_MODULE, name, err);
	}
	return status;
}

static enum lg_status collect_modules(struct lg_collector *c, uint64_t interpreter,
				      struct lg_error *err)
{
	lg_cleanup(lg_free) struct module *module = NULL;
	uint64_t dict = lg_peek(c->python, interpreter + c->python->layout->interpreter.modules);
	struct lg_dict_view view;
	struct lg_error ignored;
	size_t count = 0;

	if (lg_dict_open(c->python, dict, &view, &ignored) != LG_OK)
		return LG_OK;
	module = lg_alloc(view.count, sizeof *module);
	if (!module)
		return no_memory("modules", err);
	for (uint64_t i = 0; i < view.count; i++) {
		struct module entry = { .order = i };

		lg_dict_entry(c->python, &view, i, &entry.key, &entry.address);
		/* None stands for a module that must not be imported. */
		if (entry.key && entry.address != c->python->none)
			module[count++] = entry;
	}
	return add_modules(c, module, count, err);
}

/* The object pointers of a structure, by a table of `most` fields at most. */
static enum lg_status collect_fields(struct lg_collector *c, uint64_t structure,
				     const struct lg_layout_field *field, int most,
				     struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (int i = 0; i < most && field[i].count; i++)
		for (uint32_t j = 0; j < field[i].count && status == LG_OK; j++) {
			uint64_t at = structure + field[i].offset + (uint64_t)j * LG_WORD_BYTES;

			status = lg_collect_root(c, lg_peek(c->python, at), LG_ROOT_INTERPRETER,
						 field[i].name, err);
		}
	return status;
}

static enum lg_status collect_atexit(struct lg_collector *c, uint64_t interpreter,
				     struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	uint64_t callbacks;
	uint32_t count;
	enum lg_status status = LG_OK;

	if (l->interpreter.atexit_callbacks == LG_NO_FIELD)
		return LG_OK;
	callbacks = lg_peek(c->python, interpreter + l->interpreter.atexit_callbacks);
	count = (uint32_t)lg_peek(c->python, interpreter + l->interpreter.atexit_count);
	if (!callbacks || count > MAX_ATEXIT)
		return LG_OK;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t entry = lg_peek(c->python, callbacks + (uint64_t)i * LG_WORD_BYTES);

		/* An unregistered callback leaves a hole. */
		for (int j = 0; entry && j < ATEXIT_WORDS && status == LG_OK; j++)
			status = lg_collect_root(c, lg_peek(c->python, entry + j * LG_WORD_BYTES),
						 LG_ROOT_INTERPRETER, "atexit", err);
	}
	return status;
}

static enum lg_status collect_interpreter(struct lg_collector *c, uint64_t interpreter,
					  struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	enum lg_status status;

	c->interpreter = (uint32_t)lg_peek(c->python, interpreter + l->interpreter.id);
	status = collect_modules(c, interpreter, err);
	if (status == LG_OK)
		status = lg_collect_threads(c, interpreter, err);
	if (status == LG_OK)
		status = collect_fields(c, interpreter, c->python->layout->interpreter.roots,
					LG_MAX_INTERPRETER_FIELDS, err);
	if (status == LG_OK)
		status = collect_atexit(c, interpreter, err);
	return status;
}

static enum lg_status collect_handlers(struct lg_collector *c, struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	enum lg_status status = LG_OK;

	c->interpreter = 0;
	for (uint32_t i = 0; i < l->runtime.signals && status == LG_OK; i++) {
		uint64_t at = c->python->runtime + l->runtime.handlers +
			      (uint64_t)i * l->runtime.handler_bytes;

		status = lg_collect_root(c, lg_peek(c->python, at), LG_ROOT_INTERPRETER,
					 "signal handlers", err);
	}
	return status;
}

static enum lg_status collect_interned(struct lg_collector *c, struct lg_error *err)
{
	const struct lg_python *python = c->python;
	enum lg_status status = LG_OK;

	for (uint32_t i = 0; i < python->interned_count && status == LG_OK; i++) {
		c->interpreter = (uint32_t)lg_peek(python, python->interpreters[i] +
							   python->layout->interpreter.id);
		if (python->interned[i])
			status = lg_collect_root(c, python->interned[i], LG_ROOT_INTERNED, "", err);
	}
	return status;
}

static void free_collector(struct lg_collector **slot)
{
	struct lg_collector *c = *slot;

	for (int i = 0; c && i < LG_CODE_CACHE; i++)
		lg_code_info_free(&c->code[i]);
	free(c);
}

enum lg_status lg_roots_collect(const struct lg_python *python, struct lg_intern *strings,
				struct lg_root_set *out, struct lg_error *err)
{
	lg_cleanup(free_collector) struct lg_collector *c = calloc(1, sizeof *c);
	enum lg_status status = LG_OK;

	*out = (struct lg_root_set){ 0 };
	if (!c)
		return no_memory("the roots", err);
	c->python = python;
	c->strings = strings;
	c->out = out;
	status = collect_fields(c, python->runtime, python->layout->runtime.roots,
				LG_MAX_RUNTIME_FIELDS, err);
	for (uint32_t i = 0; i < python->interpreter_count && status == LG_OK; i++)
		status = collect_interpreter(c, python->interpreters[i], err);
	if (status == LG_OK)
		status = collect_handlers(c, err);
	if (status == LG_OK)
		status = collect_interned(c, err);
	return status;
}

void lg_root_set_free(struct lg_root_set *set)
{
	if (!set)
		return;
	free(set->pseudo);
	free(set->held);
	free(set->object_frame);
	free(set->maybe);
	free(set->root);
	*set = (struct lg_root_set){ 0 };
}
