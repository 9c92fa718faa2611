/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

static void patch(struct lg_walker *w, uint32_t object, uint32_t item, uint8_t kind, uint32_t name)
{
	struct lg_walker_patch *row;

	if (!object || object & LG_WALKER_LEAF || !name || w->retries)
		return;
	row = blob_row(w, LG_WALKER_PATCHES, sizeof *row);
	*row = (struct lg_walker_patch){
		.object = object,
		.item = item,
		.name = name,
		.kind = kind,
	};
	barrier();
	w->column[LG_WALKER_PATCHES].count++;
}

static bool is_tuple(struct lg_walker *w, uint64_t object)
{
	const struct record *record = NULL;

	if (blob_meet(w, object))
		record = type_of(w, load64(object + w->layout.object.type));
	return record && record->label_rule == LG_LABEL_TUPLE && record->exact;
}

/* Variables of a code object: one tuple of names, with a byte for the kind of each, or three. */
static const struct {
	uint16_t at; /* position in struct lg_layout.code */
	uint8_t kind;
} variables[] = {
	{ offsetof(struct lg_layout, code.varnames), LG_REF_LOCAL },
	{ offsetof(struct lg_layout, code.cellvars), LG_REF_CELL },
	{ offsetof(struct lg_layout, code.freevars), LG_REF_CELL },
};

static uint64_t names_at(const struct lg_walker *w, uint64_t code, uint16_t at)
{
	return load64(code + *(const uint32_t *)((const char *)&w->layout + at));
}

uint32_t blob_variable_count(const struct lg_walker *w, uint64_t code)
{
	uint64_t count = 0;

	if (!w->layout.code.varnames)
		return load32(code + w->layout.code.nlocalsplus);
	for (uint32_t i = 0; i < sizeof variables / sizeof *variables; i++)
		count += load64(names_at(w, code, variables[i].at) + w->layout.var.size);
	return count > MAX_LOCALS ? 0 : (uint32_t)count;
}

/* The name of the variable at a place in the frame, and whether that has the value or a cell of it. */
uint32_t blob_variable(struct lg_walker *w, uint64_t code, uint64_t i, uint8_t *kind)
{
	uint64_t names, kinds;

	*kind = LG_REF_LOCAL;
	if (!w->layout.code.varnames) {
		names = load64(code + w->layout.code.localsplusnames);
		kinds = load64(code + w->layout.code.localspluskinds);
		if (load8(kinds + w->library.bytes.data + i) & w->layout.code.kind_free)
			*kind = LG_REF_CELL;
		return blob_tuple_name(w, names, (uint32_t)i);
	}
	for (uint32_t part = 0; part < sizeof variables / sizeof *variables; part++) {
		uint64_t count;

		names = names_at(w, code, variables[part].at);
		count = load64(names + w->layout.var.size);
		*kind = variables[part].kind;
		if (i < count)
			return blob_tuple_name(w, names, (uint32_t)i);
		i -= count;
	}
	return 0;
}

/* The last parameters of a code object have the defaults, the last variables are the free ones. */
static void name_items(struct lg_walker *w, uint64_t tuple, uint64_t code, uint32_t end, uint8_t kind)
{
	uint64_t count, start;

	if (!is_tuple(w, tuple))
		return;
	count = load64(tuple + w->layout.var.size);
	if (end > MAX_LOCALS || count > end)
		return;
	start = end - count;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t ignored;
		uint32_t name = blob_variable(w, code, start + i, &ignored);

		patch(w, blob_meet(w, tuple), i, kind, name);
		if (kind == LG_REF_CELL)
			patch(w, blob_meet(w, load64(tuple + w->layout.tuple.items + 8ull * i)), 0,
			      kind, name);
	}
}

/*
 * In the order of func_traverse. Items of __defaults__ and the cells of the
 * closure are named by the parameters and variables of the code: those tuples
 * may have been walked before, so the host adds the names.
 */
