/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * Frames, which are structures of their own or Python objects; generators,
 * which have theirs inside or refer to one; and greenlets, which have a chain.
 */

/* Who gives what a frame refers to: the tp_traverse of the object at hand, or nobody but us. */
enum giver { TRAVERSED = 0, OWNED };

static void give(struct lg_walker *w, enum giver giver, uint64_t target, uint8_t kind, uint32_t name)
{
	if (giver == OWNED)
		blob_owned_hint(w, target, kind, name);
	else if (target)
		blob_hint(w, target, kind, name);
}

/* Borrowed from a caller's variable: it counts in no refcount. What never dies looks the same. */
static bool is_borrowed(const struct lg_walker *w, uint64_t word)
{
	return w->layout.frame.tag_bits &&
	       (word & w->layout.frame.tag_bits) == w->layout.frame.tag_borrowed &&
	       refcount_of(w, frame_reference(w, word)) < w->layout.object.immortal_refcount;
}

/* A frame's word, which may be tagged. */
static void slot_hint(struct lg_walker *w, enum giver giver, uint64_t slot, uint8_t kind, uint32_t name)
{
	uint64_t word = load64(slot), target = frame_reference(w, word);

	if (target && giver == OWNED && is_borrowed(w, word))
		kind = LG_REF_WEAK;
	give(w, giver, target, kind, name);
}

