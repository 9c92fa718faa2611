/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/collect.h"
#include "cpython/object.h"

/* Of all threads of the process together: a recursion that is really deeper is cut. */
#define MAX_FRAMES 1000000
#define MAX_STACK_SIZE 65536 /* words of an evaluation stack that are read */
#define MAX_HEAD_BYTES 512   /* of a frame, before its variables */

/* The innermost frame stands in the thread state, or in a structure on the C stack to which that points. */
static uint64_t innermost_frame(const struct lg_python *python, uint64_t state)
{
	const struct lg_layout *l = python->layout;
	uint64_t cframe = lg_peek(python, state + l->thread.cframe);

	if (l->cframe.current_frame == LG_NO_FIELD)
		return cframe;
	return cframe ? lg_peek(python, cframe + l->cframe.current_frame) : 0;
}

/* What a word of a frame refers to; 0 where it is no reference. */
static uint64_t object_of(const struct lg_layout *l, uint64_t word)
{
	if (l->frame.tag_bits && (word & l->frame.tag_bits) == l->frame.tag_number)
		return 0;
	return word & ~(uint64_t)l->frame.tag_bits;
}

/*
 * A reference borrowed from a caller's variable, which counts in no refcount.
 * Those to objects that never die look the same.
 */
static bool is_borrowed(const struct lg_python *python, uint64_t word)
{
	const struct lg_layout *l = python->layout;

	return l->frame.tag_bits && (word & l->frame.tag_bits) == l->frame.tag_borrowed &&
	       lg_python_refcount(python, object_of(l, word)) < l->object.immortal_refcount;
}

/* -1 where it is not stored. */
static int32_t stack_top(const struct lg_layout *l, const uint8_t *head, uint64_t frame)
{
	uint64_t pointer, words;
	int32_t top;

	if (!l->frame.stackpointer) {
		memcpy(&top, head + l->frame.stacktop, sizeof top);
		return top;
	}
	memcpy(&pointer, head + l->frame.stackpointer, sizeof pointer);
	words = (pointer - frame - l->frame.localsplus) / LG_WORD_BYTES;
	return words <= LG_MAX_LOCALS + MAX_STACK_SIZE ? (int32_t)words : -1;
}

/* A frame's fields, read at once. */
struct fields {
	uint64_t func, code; /* words that may be tagged */
	uint64_t locals, frame_object, previous, instruction, generator;
	int32_t stack_top; /* -1 while the frame runs: how deep its stack is, only the CPU knows */
	uint8_t owner;
};

static uint64_t word_of(const uint8_t *head, uint32_t offset)
{
	uint64_t word;

	memcpy(&word, head + offset, sizeof word);
	return word;
}

static uint32_t half_word_of(const uint8_t *head, uint32_t offset)
{
	uint32_t half;

	memcpy(&half, head + offset, sizeof half);
	return half;
}

static enum lg_status read_fields(const struct lg_python *python, uint64_t frame,
				  struct fields *out, struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint8_t head[MAX_HEAD_BYTES];
	enum lg_status status;

	if (l->frame.localsplus > sizeof head)
		return lg_fail(err, LG_E_INTERNAL, "frame head of %u bytes", l->frame.localsplus);
	status = lg_memory_read(python->memory, frame, head, l->frame.localsplus, err);
	if (status != LG_OK)
		return status;
	out->code = word_of(head, l->frame.code);
	out->previous = word_of(head, l->frame.previous);
	if (l->frame.is_object) {
		out->generator = word_of(head, l->frame.generator);
		out->instruction = half_word_of(head, l->frame.last_instr);
		return LG_OK;
	}
	out->func = word_of(head, l->frame.func);
	out->locals = word_of(head, l->frame.locals);
	out->frame_object = word_of(head, l->frame.frame_obj);
	out->instruction = word_of(head, l->frame.prev_instr);
	out->stack_top = stack_top(l, head, frame);
	out->owner = head[l->frame.owner];
	return LG_OK;
}

/* The code object, from the cache or read into it. */
static enum lg_status find_code(struct lg_collector *c, uint64_t code,
				const struct lg_code_info **out, struct lg_error *err)
{
	struct lg_code_info *slot = &c->code[(code >> 4 ^ code >> 12) & (LG_CODE_CACHE - 1)];

	*out = slot;
	if (slot->code == code)
		return LG_OK;
	lg_code_info_free(slot);
	return lg_code_info_load(c->python, code, c->strings, slot, err);
}

static const char stack_name[] = "evaluation stack";

static enum lg_status hold_word(struct lg_collector *c, uint32_t frame, uint64_t word,
				enum lg_ref_kind kind, uint32_t name, struct lg_error *err)
{
	uint64_t object = object_of(c->python->layout, word);

