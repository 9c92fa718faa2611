/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/cut_rule.h"
#include "base/array.h"
#include "base/text.h"

/* What the objects of a type are to a cut. */
enum part {
	PART_CHOICE,   /* their references are somebody's decision */
	PART_EXPECTED, /* lives on, as a module or a function does: nobody cuts a reference to it */
	PART_TASK,     /* and what it refers to is its own */
	PART_CACHE,    /* functools.lru_cache: a function, but its cache can be cleared */
	PART_FROZEN,   /* its items are what it is: a tuple, a frozenset */
};

enum { ENTRIES = 1 }; /* the place of all items and keys of a holder */

static enum part part_of_type(const struct lg_analysis *analysis, uint32_t type)
{
	const struct lg_snapshot *s = analysis->snapshot;
	struct lg_text module = lg_snapshot_string(s, s->types[type].module);
	struct lg_text name = lg_snapshot_string(s, s->types[type].name);

	if (lg_type_is_expected(analysis, type))
		return PART_EXPECTED;
	if (lg_text_is(module, "functools") && lg_text_is(name, "_lru_cache_wrapper"))
		return PART_CACHE;
	if (analysis->type_plain[type] && (lg_text_is(name, "tuple") || lg_text_is(name, "frozenset")))
		return PART_FROZEN;
	return PART_CHOICE;
}

static bool map_frames(struct lg_cut_names *names)
{
	const struct lg_snapshot *s = names->analysis->snapshot;

	for (uint32_t i = 0; i < s->frame_count; i++)
		if (s->frames[i].thread != LG_NONE &&
		    !lg_word_map_set(&names->frame, s->frames[i].object, i))
			return false;
	return true;
}

static bool map_copies(struct lg_cut_names *names)
{
	const struct lg_snapshot *s = names->analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		uint32_t module = s->roots[i].object, copy;

		if (s->roots[i].kind != LG_ROOT_MODULE)
			continue;
		copy = lg_analysis_module_copy(names->analysis, module);
		if (copy != LG_NONE && !lg_word_map_set(&names->module, copy, module))
			return false;
	}
	return true;
}

enum lg_status lg_cut_names_make(const struct lg_analysis *analysis, struct lg_cut_names *out,
				 struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;

	out->analysis = analysis;
	out->part = lg_alloc_zero(s->type_count, 1);
	if (!out->part)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", s->type_count);
	for (uint32_t t = 0; t < s->type_count; t++)
		out->part[t] = (uint8_t)part_of_type(analysis, t);
	for (uint32_t i = 0; i < s->task_count; i++)
		out->part[s->type[s->tasks[i].object]] = PART_TASK;
	if (!map_frames(out) || !map_copies(out))
		return lg_fail(err, LG_E_MEMORY, "no memory for %u frames and %u roots",
			       s->frame_count, s->root_count);
	return LG_OK;
}

void lg_cut_names_release(struct lg_cut_names *names)
{
	free(names->part);
	lg_word_map_free(&names->frame);
	lg_word_map_free(&names->module);
}

static enum part part_of(const struct lg_cut_names *names, uint32_t node)
{
	if (lg_bit_get(names->analysis->is_class, node))
		return PART_EXPECTED;
	return (enum part)names->part[names->analysis->snapshot->type[node]];
}

/* Does nobody cut a reference to it? */
static bool is_expected(enum part part)
{
	return part == PART_EXPECTED || part == PART_TASK || part == PART_CACHE;
}

/*
 * Structure is no choice: an instance has its class and __dict__, a task its
 * coroutine, a namespace the names in it, a tuple its items, and what a C type
 * keeps under a name of its own is a part of it.
 */
static bool is_structure(const struct lg_cut_names *names, uint32_t holder, struct lg_label label)
{
	const struct lg_analysis *analysis = names->analysis;

	switch (label.kind) {
	case LG_REF_DICT:
	case LG_REF_TYPE:
	case LG_REF_FRAME:
		return true;
	case LG_REF_DICT_KEY:
		return lg_bit_get(analysis->is_namespace, holder);
	case LG_REF_ITEM:
		return part_of(names, holder) == PART_FROZEN;
	case LG_REF_OTHER:
		return part_of(names, holder) != PART_CACHE &&
		       (label.name || (analysis->snapshot->flags[holder] & LG_OBJECT_PSEUDO));
	default:
		return part_of(names, holder) == PART_TASK;
	}
}