static void field_hint(struct lg_walker *w, enum giver giver, uint64_t field, enum fixed_name name)
{
	give(w, giver, load64(field), LG_REF_OTHER, blob_fixed_name(w, name));
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

/* Of variables and stack what is given: of one that runs the variables, but not by a generator's tp_traverse. */
static uint64_t given_values(const struct lg_walker *w, enum giver giver, uint64_t frame, uint64_t named)
{
	int64_t depth = stack_depth(w, frame, named);

	if (depth < 0)
		return w->layout.frame.is_object || giver == OWNED ? named : 0;
	return depth > MAX_LOCALS ? 0 : named + (uint64_t)depth;
}

/* What lies on top of the stack, or below what belongs to it, is awaited: then it is named so. */
static void local_hints(struct lg_walker *w, enum giver giver, uint64_t frame, bool awaits)
{
	uint64_t code = code_of(w, frame), named, count, awaited;

	if (!code)
		return;
	named = blob_variable_count(w, code);
	count = given_values(w, giver, frame, named);
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
		slot_hint(w, giver, slot, kind, name);
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
static void frame_hints(struct lg_walker *w, enum giver giver, uint64_t frame, bool awaits)
{
	field_hint(w, giver, frame + w->layout.frame.frame_obj, NAME_FRAME);
	field_hint(w, giver, frame + w->layout.frame.locals, NAME_F_LOCALS);
	slot_hint(w, giver, frame + w->layout.frame.func, LG_REF_OTHER,
		  blob_fixed_name(w, NAME_F_FUNC));
	slot_hint(w, giver, frame + w->layout.frame.code, LG_REF_OTHER,
		  blob_fixed_name(w, NAME_CODE));
	local_hints(w, giver, frame, awaits);
}

/* In the order of frame_traverse, where the object is the frame. */
static void object_hints(struct lg_walker *w, uint64_t frame)
{
	field_hint(w, TRAVERSED, frame + w->layout.frame.code, NAME_CODE);
	field_hint(w, TRAVERSED, frame + w->layout.frame.builtins, NAME_F_BUILTINS);
	field_hint(w, TRAVERSED, frame + w->layout.frame.globals, NAME_F_GLOBALS);
	field_hint(w, TRAVERSED, frame + w->layout.frame.locals, NAME_F_LOCALS);
	local_hints(w, TRAVERSED, frame, stack_depth(w, frame, 0) > 0 && is_awaiting(w, frame, 0));
}

void blob_frame_hints(struct lg_walker *w, uint64_t object)
{
	uint64_t frame;

	field_hint(w, TRAVERSED, object + w->layout.frame_object.back, NAME_F_BACK);
	field_hint(w, TRAVERSED, object + w->layout.frame_object.trace, NAME_F_TRACE);
	if (w->layout.frame.is_object) {
		object_hints(w, object);
		return;
	}
	frame = load64(object + w->layout.frame_object.frame);
	if (frame && load8(frame + w->layout.frame.owner) == w->layout.frame.owner_frame_object)
		frame_hints(w, TRAVERSED, frame, false);
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
	frame_hints(w, TRAVERSED, frame, awaits);
	if (is_suspended)
		suspended(w, frame, awaits);
}

/* In the order of gen_traverse. */
void blob_generator_hints(struct lg_walker *w, uint64_t generator)
{
	if (w->layout.generator.code != LG_NO_FIELD)
		field_hint(w, TRAVERSED, generator + w->layout.generator.code, NAME_CODE);
	blob_owned_hint(w, load64(generator + w->layout.generator.name), LG_REF_OTHER,
			blob_fixed_name(w, NAME_NAME));
	blob_owned_hint(w, load64(generator + w->layout.generator.qualname), LG_REF_OTHER,
			blob_fixed_name(w, NAME_QUALNAME));
	if (w->layout.generator.frame)
		frame_hint(w, generator);
	else
		inner_frame_hints(w, generator);
	for (uint32_t i = 0; i < w->library.generator.exc_count; i++)
		field_hint(w, TRAVERSED, generator + w->library.generator.exc_value + 8ull * i, NAME_EXCEPTION);
}

static bool is_frame_object(struct lg_walker *w, uint64_t word)
{
	const struct record *record;
	uint64_t type;

	if (!plausible(word) || !blob_is_readable(w, word, w->layout.object.type + 8))
		return false;
	type = load64(word + w->layout.object.type);
	if (!plausible(type) || !blob_is_readable(w, type, w->layout.type.basicsize + 8))
		return false;
	record = type_of(w, type);
	return record && record->label_rule == LG_LABEL_FRAME;
}

/*
 * Where a greenlet keeps the frame object at which it was left; 0 where it runs,
 * has ended or not begun. It is in the greenlet, or in a structure of C++ that
 * belongs to it, which has a word more in some releases.
 */
static uint64_t left_at(struct lg_walker *w, uint64_t greenlet, const struct record *record)
{
	uint64_t in = record->at[0] ? load64(greenlet + record->at[0]) : greenlet;

	if (!in)
		return 0;
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t at = in + record->at[1] + 8 * i;

		if (is_frame_object(w, load64(at)))
			return at;
	}
	return 0;
}

static void add_stack(struct lg_walker *w, uint64_t start, uint64_t bytes, bool is_c)
{
	struct lg_walker_stack row = {
		.start = start,
		.bytes = bytes,
		.object = (uint32_t)(w->first_number + w->current),
		.is_c = is_c,
	}, *to;

	if (!bytes || w->retries)
		return;
	to = blob_row(w, LG_WALKER_STACKS, sizeof *to);
	*to = row;
	barrier();
	w->column[LG_WALKER_STACKS].count++;
}

/* A frame that called C: which words of its evaluation stack are in use, only that knows. */
static void add_values(struct lg_walker *w, uint64_t frame)
{
	uint64_t code = code_of(w, frame), named, words;

	if (!code || stack_depth(w, frame, 0) >= 0)
		return;
	named = blob_variable_count(w, code);
	words = load32(code + w->layout.code.stacksize);
	if (words <= MAX_LOCALS)
		add_stack(w, frame + w->layout.frame.localsplus + 8 * named, 8 * words, false);
}

/* All but what a generator's tp_traverse gives, as of a thread's frames. */
static void greenlet_frame_hints(struct lg_walker *w, uint64_t frame)
{
	if (w->layout.frame.is_object)
		blob_owned_hint(w, frame, LG_REF_OTHER, blob_fixed_name(w, NAME_FRAME));
	else if (load8(frame + w->layout.frame.owner) >= w->layout.frame.owner_c_stack)
		return;
	else if (load8(frame + w->layout.frame.owner) != w->layout.frame.owner_generator)
		frame_hints(w, OWNED, frame, false);
	else if (stack_depth(w, frame, 0) < 0)
		local_hints(w, OWNED, frame, false);
	add_values(w, frame);
}

/*
 * What a greenlet's frames hold is the greenlet's while it is switched away
 * from, though its tp_traverse leaves them out.
 */
void blob_greenlet_hints(struct lg_walker *w, uint64_t greenlet, const struct record *record)
{
	uint64_t at = left_at(w, greenlet, record), copy, frame;

	if (!at)
		return;
	frame = load64(at);
	if (!w->layout.frame.is_object)
		frame = load64(frame + w->layout.frame_object.frame);
	suspended(w, frame, false);
	for (uint32_t i = 0; frame && i < MAX_GREENLET_FRAMES; i++) {
		greenlet_frame_hints(w, frame);
		frame = load64(frame + w->layout.frame.previous);
	}
	copy = load64(at - record->at[2]);
	if (copy)
		add_stack(w, copy, load64(at - record->at[2] + 8), true);
}
