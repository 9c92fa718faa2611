/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * Frames, which are structures of their own or Python objects, and generators,
 * which have theirs inside or refer to one.
 */

/* A frame's word, which may be tagged. */
static void slot_hint(struct lg_walker *w, uint64_t slot, uint8_t kind, uint32_t name)
{
	uint64_t target = frame_reference(w, load64(slot));

	if (target)
		blob_hint(w, target, kind, name);
}

static uint64_t code_of(const struct lg_walker *w, uint64_t frame)
{
	return frame_reference(w, load64(frame + w->layout.frame.code));
}

/* How many words a frame's evaluation stack has; negative where only the CPU knows. */
static int64_t stack_depth(const struct lg_walker *w, uint64_t frame, uint64_t named)
{
	uint64_t field = frame + w->layout.frame.stacktop, top;
	uint64_t first = frame + w->layout.frame.localsplus;
	int32_t count;

	if (w->layout.frame.stackpointer)
		return (int64_t)(load64(frame + w->layout.frame.stackpointer) - first) / 8 -
		       (int64_t)named;
	if (w->layout.frame.stack_form == LG_STACK_POINTER) {
		top = load64(field);
		return top ? (int64_t)(top - load64(frame + w->layout.frame.valuestack)) / 8 : -1;
	}
	count = (int32_t)load32(field);
	if (count < 0 || w->layout.frame.stack_form == LG_STACK_COUNT)
		return count;
	return count - (int64_t)named;
}

/* Of variables and stack what tp_traverse gives: a frame object's gives the variables while it runs, too. */
static uint64_t traversed_values(const struct lg_walker *w, uint64_t frame, uint64_t named)
{
	int64_t depth = stack_depth(w, frame, named);

	if (depth < 0)
		return w->layout.frame.is_object ? named : 0;
	return depth > MAX_LOCALS ? 0 : named + (uint64_t)depth;
}

/* What lies on top of the stack, or below what belongs to it, is awaited: then it is named so. */
static void local_hints(struct lg_walker *w, uint64_t frame, bool awaits)
{
	uint64_t code = code_of(w, frame), named, count, awaited;

	if (!code)
		return;
	named = blob_variable_count(w, code);
	count = traversed_values(w, frame, named);
	if (count > MAX_LOCALS)
		return;
	awaited = awaits ? count - 1 - w->layout.generator.above_awaited : UINT64_MAX;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t slot = frame + w->layout.frame.localsplus + 8 * i;
		uint8_t kind = LG_REF_OTHER;
		uint32_t name = 0;

		if (i < named)
			name = blob_variable(w, code, i, &kind);
		else
			name = blob_fixed_name(w, i == awaited ? NAME_AWAITS : NAME_STACK);
		slot_hint(w, slot, kind, name);
	}
}

#define INSTRUCTION_BYTES 2 /* operation and argument */

/* Where a frame stands that does not run, as lg_code_info_line() wants it. */
static uint64_t instruction_of(const struct lg_walker *w, uint64_t frame)
{
	if (w->layout.frame.last_instr)
		return load32(frame + w->layout.frame.last_instr);
	return load64(frame + w->layout.frame.prev_instr);
}

/* The address of the instruction that comes next; 0 where none was yet. */
static uint64_t next_instruction(const struct lg_walker *w, uint64_t frame)
{
	uint64_t last = instruction_of(w, frame), bytes;

	if (!w->layout.frame.last_instr)
		return last + INSTRUCTION_BYTES;
	if ((int32_t)last < 0)
		return 0;
	bytes = load64(code_of(w, frame) + w->layout.code.cached_code);
	return bytes + w->library.bytes.data + last * w->layout.frame.last_instr_bytes +
	       INSTRUCTION_BYTES;
}

/* Does a suspended generator wait for another awaitable, as _PyGen_yf has it? */
static bool is_awaiting(const struct lg_walker *w, uint64_t frame, int8_t state)
{
	uint64_t next;
	uint8_t opcode;

	if (w->layout.generator.frame_awaits)
		return state == w->layout.generator.frame_awaits;
	next = next_instruction(w, frame);
	if (!next)
		return false;
	opcode = load8(next);
	return (opcode == w->layout.generator.resume_opcode[0] ||
		opcode == w->layout.generator.resume_opcode[1]) &&
	       load8(next + 1) >= w->layout.generator.resume_awaits;
}