void blob_function_hints(struct lg_walker *w, uint64_t f)
{
	static const struct {
		uint16_t at; /* position in struct lg_layout.function */
		uint16_t name;
	} fields[] = {
#define FIELD(member, fixed_name) { offsetof(struct lg_layout, function.member), fixed_name }
		FIELD(code, NAME_CODE),
		FIELD(globals, NAME_GLOBALS),
		FIELD(builtins, NAME_BUILTINS),
		FIELD(module, NAME_MODULE),
		FIELD(defaults, NAME_DEFAULTS),
		FIELD(kwdefaults, NAME_KWDEFAULTS),
		FIELD(doc, NAME_DOC),
		FIELD(name, NAME_NAME),
		FIELD(dict, FIXED_NAMES),
		FIELD(closure, NAME_CLOSURE),
		FIELD(annotations, NAME_ANNOTATIONS),
		FIELD(annotate, NAME_ANNOTATE),
		FIELD(qualname, NAME_QUALNAME),
		FIELD(typeparams, NAME_TYPE_PARAMS),
#undef FIELD
	};
	uint64_t code = load64(f + w->layout.function.code);
	uint64_t defaults = load64(f + w->layout.function.defaults);
	uint64_t closure = load64(f + w->layout.function.closure);

	for (uint32_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		uint32_t offset = *(const uint32_t *)((const char *)&w->layout + fields[i].at);

		if (offset == LG_NO_FIELD || offset == 0)
			continue;
		if (fields[i].name == FIXED_NAMES)
			hint_field(w, f + offset, LG_REF_DICT, 0);
		else
			hint_field(w, f + offset, LG_REF_OTHER,
				   blob_fixed_name(w, (enum fixed_name)fields[i].name));
	}
	if (defaults && code)
		name_items(w, defaults, code, load32(code + w->layout.code.argcount),
			   LG_REF_DEFAULT);
	if (closure && code)
		name_items(w, closure, code, blob_variable_count(w, code), LG_REF_CELL);
}

/* co_code, co_varnames ... made when they were asked for. */
static void cached_attributes(struct lg_walker *w, uint64_t code)
{
	uint64_t cached = 0;

	if (w->layout.code.cached != LG_NO_FIELD)
		cached = load64(code + w->layout.code.cached);
	for (uint32_t i = 0; cached && i < w->layout.code.cached_count; i++)
		refer_field(w, cached + 8ull * i, LG_REF_OTHER, blob_fixed_name(w, NAME_CO_CACHED));
}

/* Code objects are not known to the collector: read by the table. */
void blob_code_walk(struct lg_walker *w, uint64_t code)
{
	static const struct {
		uint16_t at, name;
	} fields[] = {
#define FIELD(member, fixed_name) { offsetof(struct lg_layout, code.member), fixed_name }
		FIELD(consts, NAME_CO_CONSTS),
		FIELD(names, NAME_CO_NAMES),
		FIELD(exceptiontable, NAME_CO_EXCEPTIONTABLE),
		FIELD(localsplusnames, NAME_CO_LOCALSPLUSNAMES),
		FIELD(localspluskinds, NAME_CO_LOCALSPLUSKINDS),
		FIELD(varnames, NAME_CO_LOCALSPLUSNAMES),
		FIELD(freevars, NAME_CO_FREEVARS),
		FIELD(cellvars, NAME_CO_CELLVARS),
		FIELD(filename, NAME_CO_FILENAME),
		FIELD(name, NAME_CO_NAME),
		FIELD(qualname, NAME_CO_QUALNAME),
		FIELD(linetable, NAME_CO_LINETABLE),
		FIELD(cached_code, NAME_CO_CODE),
#undef FIELD
	};

	for (uint32_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		uint32_t offset = *(const uint32_t *)((const char *)&w->layout + fields[i].at);

		if (offset && offset != LG_NO_FIELD)
			refer_field(w, code + offset, LG_REF_OTHER,
				    blob_fixed_name(w, (enum fixed_name)fields[i].name));
	}
	cached_attributes(w, code);
}
