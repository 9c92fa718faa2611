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

/* The last parameters of a code object have the defaults, the last variables are the free ones. */
static void name_items(struct lg_walker *w, uint64_t tuple, uint64_t code, uint32_t end, uint8_t kind)
{
	uint64_t names = load64(code + w->layout.code.localsplusnames);
	uint64_t count, start;

	if (!is_tuple(w, tuple))
		return;
	count = load64(tuple + w->layout.var.size);
	if (end > MAX_LOCALS || count > end)
		return;
	start = end - count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t name = blob_tuple_name(w, names, (uint32_t)start + i);

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
		name_items(w, closure, code, load32(code + w->layout.code.nlocalsplus), LG_REF_CELL);
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
		FIELD(filename, NAME_CO_FILENAME),
		FIELD(name, NAME_CO_NAME),
		FIELD(qualname, NAME_CO_QUALNAME),
		FIELD(linetable, NAME_CO_LINETABLE),
		FIELD(cached_code, NAME_CO_CODE),
#undef FIELD
	};

	for (uint32_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		uint32_t offset = *(const uint32_t *)((const char *)&w->layout + fields[i].at);

		if (offset != LG_NO_FIELD)
			refer_field(w, code + offset, LG_REF_OTHER,
				    blob_fixed_name(w, (enum fixed_name)fields[i].name));
	}
	cached_attributes(w, code);
}

/* A frame's word, which may be tagged. */
static void slot_hint(struct lg_walker *w, uint64_t slot, uint8_t kind, uint32_t name)
{
	uint64_t target = frame_reference(w, load64(slot));

	if (target)
		blob_hint(w, target, kind, name);
}

/* How many words of variables and stack are in use; none or wild where it runs. */
static int64_t words_in_use(const struct lg_walker *w, uint64_t frame)
{
	uint64_t first = frame + w->layout.frame.localsplus;

	if (w->layout.frame.stackpointer)
		return (int64_t)(load64(frame + w->layout.frame.stackpointer) - first) / 8;
	return (int32_t)load32(frame + w->layout.frame.stacktop);
}

/* What lies on top of the stack is awaited: then it is named so. */
static void local_hints(struct lg_walker *w, uint64_t frame, bool awaits)
{
	uint64_t code = frame_reference(w, load64(frame + w->layout.frame.code));
	int64_t top = words_in_use(w, frame);
	uint64_t names, kinds, named;

	if (!code || top <= 0 || top > MAX_LOCALS)
		return;
	names = load64(code + w->layout.code.localsplusnames);
	kinds = load64(code + w->layout.code.localspluskinds);
	named = load32(code + w->layout.code.nlocalsplus);
	for (uint32_t i = 0; i < (uint32_t)top; i++) {
		uint64_t slot = frame + w->layout.frame.localsplus + 8ull * i;
		uint8_t kind = LG_REF_LOCAL;

		if (i >= named) {
			bool awaited = awaits && i + 1 == (uint32_t)top;

			slot_hint(w, slot, LG_REF_OTHER,
				  blob_fixed_name(w, awaited ? NAME_AWAITS : NAME_STACK));
			continue;
		}
		if (load8(kinds + w->library.bytes.data + i) & w->layout.code.kind_free)
			kind = LG_REF_CELL;
		slot_hint(w, slot, kind, blob_tuple_name(w, names, i));
	}
}

/* In the order of _PyFrame_Traverse. */
static void frame_hints(struct lg_walker *w, uint64_t frame, bool awaits)
{
	hint_field(w, frame + w->layout.frame.frame_obj, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_FRAME));
	hint_field(w, frame + w->layout.frame.locals, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_LOCALS));
	slot_hint(w, frame + w->layout.frame.func, LG_REF_OTHER, blob_fixed_name(w, NAME_F_FUNC));
	slot_hint(w, frame + w->layout.frame.code, LG_REF_OTHER, blob_fixed_name(w, NAME_CODE));
	local_hints(w, frame, awaits);
}

void blob_frame_hints(struct lg_walker *w, uint64_t object)
{
	uint64_t frame = load64(object + w->layout.frame_object.frame);

	hint_field(w, object + w->layout.frame_object.back, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_BACK));
	hint_field(w, object + w->layout.frame_object.trace, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_TRACE));
	if (frame && load8(frame + w->layout.frame.owner) == w->layout.frame.owner_frame_object)
		frame_hints(w, frame, false);
}

#define INSTRUCTION_BYTES 2 /* operation and argument */

/* Does a suspended generator wait for another awaitable, as _PyGen_yf has it? */
static bool is_awaiting(const struct lg_walker *w, uint64_t frame, int8_t state)
{
	uint64_t next;
	uint8_t opcode;

	if (w->layout.generator.frame_awaits)
		return state == w->layout.generator.frame_awaits;
	next = load64(frame + w->layout.frame.prev_instr) + INSTRUCTION_BYTES;
	opcode = load8(next);
	return (opcode == w->layout.generator.resume_opcode[0] ||
		opcode == w->layout.generator.resume_opcode[1]) &&
	       load8(next + 1) >= w->layout.generator.resume_awaits;
}

static uint32_t awaited(struct lg_walker *w, uint64_t frame)
{
	int64_t top = words_in_use(w, frame);
	uint64_t target;

	if (top <= 0 || top > MAX_LOCALS)
		return 0;
	target = frame_reference(w, load64(frame + w->layout.frame.localsplus +
					   8ull * (uint64_t)(top - 1)));
	return target ? blob_meet(w, target) : 0;
}

static void suspended(struct lg_walker *w, uint64_t frame, bool awaits)
{
	struct lg_walker_suspended row = {
		.code = frame_reference(w, load64(frame + w->layout.frame.code)),
		.prev_instr = load64(frame + w->layout.frame.prev_instr),
		.object = (uint32_t)(w->first_number + w->current),
		.awaits = awaits ? awaited(w, frame) : 0,
	}, *to;

	if (w->retries)
		return;
	to = blob_row(w, LG_WALKER_SUSPENDED, sizeof *to);
	*to = row;
	barrier();
	w->column[LG_WALKER_SUSPENDED].count++;
}

/* In the order of gen_traverse. */
void blob_generator_hints(struct lg_walker *w, uint64_t generator)
{
	uint64_t frame = generator + w->layout.generator.iframe;
	int8_t state = (int8_t)load8(generator + w->layout.generator.frame_state);
	bool awaits = state < 0 && is_awaiting(w, frame, state);

	if (w->layout.generator.code != LG_NO_FIELD)
		hint_field(w, generator + w->layout.generator.code, LG_REF_OTHER,
			   blob_fixed_name(w, NAME_CODE));
	hint_field(w, generator + w->layout.generator.name, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_NAME));
	hint_field(w, generator + w->layout.generator.qualname, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_QUALNAME));
	if (state < w->layout.generator.frame_completed) {
		frame_hints(w, frame, awaits);
		if (state < 0)
			suspended(w, frame, awaits);
	}
	hint_field(w, generator + w->library.generator.exc_value, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_EXCEPTION));
}