/* What it waits for lies on top of its stack, or nearly so. */
static uint32_t awaited(struct lg_walker *w, uint64_t frame)
{
	uint64_t named = blob_variable_count(w, code_of(w, frame)), target;
	int64_t depth = stack_depth(w, frame, named) - w->layout.generator.above_awaited;

	if (depth <= 0 || depth > MAX_LOCALS)
		return 0;
	target = frame_reference(w, load64(frame + w->layout.frame.localsplus +
					   8 * (named + (uint64_t)depth - 1)));
	return target ? blob_meet(w, target) : 0;
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

/* In the order of frame_traverse, where the object is the frame. */
static void object_hints(struct lg_walker *w, uint64_t frame)
{
	hint_field(w, frame + w->layout.frame.code, LG_REF_OTHER, blob_fixed_name(w, NAME_CODE));
	hint_field(w, frame + w->layout.frame.builtins, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_BUILTINS));
	hint_field(w, frame + w->layout.frame.globals, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_GLOBALS));
	hint_field(w, frame + w->layout.frame.locals, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_LOCALS));
	local_hints(w, frame, stack_depth(w, frame, 0) > 0 && is_awaiting(w, frame, 0));
}

void blob_frame_hints(struct lg_walker *w, uint64_t object)
{
	uint64_t frame;

	hint_field(w, object + w->layout.frame_object.back, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_BACK));
	hint_field(w, object + w->layout.frame_object.trace, LG_REF_OTHER,
		   blob_fixed_name(w, NAME_F_TRACE));
	if (w->layout.frame.is_object) {
		object_hints(w, object);
		return;
	}
	frame = load64(object + w->layout.frame_object.frame);
	if (frame && load8(frame + w->layout.frame.owner) == w->layout.frame.owner_frame_object)
		frame_hints(w, frame, false);
}

static void suspended(struct lg_walker *w, uint64_t frame, bool awaits)
{
	struct lg_walker_suspended row = {
		.code = code_of(w, frame),
		.instruction = instruction_of(w, frame),
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

/* The frame of a generator that is an object, until the generator has ended. */
static void frame_hint(struct lg_walker *w, uint64_t generator)
{
	uint64_t frame = load64(generator + w->layout.generator.frame);

	if (!frame)
		return;
	blob_hint(w, frame, LG_REF_OTHER, blob_fixed_name(w, NAME_FRAME));
	if (stack_depth(w, frame, 0) >= 0)
		suspended(w, frame, is_awaiting(w, frame, 0));
}

/* Of the frame that lies in the generator. */
static void inner_frame_hints(struct lg_walker *w, uint64_t generator)
{
	uint64_t frame = generator + w->layout.generator.iframe;
	int8_t state = (int8_t)load8(generator + w->layout.generator.frame_state);
	bool is_suspended = state < w->layout.generator.frame_running;
	bool awaits = is_suspended && is_awaiting(w, frame, state);

	if (state >= w->layout.generator.frame_completed)
		return;
	frame_hints(w, frame, awaits);
	if (is_suspended)
		suspended(w, frame, awaits);
}

/* In the order of gen_traverse. */
void blob_generator_hints(struct lg_walker *w, uint64_t generator)
{
	if (w->layout.generator.code != LG_NO_FIELD)
		hint_field(w, generator + w->layout.generator.code, LG_REF_OTHER,
			   blob_fixed_name(w, NAME_CODE));
	blob_owned_hint(w, load64(generator + w->layout.generator.name), LG_REF_OTHER,
			blob_fixed_name(w, NAME_NAME));
	blob_owned_hint(w, load64(generator + w->layout.generator.qualname), LG_REF_OTHER,
			blob_fixed_name(w, NAME_QUALNAME));
	if (w->layout.generator.frame)
		frame_hint(w, generator);
	else
		inner_frame_hints(w, generator);
	for (uint32_t i = 0; i < w->library.generator.exc_count; i++)
		hint_field(w, generator + w->library.generator.exc_value + 8ull * i, LG_REF_OTHER,
			   blob_fixed_name(w, NAME_EXCEPTION));
}
