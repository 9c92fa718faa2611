/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/code.h"
#include "cpython/object.h"
#include "cpython/roots.h"

#define MAX_NAME_BYTES 512
#define UNIT_BYTES 2

static enum lg_status add_text(const struct lg_python *python, uint64_t unicode,
			       struct lg_intern *strings, uint32_t *out, struct lg_error *err)
{
	char text[MAX_NAME_BYTES];
	struct lg_error ignored;

	*out = 0;
	if (lg_python_text(python, unicode, text, sizeof text, &ignored) != LG_OK)
		return LG_OK;
	return lg_intern_add(strings, text, strlen(text), out, err);
}

/* The bytes of a bytes object of at most `limit` bytes; malloc'd. NULL and 0 where not readable. */
static enum lg_status load_bytes(const struct lg_python *python, uint64_t object, uint32_t limit,
				 uint8_t **out, uint32_t *out_bytes, struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *bytes = NULL;
	struct lg_error ignored;
	uint64_t size;

	*out = NULL;
	*out_bytes = 0;
	if (!lg_object_has_flag(python, object, python->layout->type.flag_bytes_bit))
		return LG_OK;
	size = lg_peek(python, object + python->layout->var.size);
	if (size == 0 || size > limit)
		return LG_OK;
	bytes = lg_alloc(size, 1);
	if (!bytes)
		return lg_fail(err, LG_E_MEMORY, "no memory for %" PRIu64 " bytes", size);
	if (lg_memory_read(python->memory, object + python->layout->bytes.data, bytes, size,
			   &ignored) != LG_OK)
		return LG_OK;
	*out = lg_take(bytes);
	*out_bytes = (uint32_t)size;
	return LG_OK;
}

/* Items of a tuple, 0 where it is none, or one of more names than are read. */
static uint32_t tuple_count(const struct lg_python *python, uint64_t tuple)
{
	uint64_t count = lg_peek(python, tuple + python->layout->var.size);

	if (!lg_object_has_flag(python, tuple, python->layout->type.flag_tuple_bit) ||
	    count > LG_MAX_LOCALS)
		return 0;
	return (uint32_t)count;
}

/* The texts of a tuple's first `count` items; those that can't be read stay 0. */
static enum lg_status load_names(const struct lg_python *python, uint64_t tuple, uint32_t count,
				 struct lg_intern *strings, uint32_t *out, struct lg_error *err)
{
	lg_cleanup(lg_free) uint64_t *names = lg_alloc(count, sizeof *names);
	enum lg_status status = LG_OK;
	struct lg_error ignored;

	if (!names)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u names", count);
	if (lg_memory_read(python->memory, tuple + python->layout->tuple.items, names,
			   count * sizeof *names, &ignored) != LG_OK)
		return LG_OK;
	for (uint32_t i = 0; i < count && status == LG_OK; i++)
		status = add_text(python, names[i], strings, &out[i], err);
	return status;
}

/* Names and kinds, both of the same count or none. */
static enum lg_status load_variables(const struct lg_python *python, uint64_t code,
				     struct lg_intern *strings, struct lg_code_info *out,
				     struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t names = lg_peek(python, code + l->code.localsplusnames);
	uint32_t count = (uint32_t)lg_peek(python, code + l->code.nlocalsplus);
	uint32_t kinds;
	enum lg_status status;

	if (count == 0 || count > LG_MAX_LOCALS)
		return LG_OK;
	status = load_bytes(python, lg_peek(python, code + l->code.localspluskinds), count,
			    &out->local_kind, &kinds, err);
	if (status != LG_OK || kinds != count)
		return status;
	out->local_name = lg_alloc_zero(count, sizeof *out->local_name);
	if (!out->local_name)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u names", count);
	out->local_count = count;
	if (tuple_count(python, names) != count)
		return LG_OK;
	return load_names(python, names, count, strings, out->local_name, err);
}

