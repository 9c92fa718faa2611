/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "analysis/names.h"
#include "base/text.h"

struct lg_label lg_label_of_step(const struct lg_analysis *analysis, uint32_t holder, uint8_t kind,
				 uint32_t name)
{
	struct lg_label label = {kind, name, 0};

	switch (kind) {
	case LG_REF_KEY_STR:
		if (lg_bit_get(analysis->is_namespace, holder) && name) {
			label.kind = LG_REF_ATTR;
		} else {
			label.exact = name;
			label.name = 0;
		}
		break;
	case LG_REF_ITEM:
	case LG_REF_DICT_KEY:
	case LG_REF_DICT:
	case LG_REF_TYPE:
		label.name = 0;
		break;
	default:
		break;
	}
	return label;
}

struct lg_label lg_label_of(const struct lg_analysis *analysis, uint32_t holder, uint32_t reference)
{
	const struct lg_snapshot *s = analysis->snapshot;

	return lg_label_of_step(analysis, holder, s->ref_kind[reference], s->ref_name[reference]);
}

static void add_string(const struct lg_analysis *analysis, uint32_t string, char quote,
		       struct lg_buffer *out)
{
	lg_buffer_name(out, lg_snapshot_string(analysis->snapshot, string), quote, LG_NAME_COLUMNS);
}

static void add_named(const struct lg_analysis *analysis, const char *before, uint32_t string,
		      const char *after, struct lg_buffer *out)
{
	lg_buffer_add(out, before);
	add_string(analysis, string, 0, out);
	lg_buffer_add(out, after);
}

static void add_key(const struct lg_analysis *analysis, struct lg_label label, bool merged,
		    struct lg_buffer *out)
{
	if (merged || !label.exact) {
		lg_buffer_add(out, "[str]");
		return;
	}
	lg_buffer_add(out, "['");
	add_string(analysis, label.exact, '\'', out);
	lg_buffer_add(out, "']");
}

/* Linear: for what is printed. */
static uint32_t type_of_class(const struct lg_analysis *analysis, uint32_t node)
{
	for (uint32_t t = 0; t < analysis->snapshot->type_count; t++)
		if (analysis->snapshot->types[t].object == node)
			return t;
	return LG_NONE;
}

void lg_label_text(const struct lg_analysis *analysis, struct lg_label label, bool merged,
		   struct lg_buffer *out)
{
	static const char *const word[] = {
		[LG_REF_LOCAL] = "local",
		[LG_REF_CELL] = "cell",
		[LG_REF_DEFAULT] = "default",
		[LG_REF_CONTEXT] = "context var",
	};

	switch (label.kind) {
	case LG_REF_OTHER:
		add_named(analysis, "->", label.name, "", out);
		break;
	case LG_REF_ATTR:
		add_named(analysis, ".", label.name, "", out);
		break;
	case LG_REF_KEY_STR:
		add_key(analysis, label, merged, out);
		break;
	case LG_REF_KEY_TYPE:
		lg_buffer_add(out, "[");
		lg_type_text(analysis, label.name, out);
		lg_buffer_add(out, "]");
		break;
	case LG_REF_ITEM:
		lg_buffer_add(out, "[]");
		break;
	case LG_REF_DICT_KEY:
		lg_buffer_add(out, "<key>");
		break;
	case LG_REF_LOCAL:
	case LG_REF_CELL:
	case LG_REF_DEFAULT:
	case LG_REF_CONTEXT:
		lg_buffer_add(out, word[label.kind]);
		if (label.name)
			add_named(analysis, " ", label.name, "", out);
		break;
	case LG_REF_FRAME:
		add_named(analysis, "frame ", label.name, "()", out);
		break;
	case LG_REF_DICT:
		lg_buffer_add(out, ".__dict__");
		break;
	case LG_REF_TYPE:
		lg_buffer_add(out, "type");
		break;
	case LG_REF_WEAK:
		lg_buffer_add(out, "weak");
		break;
	case LG_STEP_ROOT:
		lg_root_text(analysis, &analysis->snapshot->roots[label.name], out);
		break;
	case LG_STEP_CLASS:
		lg_buffer_add(out, "class ");
		lg_class_text(analysis, label.name, out);
		break;
	default:
		lg_buffer_add(out, "(several paths)");
		break;
	}
}

void lg_root_text(const struct lg_analysis *analysis, const struct lg_root *root,
		  struct lg_buffer *out)
{
	static const char *const word[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_OTHER] = "",
		[LG_ROOT_MODULE] = "module",
		[LG_ROOT_CLASS] = "class",
		[LG_ROOT_THREAD] = "thread",
		[LG_ROOT_INTERPRETER] = "interpreter",
		[LG_ROOT_C_CODE] = "C code",
		[LG_ROOT_INTERNED] = "interned strings",
	};
	uint8_t kind = root->kind < LG_ROOT_KIND_COUNT ? root->kind : (uint8_t)LG_ROOT_OTHER;
	bool code = kind == LG_ROOT_C_CODE;

	bool sub = root->interpreter != 0;

	/* "interpreter 1 module app.cache", "interpreter 1 atexit" */
	if (sub)
		lg_buffer_format(out, "interpreter %u", root->interpreter);
	if (!sub || kind != LG_ROOT_INTERPRETER)
		lg_buffer_format(out, "%s%s", sub && word[kind][0] ? " " : "", word[kind]);
	if (root->name && kind != LG_ROOT_INTERNED)
		add_named(analysis, code ? " (" : sub || word[kind][0] ? " " : "", root->name,
			  code ? ")" : "", out);
	else if (kind == LG_ROOT_OTHER)
		lg_buffer_add(out, sub ? " root" : "root");
}

