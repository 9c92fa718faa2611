/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "analysis/trail.h"
#include "base/text.h"

/* A trail turned into hops: what stands between a holder and its value is folded away. */
struct show {
	const struct lg_analysis *analysis;
	const struct lg_trail *trail;
	struct lg_pool *pool;
	struct lg_path *path;
	bool merged;
	bool absorb; /* the last hop leads into a tuple or cell: the next step belongs to it */
	size_t hop_of[LG_MAX_TRAIL_STEPS];
};

static bool type_named(const struct lg_analysis *analysis, uint32_t type, const char *name)
{
	struct lg_text text;

	if (type >= analysis->snapshot->type_count || !analysis->type_plain[type])
		return false;
	text = lg_snapshot_string(analysis->snapshot, analysis->snapshot->types[type].name);
	return lg_text_is(text, name);
}

/* The name of an attribute, or of what a C type keeps. */
static bool label_is(const struct show *show, const struct lg_trail_step *step, const char *name)
{
	struct lg_text text;

	if (step->key.label.kind != LG_REF_OTHER && step->key.label.kind != LG_REF_ATTR)
		return false;
	text = lg_snapshot_string(show->analysis->snapshot, step->key.label.name);
	return lg_text_is(text, name);
}

/* The tuples and dicts of a function that hold its cells and defaults. */
static bool is_function_part(const struct show *show, const struct lg_trail_step *step)
{
	static const char *const part[] = {"__closure__", "__defaults__", "__kwdefaults__"};

	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (label_is(show, step, part[i]))
			return true;
	return false;
}

/* A module's copy of its dict is the module: m →m_copy→ d →.x→ v reads ".x". */
static bool is_module_copy(const struct show *show, const struct lg_trail_step *step)
{
	struct lg_text name;

	if (step->key.label.kind != LG_REF_OTHER ||
	    !lg_bit_get(show->analysis->is_namespace, step->object))
		return false;
	name = lg_snapshot_string(show->analysis->snapshot, step->key.label.name);
	return lg_text_is(name, "m_copy");
}

/* Before CPython 3.11 a generator has its variables in a frame that is an object: they are its own. */
static bool is_generator_frame(const struct show *show, const struct lg_trail_step *step)
{
	struct lg_text name;

	if (step->key.label.kind != LG_REF_OTHER || !type_named(show->analysis, step->key.type, "frame"))
		return false;
	name = lg_snapshot_string(show->analysis->snapshot, step->key.label.name);
	return lg_text_is(name, "frame object");
}

/* The mapping of a Context and its nodes: what they lead to is the context's. */
static bool is_context_part(const struct show *show, const struct lg_trail_step *step)
{
	static const char *const part[] = {"hamt", "hamt_array_node", "hamt_bitmap_node",
					   "hamt_collision_node"};

	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (type_named(show->analysis, step->key.type, part[i]))
			return true;
	return false;
}

/* Thread-local data lies in a dict for each thread, in a dict of those. */
static bool is_thread_dicts(const struct show *show, size_t i)
{
	const struct lg_trail_step *step = show->trail->step;

	return i < show->trail->count && label_is(show, &step[i], "thread_dicts") &&
	       type_named(show->analysis, step[i].key.type, "dict");
}

/* local →.thread_dicts→ d →[weakref]→ d →['x']→ v reads ".x". */
static bool is_thread_local(const struct show *show, size_t i)
{
	const struct lg_trail_step *step = show->trail->step;

	return i >= 2 && i < show->trail->count && step[i].key.label.kind == LG_REF_KEY_STR && step[i].key.label.exact &&
	       is_thread_dicts(show, i - 2);
}

/* holder →DICT→ d →.x→ v reads ".x"; function →__closure__→ t →cell x→ c reads "cell x". */
static bool is_folded(const struct show *show, size_t i, size_t block_start, size_t block_end,
		      uint64_t repeat)
{
	const struct lg_trail *trail = show->trail;
	size_t next = i + 1;

	uint8_t kind;

	if (next == block_end && repeat > 1)
		next = block_start;
	if (next >= trail->count)
		return false;
	kind = trail->step[next].key.label.kind;
	if (is_thread_local(show, i + 1) || is_thread_local(show, i + 2))
		return next == i + 1;
	if (is_context_part(show, &trail->step[i]) || is_generator_frame(show, &trail->step[i]))
		return true;
	if (trail->step[i].key.label.kind == LG_REF_DICT || is_module_copy(show, &trail->step[i]))
		return kind == LG_REF_ATTR;
	return (kind == LG_REF_CELL || kind == LG_REF_DEFAULT) &&
	       is_function_part(show, &trail->step[i]);
}

/* A function's tuple of defaults or cells, and a cell, are no place of their own. */
static bool leads_through(const struct show *show, const struct lg_trail_step *step)
{
	uint8_t kind = step->key.label.kind;

	if (kind != LG_REF_CELL && kind != LG_REF_DEFAULT)
		return false;
	return type_named(show->analysis, step->key.type, "tuple") ||
	       type_named(show->analysis, step->key.type, "cell") ||
	       (kind == LG_REF_DEFAULT && type_named(show->analysis, step->key.type, "dict"));
}

