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

static enum lg_status load_names(const struct lg_python *python, uint64_t tuple, uint32_t count,
				 struct lg_intern *strings, struct lg_code_info *out,
				 struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	lg_cleanup(lg_free) uint64_t *names = lg_alloc(count, sizeof *names);
	enum lg_status status = LG_OK;
	struct lg_error ignored;

	out->local_name = lg_alloc_zero(count, sizeof *out->local_name);
	if (!names || !out->local_name)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u names", count);
	if (!lg_object_has_flag(python, tuple, l->type.flag_tuple_bit) ||
	    lg_peek(python, tuple + l->var.size) != count ||
	    lg_memory_read(python->memory, tuple + l->tuple.items, names, count * sizeof *names,
			   &ignored) != LG_OK)
		return LG_OK;
	for (uint32_t i = 0; i < count && status == LG_OK; i++)
		status = add_text(python, names[i], strings, &out->local_name[i], err);
	return status;
}

/* Names and kinds, both of the same count or none. */
static enum lg_status load_locals(const struct lg_python *python, uint64_t code,
				  struct lg_intern *strings, struct lg_code_info *out,
				  struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint32_t count = (uint32_t)lg_peek(python, code + l->code.nlocalsplus);
	uint32_t kinds;
	enum lg_status status;

	if (count == 0 || count > LG_MAX_LOCALS)
		return LG_OK;
	status = load_bytes(python, lg_peek(python, code + l->code.localspluskinds), count,
			    &out->local_kind, &kinds, err);
	if (status != LG_OK || kinds != count)
		return status;
	status = load_names(python, lg_peek(python, code + l->code.localsplusnames), count, strings,
			    out, err);
	if (status == LG_OK)
		out->local_count = count;
	return status;
}

enum lg_status lg_code_info_load(const struct lg_python *python, uint64_t code,
				 struct lg_intern *strings, struct lg_code_info *out,
				 struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	enum lg_status status;

	*out = (struct lg_code_info){ 0 };
	if (code == 0 || code % LG_WORD_BYTES ||
	    lg_peek(python, code + l->object.type) != python->base_type[LG_FAMILY_CODE])
		return lg_fail(err, LG_E_UNREADABLE, "no code object at 0x%" PRIx64, code);
	out->code = code;
	out->first_line = (uint32_t)lg_peek(python, code + l->code.firstlineno);
	out->stack_size = (uint32_t)lg_peek(python, code + l->code.stacksize);
	status = add_text(python, lg_peek(python, code + l->code.qualname), strings, &out->function,
			  err);
	if (status == LG_OK)
		status = add_text(python, lg_peek(python, code + l->code.filename), strings,
				  &out->file, err);
	if (status == LG_OK)
		status = load_bytes(python, lg_peek(python, code + l->code.linetable),
				    LG_MAX_LINETABLE, &out->linetable, &out->linetable_bytes, err);
	if (status == LG_OK)
		status = load_locals(python, code, strings, out, err);
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
			   uint64_t prev_instr)
{
	uint64_t start = info->code + python->layout->code.code_adaptive;
	/* prev_instr stands one unit before the start until the first instruction has run. */
	int64_t unit = prev_instr < start ? -1 : (int64_t)((prev_instr - start) / UNIT_BYTES);

	return lg_linetable_find(info->linetable, info->linetable_bytes, info->first_line, unit);
}

enum lg_status lg_python_code_position(const struct lg_python *python, uint64_t code,
				       uint64_t prev_instr, struct lg_intern *strings,
				       uint32_t *function, uint32_t *file, uint32_t *line,
				       struct lg_error *err)
{
	lg_cleanup(lg_code_info_free) struct lg_code_info info = { 0 };
	enum lg_status status = lg_code_info_load(python, code, strings, &info, err);

	*function = info.function;
	*file = info.file;
	*line = status == LG_OK ? lg_code_info_line(python, &info, prev_instr) : 0;
	return status;
}