	if (!object)
		return LG_OK;
	return lg_collect_held(c, frame, object, is_borrowed(c->python, word) ? LG_REF_WEAK : kind,
			       name, err);
}

static enum lg_status hold(struct lg_collector *c, uint32_t frame, uint64_t word, const char *name,
			   struct lg_error *err)
{
	uint32_t string;
	enum lg_status status;

	if (!word)
		return LG_OK;
	status = lg_intern_add(c->strings, name, strlen(name), &string, err);
	if (status != LG_OK)
		return status;
	return hold_word(c, frame, word, LG_REF_OTHER, string, err);
}

static enum lg_status hold_specials(struct lg_collector *c, uint32_t frame,
				    const struct fields *fields, struct lg_error *err)
{
	enum lg_status status = hold(c, frame, fields->func, "function", err);

	if (status == LG_OK)
		status = hold(c, frame, fields->code, "code", err);
	if (status == LG_OK)
		status = hold(c, frame, fields->locals, "locals", err);
	if (status == LG_OK)
		status = hold(c, frame, fields->frame_object, "frame object", err);
	return status;
}

static enum lg_status hold_locals(struct lg_collector *c, uint32_t frame,
				  const struct lg_code_info *code, const uint64_t *values,
				  struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	enum lg_status status = LG_OK;

	for (uint32_t i = 0; i < code->local_count && status == LG_OK; i++) {
		bool cell = code->local_kind[i] & (l->code.kind_cell | l->code.kind_free);

		status = hold_word(c, frame, values[i], cell ? LG_REF_CELL : LG_REF_LOCAL,
				   code->local_name[i], err);
	}
	return status;
}

/* By the stack of the frame that was found last. */
static enum lg_status maybe_hold(struct lg_collector *c, uint64_t word, struct lg_error *err)
{
	uint64_t object = object_of(c->python->layout, word);
	struct lg_root_set *set = c->out;
	enum lg_status status;