/* Threads are told apart by their names: one of them stands for all. */
static bool is_merged_thread(const struct show *show, const struct lg_trail_step *step)
{
	return step->count > 1 && step->key.label.kind == LG_STEP_ROOT &&
	       show->analysis->snapshot->roots[step->key.label.name].kind == LG_ROOT_THREAD;
}

static const char *step_text(const struct show *show, const struct lg_trail_step *step)
{
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_label label = step->key.label;
	struct lg_buffer buffer = {0};

	if (is_thread_local(show, (size_t)(step - show->trail->step)))
		label = (struct lg_label){.kind = LG_REF_ATTR, .name = label.exact};
	lg_label_text(show->analysis, label, show->merged || step->count > 1, &buffer);
	if (is_merged_thread(show, step))
		lg_buffer_format(&buffer, " (and %s more)", lg_count_text(step->count - 1, number));
	return lg_buffer_keep(&buffer, show->pool);
}

static bool root_says_little(const struct show *show, const struct lg_trail_step *step)
{
	const struct lg_root *root = &show->analysis->snapshot->roots[step->key.label.name];

	return root->kind == LG_ROOT_C_CODE || root->kind == LG_ROOT_OTHER ||
	       root->kind == LG_ROOT_INTERPRETER;
}

static void describe(const struct show *show, const struct lg_trail_step *step, struct lg_hop *hop)
{
	struct lg_buffer buffer = {0};

	hop->count = step->count;
	hop->counted = is_merged_thread(show, step);
	hop->object = step->object;
	hop->retained_bytes = step->retained_bytes;
	if (step->key.type == LG_NONE) {
		hop->type = hop->waits = "";
		return;
	}
	lg_object_type_text(show->analysis, step->object, step->count, &buffer);
	hop->type = lg_buffer_keep(&buffer, show->pool);
	lg_waiting_text(show->analysis, step->object, &buffer);
	hop->waits = lg_buffer_keep(&buffer, show->pool);
	hop->task = lg_analysis_task(show->analysis, step->object) != NULL;
	hop->named_type = lg_type_is_telling(show->analysis, step->object);
	if (step->key.label.kind == LG_STEP_CLASS)
		hop->named_type = false;
	if (step->key.label.kind == LG_STEP_ROOT)
		hop->named_type = root_says_little(show, step);
	if (step->key.label.kind == LG_STEP_SHARED)
		hop->named_type = true;
}

static void add_step(struct show *show, size_t i)
{
	const struct lg_trail_step *step = &show->trail->step[i];
	struct lg_path *path = show->path;
	struct lg_hop *hop;
	bool inside = show->absorb;

	show->absorb = leads_through(show, step);
	if (inside && path->count) {
		hop = &path->hop[path->count - 1];
		if ((step->key.label.kind == LG_REF_CELL ||
		     step->key.label.kind == LG_REF_DEFAULT) &&
		    step->key.label.name)
			hop->label = step_text(show, step);
		/* Inside a tuple of cells the cell still leads on. */
		if (type_named(show->analysis, step->key.type, "cell"))
			show->absorb = true;
		show->hop_of[i] = path->count - 1;
		describe(show, step, hop);
		return;
	}
	hop = &path->hop[path->count];
	show->hop_of[i] = path->count++;
	*hop = (struct lg_hop){.label = step_text(show, step), .repeat = 1, .period = 1};
	describe(show, step, hop);
}

/* The steps of one block (mostly one step); repeats are told of its first hop. */
static void add_block(struct show *show, size_t start, size_t end, uint64_t repeat)
{
	size_t before = show->path->count;

	for (size_t i = start; i < end; i++) {
		if (is_folded(show, i, start, end, repeat)) {
			show->hop_of[i] = show->path->count;
			continue;
		}
		add_step(show, i);
	}
	if (repeat > 1 && show->path->count > before) {
		show->path->hop[before].repeat = repeat;
		show->path->hop[before].period = (uint32_t)(show->path->count - before);
	}
}

void lg_trail_show(const struct lg_analysis *analysis, const struct lg_trail *trail, bool merged,
		   struct lg_pool *pool, struct lg_path *out, size_t *marks, size_t mark_count)
{
	struct show show = {
		.analysis = analysis,
		.trail = trail,
		.pool = pool,
		.path = out,
		.merged = merged,
	};

	*out = (struct lg_path){.more = trail->more};
	out->hop = lg_pool_array(pool, trail->count + 1, sizeof *out->hop);
	if (!out->hop)
		return;
	for (size_t i = 0; i < trail->count;) {
		const struct lg_trail_step *step = &trail->step[i];
		size_t end = i + (step->repeat > 1 ? step->period : 1);

		if (end > trail->count)
			end = trail->count;
		add_block(&show, i, end, step->repeat);
		i = end;
	}
	for (size_t m = 0; m < mark_count; m++) {
		marks[m] = marks[m] < trail->count ? show.hop_of[marks[m]] : out->count;
		if (marks[m] >= out->count && out->count)
			marks[m] = out->count - 1;
	}
}