static uint64_t place(void *context, uint32_t holder, uint32_t reference, uint32_t target,
		      bool member)
{
	const struct lg_cut_names *names = context;
	struct lg_label label = lg_label_of(names->analysis, holder, reference);

	if (is_structure(names, holder, label) || (!member && is_expected(part_of(names, target))))
		return 0;
	if (!lg_label_is_named(label) || (label.kind == LG_REF_OTHER && !label.name))
		return ENTRIES;
	return (uint64_t)label.kind << 32 | label.name;
}

static uint64_t hash(uint64_t a, uint64_t b)
{
	return (a * 0x9e3779b97f4a7c15u ^ b) * 0xbf58476d1ce4e5b9u;
}

/*
 * Of what is fixed, frames of one function are alike, and so is what C code or
 * a table of the interpreter holds by one name. The rest, modules and classes
 * and functions, stands each for itself; a module's copy of its dict is it.
 */
static uint64_t likeness_of_fixed(const struct lg_cut_names *names, uint32_t node)
{
	const struct lg_analysis *analysis = names->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	const uint32_t *frame = lg_word_map_find(&names->frame, node);
	const uint32_t *module = lg_word_map_find(&names->module, node);
	const struct lg_root *root;

	if (module)
		node = *module;
	if (frame)
		return hash(1 + (uint64_t)s->frames[*frame].function, s->frames[*frame].file);
	if (!is_expected(part_of(names, node))) {
		root = lg_analysis_root(analysis, node);
		if (root && root->kind != LG_ROOT_MODULE && root->kind != LG_ROOT_THREAD)
			return hash((uint64_t)1 << 32 | analysis->root_alias[root - s->roots],
				    s->type[node]);
	}
	return hash((uint64_t)1 << 33, node);
}

static uint64_t likeness(void *context, uint32_t node, bool fixed)
{
	const struct lg_cut_names *names = context;
	const struct lg_frame *frame;

	if (fixed)
		return likeness_of_fixed(names, node);
	frame = lg_analysis_suspended(names->analysis, node);
	return hash(names->analysis->snapshot->type[node], frame ? 1 + (uint64_t)frame->function : 0);
}

/*
 * A reader knows names: one attribute of one object is cut most easily, the
 * entries of one container next, what many objects have last.
 */
static uint32_t burden(void *context, uint32_t holder, uint32_t reference, uint32_t holders,
		       uint32_t references)
{
	const struct lg_cut_names *names = context;
	struct lg_label label = lg_label_of(names->analysis, holder, reference);
	uint32_t own;

	if (label.kind == LG_REF_OTHER && !label.name)
		own = 3;
	else if (lg_label_is_named(label))
		own = label.kind == LG_REF_LOCAL;
	else
		own = references == 1 && label.exact ? 1 : 2;
	return own + (holders > 1 ? 4 : 0);
}

struct lg_cut_rule lg_cut_names_rule(struct lg_cut_names *names)
{
	return (struct lg_cut_rule){names, place, likeness, burden};
}

void lg_cut_remark(const struct lg_cut_names *names, uint32_t holder, struct lg_label label,
		   struct lg_buffer *out)
{
	const struct lg_analysis *analysis = names->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	const uint32_t *frame = lg_word_map_find(&names->frame, holder);
	const struct lg_frame *suspended = lg_analysis_suspended(analysis, holder);
	uint32_t function = frame ? s->frames[*frame].function : suspended ? suspended->function : 0;

	if (part_of(names, holder) == PART_CACHE)
		lg_buffer_add(out, "its cache_clear() does it");
	if (label.kind != LG_REF_LOCAL)
		return;
	lg_buffer_add(out, "ends when ");
	if (function) {
		lg_buffer_name(out, lg_snapshot_string(s, function), 0, LG_NAME_COLUMNS);
		lg_buffer_add(out, "()");
	} else {
		lg_buffer_add(out, "its function");
	}
	lg_buffer_add(out, suspended ? " is finished, closed or cancelled" : " returns");
}

const char *lg_cut_held_remark(uint8_t root_kind)
{
	static const char *const text[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_MODULE] = "what a module defines lives as long as the module",
		[LG_ROOT_CLASS] = "lives as long as the interpreter",
		[LG_ROOT_THREAD] = "ends when the thread's function returns",
		[LG_ROOT_INTERPRETER] = "ends when it is taken back where it was registered",
		[LG_ROOT_C_CODE] = "only that C code can let go of it",
		[LG_ROOT_INTERNED] = "lives as long as the interpreter",
	};

	return root_kind < LG_ROOT_KIND_COUNT && text[root_kind] ? text[root_kind] : "";
}