	if (is_borrowed(c->python, word) || !lg_python_is_object(c->python, object))
		return LG_OK;
	status = lg_intern_add(c->strings, stack_name, sizeof stack_name - 1, &set->maybe_name, err);
	if (status != LG_OK)
		return status;
	if (!lg_reserve(set->maybe, set->maybe_capacity, set->maybe_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for evaluation stacks");
	set->maybe[set->maybe_count++] =
		(struct lg_maybe_held){ .frame = set->frame_count - 1, .address = object };
	return LG_OK;
}

static enum lg_status hold_stack(struct lg_collector *c, uint32_t frame,
				 const struct fields *fields, const struct lg_code_info *code,
				 const uint64_t *words, struct lg_error *err)
{
	bool known = fields->stack_top >= 0;
	uint64_t count = code->stack_size;
	enum lg_status status = LG_OK;

	if (known) {
		uint64_t top = (uint64_t)fields->stack_top;

		count = top > code->local_count ? top - code->local_count : 0;
		if (count > code->stack_size)
			count = code->stack_size;
	}
	for (uint64_t i = 0; i < count && status == LG_OK; i++) {
		if (!words[i])
			continue;
		status = known ? hold(c, frame, words[i], stack_name, err)
			       : maybe_hold(c, words[i], err);
	}
	return status;
}

/*
 * Variables and stack lie behind the frame's head in one piece. A chunk of
 * frames may end before the stack's full size: then only variables are read.
 */
static enum lg_status hold_values(struct lg_collector *c, uint32_t frame, uint64_t address,
				  const struct fields *fields, const struct lg_code_info *code,
				  struct lg_error *err)
{
	uint64_t start = address + c->python->layout->frame.localsplus;
	uint64_t locals = code->local_count;
	uint64_t stack = code->stack_size > MAX_STACK_SIZE ? 0 : code->stack_size;
	lg_cleanup(lg_free) uint64_t *words = lg_alloc_zero(locals + stack, sizeof *words);
	struct lg_error ignored;
	enum lg_status status;

	if (!words)
		return lg_fail(err, LG_E_MEMORY, "no memory for the values of a frame");
	if (lg_memory_read(c->python->memory, start, words, (locals + stack) * LG_WORD_BYTES,
			   &ignored) != LG_OK) {
		stack = 0;
		if (lg_memory_read(c->python->memory, start, words, locals * LG_WORD_BYTES,
				   &ignored) != LG_OK)
			return LG_OK;
	}
	status = hold_locals(c, frame, code, words, err);
	if (status == LG_OK && stack)
		status = hold_stack(c, frame, fields, code, words + locals, err);
	return status;
}

/*
 * A generator's own tp_traverse gives what its frame holds: all of it while its
 * stack's depth is stored, all but the values while it runs.
 */
static enum lg_status hold_all(struct lg_collector *c, uint32_t frame, uint64_t address,
			       const struct fields *fields, const struct lg_code_info *code,
			       struct lg_error *err)
{
	bool generator = fields->owner == c->python->layout->frame.owner_generator;
	enum lg_status status = LG_OK;

	if (!generator)
		status = hold_specials(c, frame, fields, err);
	if (status == LG_OK && (!generator || fields->stack_top < 0))
		status = hold_values(c, frame, address, fields, code, err);
	return status;
}

static struct lg_frame frame_row(const struct lg_collector *c, uint32_t thread, uint32_t depth,
				 const struct fields *fields, const struct lg_code_info *code)
{
	return (struct lg_frame){
		.thread = thread,
		.object = LG_NONE,
		.function = code->function,
		.file = code->file,
		.line = lg_code_info_line(c->python, code, fields->instruction),
		.depth = depth,
	};
}

static enum lg_status collect_frame(struct lg_collector *c, uint32_t thread, uint64_t address,
				    uint32_t depth, const struct fields *fields,
				    struct lg_error *err)
{
	const struct lg_code_info *code;
	struct lg_pseudo pseudo = { .address = address };
	uint32_t index;
	enum lg_status status =
		find_code(c, object_of(c->python->layout, fields->code), &code, err);

	if (status != LG_OK)
		return status;
	pseudo.frame = frame_row(c, thread, depth, fields, code);
	status = lg_collect_pseudo(c, &pseudo, &index, err);
	if (status != LG_OK)
		return status;
	c->out->frame_count++;
	return hold_all(c, index, address, fields, code, err);
}

/* The words of the evaluation stack of a frame object, which runs. */
static enum lg_status maybe_hold_stack(struct lg_collector *c, uint64_t frame,
				       const struct lg_code_info *code, struct lg_error *err)
{
	uint64_t at = frame + c->python->layout->frame.localsplus +
		      (uint64_t)code->local_count * LG_WORD_BYTES;
	uint32_t count = code->stack_size > MAX_STACK_SIZE ? 0 : code->stack_size;
	lg_cleanup(lg_free) uint64_t *words = lg_alloc(count, sizeof *words);
	struct lg_error ignored;
	enum lg_status status = LG_OK;

	if (!words)
		return lg_fail(err, LG_E_MEMORY, "no memory for the values of a frame");
	if (lg_memory_read(c->python->memory, at, words, count * LG_WORD_BYTES, &ignored) != LG_OK)
		return LG_OK;
	for (uint32_t i = 0; i < count && status == LG_OK; i++)
		if (words[i])
			status = maybe_hold(c, words[i], err);
	return status;
}

static enum lg_status collect_object_frame(struct lg_collector *c, uint32_t thread, uint64_t address,
					   uint32_t depth, const struct fields *fields,
					   struct lg_error *err)
{
	struct lg_root_set *set = c->out;
	const struct lg_code_info *code;
	struct lg_object_frame frame = { .held = set->held_count };
	enum lg_status status;

	if (!lg_python_is_family(c->python, address, LG_FAMILY_FRAME))
		return lg_fail(err, LG_E_UNREADABLE, "no frame at 0x%" PRIx64, address);
	status = find_code(c, fields->code, &code, err);
	if (status == LG_OK)
		status = lg_collect_held(c, thread, fields->generator ? fields->generator : address,
					 LG_REF_FRAME, code->function, err);
	if (status != LG_OK || set->held_count == frame.held)
		return status;
	frame.frame = frame_row(c, thread, depth, fields, code);
	if (!lg_reserve(set->object_frame, set->object_frame_capacity, set->object_frame_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for frames");
	set->object_frame[set->object_frame_count++] = frame;
	set->frame_count++;
	return maybe_hold_stack(c, address, code, err);
}

enum lg_status lg_collect_frames(struct lg_collector *c, uint32_t thread, uint64_t state,
				 struct lg_error *err)
{
	const struct lg_layout *l = c->python->layout;
	uint64_t frame = innermost_frame(c->python, state), mark = frame;
	enum lg_status status = LG_OK;

	for (uint32_t depth = 0, i = 0; frame && status == LG_OK; i++) {
		struct fields fields = { 0 };
		struct lg_error ignored;

		/* What is no frame ends the chain: there is nothing behind it to trust. */
		if (c->out->frame_count >= MAX_FRAMES || frame % LG_WORD_BYTES ||
		    read_fields(c->python, frame, &fields, &ignored) != LG_OK)
			break;
		if (l->frame.is_object)
			status = collect_object_frame(c, thread, frame, depth++, &fields, err);
		else if (fields.owner < l->frame.owner_c_stack)
			status = collect_frame(c, thread, frame, depth++, &fields, err);
		if (status == LG_E_UNREADABLE)
			return LG_OK;
		frame = fields.previous;
		/* Brent: a chain that bites its tail comes by the mark. */
		if (frame == mark)
			break;
		if ((i & (i + 1)) == 0)
			mark = frame;
	}
	return status;
}
