/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/object.h"
#include "walker/gather.h"

#define MAX_BASES 64

/* The strings of a class's name. */
struct name_strings {
	uint32_t module, name;
};

static enum lg_status intern_names(struct lg_intern *strings, const struct lg_class_name *names,
				   size_t count, struct name_strings *out, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < count && status == LG_OK; i++) {
		status = lg_intern_add(strings, names[i].module, strlen(names[i].module),
				       &out[i].module, err);
		if (status == LG_OK)
			status = lg_intern_add(strings, names[i].name, strlen(names[i].name),
					       &out[i].name, err);
	}
	return status;
}

static uint8_t kind_of_name(const struct name_strings *names, size_t count, uint32_t module,
			    uint32_t name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].module == module && names[i].name == name)
			return (uint8_t)(i + 1);
	return 0;
}

static enum lg_status kind_of_type(struct lg_gather *g, const struct lg_python *python,
				   const struct name_strings *names, size_t count, uint64_t type,
				   uint8_t *out, struct lg_error *err)
{
	*out = 0;
	for (int depth = 0; depth < MAX_BASES && *out == 0 && lg_python_is_type(python, type);
	     depth++) {
		struct lg_error ignored;
		uint32_t module, name;
		enum lg_status status =
			lg_python_type_name(python, type, g->strings, &module, &name, &ignored);

		if (status == LG_E_MEMORY || status == LG_E_LIMIT)
			return lg_fail(err, status, "%s", ignored.text);
		if (status == LG_OK)
			*out = kind_of_name(names, count, module, name);
		type = lg_peek(python, type + python->layout->type.base);
	}
	return LG_OK;
}

enum lg_status lg_gather_kinds(struct lg_gather *g, const struct lg_python *python,
			       const struct lg_class_name *names, size_t count,
			       struct lg_kinds *out, struct lg_error *err)
{
	struct name_strings strings[LG_MAX_KINDS];
	size_t first = g->roots->pseudo_count + 1;
	enum lg_status status = intern_names(g->strings, names, count, strings, err);

	out->of_type = lg_alloc_zero(g->type_count, sizeof *out->of_type);
	if (status == LG_OK && !out->of_type)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu types", g->type_count);
	for (size_t i = 0; i < g->type_count && status == LG_OK; i++)
		status = kind_of_type(g, python, strings, count, g->type[i].address,
				      &out->of_type[i], err);
	for (size_t i = first; i < g->inner.count && status == LG_OK; i++)
		out->objects += lg_kind_of(g, out, i) != 0;
	return status;
}
