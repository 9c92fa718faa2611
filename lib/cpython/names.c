/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cpython/object.h"
#include "cpython/roots.h"

#define MAX_NAME_BYTES 512

static enum lg_status add(struct lg_intern *strings, const char *text, uint32_t *out,
			  struct lg_error *err)
{
	return lg_intern_add(strings, text, strlen(text), out, err);
}

/* A static type has one C string: "collections.deque", "dict". */
static enum lg_status static_name(const struct lg_python *python, uint64_t type,
				  struct lg_intern *strings, uint32_t *module, uint32_t *name,
				  struct lg_error *err)
{
	char text[MAX_NAME_BYTES];
	uint64_t address = lg_peek(python, type + python->layout->type.name);
	enum lg_status status = lg_memory_read_string(python->memory, address, text, sizeof text, err);
	char *dot;

	if (status != LG_OK)
		return status;
	dot = strrchr(text, '.');
	if (dot)
		*dot = 0;
	status = add(strings, dot ? text : "builtins", module, err);
	return status == LG_OK ? add(strings, dot ? dot + 1 : text, name, err) : status;
}

/* A heap type has its qualified name as a field and its module in its dict, as Python shows them. */
static enum lg_status heap_name(const struct lg_python *python, uint64_t type,
				struct lg_intern *strings, uint32_t *module, uint32_t *name,
				struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t dict = lg_peek(python, type + l->type.dict);
	uint64_t qualname = lg_peek(python, type + l->type.heap_qualname);
	char text[MAX_NAME_BYTES];
	struct lg_error ignored;
	uint64_t value;
	enum lg_status status = lg_python_text(python, qualname, text, sizeof text, err);

	if (status == LG_OK)
		status = add(strings, text, name, err);
	if (status != LG_OK)
		return status;
	/* A class may have deleted or overwritten it with what is no text. */
	if (lg_python_dict_get(python, dict, "__module__", &value, &ignored) != LG_OK ||
	    lg_python_text(python, value, text, sizeof text, &ignored) != LG_OK)
		strcpy(text, "builtins");
	return add(strings, text, module, err);
}

enum lg_status lg_python_type_name(const struct lg_python *python, uint64_t type,
				   struct lg_intern *strings, uint32_t *module, uint32_t *name,
				   struct lg_error *err)
{
	*module = 0;
	*name = 0;
	if (!lg_python_is_type(python, type))
		return lg_fail(err, LG_E_UNREADABLE, "no type at 0x%" PRIx64, type);
	if (lg_type_has_flag(python, type, python->layout->type.flag_heaptype_bit))
		return heap_name(python, type, strings, module, name, err);
	return static_name(python, type, strings, module, name, err);
}