/* The same from three tuples: variables, cells, free variables. */
static enum lg_status load_three(const struct lg_python *python, uint64_t code,
				 struct lg_intern *strings, struct lg_code_info *out,
				 struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	const struct {
		uint64_t names;
		uint8_t kind;
	} part[] = {
		{ lg_peek(python, code + l->code.varnames), l->code.kind_local },
		{ lg_peek(python, code + l->code.cellvars), l->code.kind_cell },
		{ lg_peek(python, code + l->code.freevars), l->code.kind_free },
	};
	uint32_t total = 0, at = 0;
	enum lg_status status = LG_OK;

	for (int i = 0; i < 3; i++)
		total += tuple_count(python, part[i].names);
	out->local_name = lg_alloc_zero(total, sizeof *out->local_name);
	out->local_kind = lg_alloc(total, 1);
	if (!out->local_name || !out->local_kind)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u names", total);
	for (int i = 0; i < 3 && status == LG_OK; i++) {
		uint32_t count = tuple_count(python, part[i].names);

		if (count > total - at)
			break;
		memset(out->local_kind + at, part[i].kind, count);
		status = load_names(python, part[i].names, count, strings, out->local_name + at, err);
		at += count;
	}
	out->local_count = at;
	return status;
}

enum lg_status lg_code_info_load(const struct lg_python *python, uint64_t code,
				 struct lg_intern *strings, struct lg_code_info *out,
				 struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint32_t name = l->code.qualname != LG_NO_FIELD ? l->code.qualname : l->code.name;
	enum lg_status status;

	*out = (struct lg_code_info){ 0 };
	if (code == 0 || code % LG_WORD_BYTES ||
	    lg_peek(python, code + l->object.type) != python->base_type[LG_FAMILY_CODE])
		return lg_fail(err, LG_E_UNREADABLE, "no code object at 0x%" PRIx64, code);
	out->code = code;
	out->first_line = (uint32_t)lg_peek(python, code + l->code.firstlineno);
	out->stack_size = (uint32_t)lg_peek(python, code + l->code.stacksize);
	status = add_text(python, lg_peek(python, code + name), strings, &out->function, err);
	if (status == LG_OK)
		status = add_text(python, lg_peek(python, code + l->code.filename), strings,
				  &out->file, err);
	if (status == LG_OK)
		status = load_bytes(python, lg_peek(python, code + l->code.linetable),
				    LG_MAX_LINETABLE, &out->linetable, &out->linetable_bytes, err);
	if (status == LG_OK)
		status = (l->code.varnames ? load_three : load_variables)(python, code, strings, out,
									  err);
	return status;
}

void lg_code_info_free(struct lg_code_info *info)
{
	if (!info)
		return;
	free(info->local_name);
	free(info->local_kind);
	free(info->linetable);
	*info = (struct lg_code_info){ 0 };
}

uint32_t lg_code_info_line(const struct lg_python *python, const struct lg_code_info *info,
			   uint64_t instruction)
{
	const struct lg_layout *l = python->layout;
	uint64_t start = info->code + l->code.code_adaptive;
	/* prev_instr stands one unit before the start until the first instruction has run. */
	int64_t unit = instruction < start ? -1 : (int64_t)((instruction - start) / UNIT_BYTES);

	if (l->frame.last_instr_bytes)
		unit = (int32_t)instruction < 0 ? -1 :
						  (int64_t)(int32_t)instruction *
							  l->frame.last_instr_bytes / UNIT_BYTES;
	return lg_linetable_find((enum lg_line_form)l->code.line_form, info->linetable,
				 info->linetable_bytes, info->first_line, unit);
}

enum lg_status lg_python_code_position(const struct lg_python *python, uint64_t code,
				       uint64_t instruction, struct lg_intern *strings,
				       uint32_t *function, uint32_t *file, uint32_t *line,
				       struct lg_error *err)
{
	lg_cleanup(lg_code_info_free) struct lg_code_info info = { 0 };
	enum lg_status status = lg_code_info_load(python, code, strings, &info, err);

	*function = info.function;
	*file = info.file;
	*line = status == LG_OK ? lg_code_info_line(python, &info, instruction) : 0;
	return status;
}