void lg_type_text(const struct lg_analysis *analysis, uint32_t type, struct lg_buffer *out)
{
	const struct lg_type *t;

	if (type >= analysis->snapshot->type_count)
		return;
	t = &analysis->snapshot->types[type];
	if (!analysis->type_plain[type])
		add_named(analysis, "", t->module, ".", out);
	add_string(analysis, t->name, 0, out);
}

void lg_class_text(const struct lg_analysis *analysis, uint32_t node, struct lg_buffer *out)
{
	lg_type_text(analysis, type_of_class(analysis, node), out);
}

void lg_place_text(const struct lg_analysis *analysis, uint32_t file, uint32_t line,
		   struct lg_buffer *out)
{
	struct lg_text path = lg_snapshot_string(analysis->snapshot, file);
	const char *slash = path.length ? memrchr(path.bytes, '/', path.length) : NULL;

	if (slash) {
		path.length -= (uint64_t)(slash + 1 - path.bytes);
		path.bytes = slash + 1;
	}
	lg_buffer_name(out, path, 0, LG_NAME_COLUMNS);
	lg_buffer_format(out, ":%u", line);
}

static void add_task(const struct lg_analysis *analysis, const struct lg_task *task, uint64_t count,
		     struct lg_buffer *out)
{
	char number[LG_NUMBER_TEXT_BYTES];

	lg_buffer_add(out, "task \"");
	add_string(analysis, task->name, '"', out);
	lg_buffer_add(out, "\"");
	if (count > 1)
		lg_buffer_format(out, " (and %s more)", lg_count_text(count - 1, number));
}

/* "db.py:7 in query()" */
static void add_waiting(const struct lg_analysis *analysis, const struct lg_frame *waiting,
			struct lg_buffer *out)
{
	lg_place_text(analysis, waiting->file, waiting->line, out);
	if (waiting->function)
		add_named(analysis, " in ", waiting->function, "()", out);
}

void lg_object_type_text(const struct lg_analysis *analysis, uint32_t node, uint64_t count,
			 struct lg_buffer *out)
{
	const struct lg_frame *frame = lg_analysis_suspended(analysis, node);
	const struct lg_task *task = lg_analysis_task(analysis, node);
	const struct lg_frame *waiting = task ? lg_analysis_waiting(analysis, node) : NULL;

	if (task)
		add_task(analysis, task, count, out);
	else
		lg_type_text(analysis, analysis->snapshot->type[node], out);
	if (waiting && waiting->line) {
		lg_buffer_add(out, " waiting at ");
		add_waiting(analysis, waiting, out);
	}
	if (frame && frame->function)
		add_named(analysis, " ", frame->function, "()", out);
	if (frame && frame->line) {
		lg_buffer_add(out, " at ");
		lg_place_text(analysis, frame->file, frame->line, out);
	}
}

void lg_tasks_text(const struct lg_analysis *analysis, uint32_t node, uint64_t count,
		   struct lg_buffer *out)
{
	const struct lg_frame *waiting = lg_analysis_waiting(analysis, node);

	if (count == 1) {
		lg_object_type_text(analysis, node, 1, out);
		return;
	}
	lg_buffer_add(out, "task");
	if (!waiting || !waiting->line)
		return;
	lg_buffer_add(out, " waiting at ");
	add_waiting(analysis, waiting, out);
}

void lg_waiting_text(const struct lg_analysis *analysis, uint32_t node, struct lg_buffer *out)
{
	const struct lg_frame *waiting = lg_analysis_waiting(analysis, node);

	if (!waiting)
		return;
	add_string(analysis, waiting->file, 0, out);
	lg_buffer_format(out, ":%u", waiting->line);
	if (waiting->function)
		add_named(analysis, " in ", waiting->function, "()", out);
}

bool lg_label_is_named(struct lg_label label)
{
	switch (label.kind) {
	case LG_REF_KEY_STR:
	case LG_REF_KEY_TYPE:
	case LG_REF_ITEM:
	case LG_REF_DICT_KEY:
		return false;
	default:
		return true;
	}
}

bool lg_type_is_expected(const struct lg_analysis *analysis, uint32_t type)
{
	static const char *const expected[] = {
		"module", "function", "thread", "frame", "staticmethod", "classmethod", "property",
	};
	struct lg_text text =
		lg_snapshot_string(analysis->snapshot, analysis->snapshot->types[type].name);

	if (!analysis->type_plain[type])
		return false;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (lg_text_is(text, expected[i]))
			return true;
	return false;
}

bool lg_is_expected(const struct lg_analysis *analysis, uint32_t node)
{
	return lg_bit_get(analysis->is_class, node) || lg_analysis_task(analysis, node) ||
	       lg_type_is_expected(analysis, analysis->snapshot->type[node]);
}

bool lg_type_is_telling(const struct lg_analysis *analysis, uint32_t node)
{
	if (lg_bit_get(analysis->is_class, node))
		return false;
	return !analysis->type_plain[analysis->snapshot->type[node]] ||
	       lg_analysis_suspended(analysis, node) || lg_analysis_task(analysis, node);
}
