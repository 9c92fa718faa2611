/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cpython/collect.h"
#include "cpython/object.h"

#define MAX_NAME_BYTES 256

static int by_ident(const void *left, const void *right)
{
	const struct lg_thread_name *a = left, *b = right;

	return a->ident < b->ident ? -1 : a->ident > b->ident;
}

/* threading._active: ident -> Thread, with the name in its attribute _name, and _native_id. */
static uint64_t active_threads(const struct lg_python *python, uint64_t interpreter)
{
	const struct lg_layout *l = python->layout;
	uint64_t modules = lg_peek(python, interpreter + l->interpreter.modules);
	uint64_t module, active;
	struct lg_error ignored;

	if (lg_python_dict_get(python, modules, "threading", &module, &ignored) != LG_OK ||
	    !lg_python_is_family(python, module, LG_FAMILY_MODULE) ||
	    lg_python_dict_get(python, lg_peek(python, module + l->module.dict), "_active", &active,
			       &ignored) != LG_OK)
		return 0;
	return active;
}

static enum lg_status add_name(struct lg_collector *c, struct lg_thread_names *names,
			       uint64_t ident, uint64_t thread, struct lg_error *err)
{
	char text[MAX_NAME_BYTES];
	struct lg_error ignored;
	struct lg_thread_name entry = { .ident = lg_python_int(c->python, ident) };
	enum lg_status status;

	if (!entry.ident ||
	    lg_python_text(c->python, lg_instance_attribute(c->python, thread, "_name"), text,
			   sizeof text, &ignored) != LG_OK)
		return LG_OK;
	entry.native_id =
		lg_python_int(c->python, lg_instance_attribute(c->python, thread, "_native_id"));
	status = lg_intern_add(c->strings, text, strlen(text), &entry.name, err);
	if (status != LG_OK)
		return status;
	if (!lg_reserve(names->entry, names->capacity, names->count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of threads");
	names->entry[names->count++] = entry;
	return LG_OK;
}

enum lg_status lg_thread_names_load(struct lg_collector *c, uint64_t interpreter,
				    struct lg_thread_names *out, struct lg_error *err)
{
	uint64_t active = active_threads(c->python, interpreter);
	struct lg_dict_view view;
	struct lg_error ignored;
	enum lg_status status = LG_OK;

	*out = (struct lg_thread_names){ 0 };
	if (!active || lg_dict_open(c->python, active, &view, &ignored) != LG_OK)
		return LG_OK;
	for (uint64_t i = 0; i < view.count && status == LG_OK; i++) {
		uint64_t ident, thread;

		lg_dict_entry(c->python, &view, i, &ident, &thread);
		if (ident)
			status = add_name(c, out, ident, thread, err);
	}
	if (out->count)
		qsort(out->entry, out->count, sizeof *out->entry, by_ident);
	return status;
}

void lg_thread_names_free(struct lg_thread_names *names)
{
	if (!names)
		return;
	free(names->entry);
	*names = (struct lg_thread_names){ 0 };
}

const struct lg_thread_name *lg_thread_names_find(const struct lg_thread_names *names,
						  uint64_t ident)
{
	struct lg_thread_name wanted = { .ident = ident };

	if (!names->count)
		return NULL;
	return bsearch(&wanted, names->entry, names->count, sizeof *names->entry, by_ident);
}
