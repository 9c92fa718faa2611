/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/named.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/finding.h"
#include "analysis/subject.h"
#include "base/array.h"
#include "base/cleanup.h"

#define ARROW " → "
#define ASCII_ARROW " -> "
#define TIMES       " ×"
#define MAX_STEPS 4096
#define MAX_TEXT_BYTES 65536

void lg_named_release(struct lg_named *named)
{
	free(named->reference);
	free(named->root);
	free(named->node);
}

/* ---- where a name begins ---- */

static void take_root(struct lg_finding *f, uint32_t index)
{
	struct lg_named *out = f->out;
	uint32_t object = f->analysis->snapshot->roots[index].object;

	if (object == 0)
		return;
	if (!lg_reserve(out->root, f->root_capacity, (size_t)out->root_count + 1)) {
		f->failed = true;
		return;
	}
	out->root[out->root_count++] = index;
	lg_finding_add(f, &f->at, lg_analysis_node(f->analysis, object));
}

/* "module shop", "thread worker-3", "interned strings": all roots of that text. */
static bool begin_at_root(struct lg_finding *f, const char *text)
{
	const struct lg_snapshot *s = f->analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		lg_finding_begin_text(&f->buffer);
		lg_root_text(f->analysis, &s->roots[i], &f->buffer);
		if (strcmp(lg_finding_text(&f->buffer), text) == 0)
			take_root(f, i);
	}
	return f->at.count > 0;
}

/* "class shop.Handler" that several hold, which is no root then. */
static bool begin_at_class(struct lg_finding *f, const char *text)
{
	const struct lg_snapshot *s = f->analysis->snapshot;

	for (uint32_t t = 1; t < s->type_count; t++) {
		if (s->types[t].object == 0 || s->types[t].object >= s->object_count)
			continue;
		lg_finding_begin_text(&f->buffer);
		lg_type_text(f->analysis, t, &f->buffer);
		if (strcmp(lg_finding_text(&f->buffer), text) == 0)
			lg_finding_add(f, &f->at, lg_analysis_node(f->analysis, s->types[t].object));
	}
	return f->at.count > 0;
}

static enum lg_status begin_at_subject(struct lg_finding *f, const char *text)
{
	lg_cleanup(lg_subject_free) struct lg_subject subject = {0};
	enum lg_status status = lg_subject_resolve(f->analysis, text, &subject, f->err);

	for (uint32_t i = 0; status == LG_OK && i < subject.count; i++)
		lg_finding_add(f, &f->at, lg_analysis_node(f->analysis, subject.node[i]));
	return status == LG_OK && f->failed ? lg_finding_no_memory(f) : status;
}

static enum lg_status begin(struct lg_finding *f, const char *step)
{
	if (begin_at_root(f, step))
		return f->failed ? lg_finding_no_memory(f) : LG_OK;
	if (strncmp(step, "class ", 6) == 0 && begin_at_class(f, step + 6))
		return f->failed ? lg_finding_no_memory(f) : LG_OK;
	return begin_at_subject(f, step);
}

/* ---- paths ---- */

bool lg_named_is_path(const char *text)
{
	return strstr(text, ARROW) || strstr(text, ASCII_ARROW);
}

/* Without spaces around it and the number of equal ones behind it: "[str] ×600". */
static void trim(char *step)
{
	size_t length = strlen(step), digits;

	while (length && step[length - 1] == ' ')
		step[--length] = 0;
	digits = length;
	while (digits && strchr("0123456789,", step[digits - 1]))
		digits--;
	if (digits > strlen(TIMES) && digits < length &&
	    strncmp(step + digits - strlen(TIMES), TIMES, strlen(TIMES)) == 0)
		step[digits - strlen(TIMES)] = 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static enum lg_status check_step(const struct lg_finding *f, const char *step)
{
	if (!*step)
		return lg_fail(f->err, LG_E_USAGE, "'%s': a step of it is empty", f->text);
	if (strcmp(step, "…") == 0 || step[0] == '(' || ends_with(step, " deep"))
		return lg_fail(f->err, LG_E_USAGE,
			       "'%s': '%s' stands for several steps, expected each of them",
			       f->text, step);
	return LG_OK;
}

static enum lg_status find_path(struct lg_finding *f, char *text)
{
	const char *arrow = strstr(text, ARROW) ? ARROW : ASCII_ARROW;
	enum lg_status status = LG_OK;
	unsigned steps = 0;

	for (char *step = text; step && status == LG_OK; steps++) {
		char *end = strstr(step, arrow), *next = end ? end + strlen(arrow) : NULL;

		if (end)
			*end = 0;
		step += strspn(step, " ");
		trim(step);
		if (steps == MAX_STEPS)
			return lg_fail(f->err, LG_E_USAGE, "a path of more than %u steps", MAX_STEPS);
		status = check_step(f, step);
		if (status == LG_OK)
			status = steps ? lg_finding_follow(f, step) : begin(f, step);
		step = next;
	}
	return status;
}

/* ---- as code names it ---- */

static bool ends_name(char c)
{
	return c == 0 || c == '.' || c == '[';
}

/* How much of the text the name is: its length where the text begins so, else 0. */
static size_t prefix(const char *text, const char *name)
{
	size_t length = strlen(name);

	return length && strncmp(text, name, length) == 0 && ends_name(text[length]) ? length : 0;
}

static const char *module_name(struct lg_finding *f, const struct lg_root *root)
{
	if (root->kind != LG_ROOT_MODULE || root->interpreter)
		return "";
	lg_finding_begin_text(&f->buffer);
	lg_buffer_name(&f->buffer, lg_snapshot_string(f->analysis->snapshot, root->name), 0,
		       LG_NAME_COLUMNS);
	return lg_finding_text(&f->buffer);
}

static const char *class_name(struct lg_finding *f, uint32_t type)
{
	const struct lg_snapshot *s = f->analysis->snapshot;

	lg_finding_begin_text(&f->buffer);
	if (s->types[type].object != 0 && s->types[type].object < s->object_count)
		lg_type_text(f->analysis, type, &f->buffer);
	return lg_finding_text(&f->buffer);
}

/* The longest name of a module or class that the text begins with. */
static size_t find_holder(struct lg_finding *f, const char *text, bool *is_class)
{
	const struct lg_snapshot *s = f->analysis->snapshot;
	size_t longest = 0;

	for (uint32_t i = 0; i < s->root_count; i++) {
		size_t length = prefix(text, module_name(f, &s->roots[i]));

		longest = length > longest ? length : longest;
	}
	*is_class = false;
	for (uint32_t t = 1; t < s->type_count; t++) {
		size_t length = prefix(text, class_name(f, t));

		if (length > longest) {
			longest = length;
			*is_class = true;
		}
	}
	return longest;
}

/* The last part of "shop.sessions" that the text begins with, as "sessions". */
static size_t suffix(const char *text, const char *name)
{
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
		size_t length = prefix(text, dot + 1);

		if (length && text[length])
			return length;
	}
	return 0;
}

/* By the end of a module's name, where only one ends so: 0 where none does. */
static enum lg_status find_by_end(struct lg_finding *f, const char *text, size_t *length)
{
	const struct lg_snapshot *s = f->analysis->snapshot;
	uint32_t first = LG_NONE;

	lg_finding_clear_candidates(f);
	*length = 0;
	for (uint32_t i = 0; i < s->root_count; i++) {
		size_t found = suffix(text, module_name(f, &s->roots[i]));

		if (!found || (first != LG_NONE && s->roots[i].name == s->roots[first].name))
			continue;
		first = first == LG_NONE ? i : first;
		*length = found;
		lg_finding_candidate(f, lg_finding_text(&f->buffer));
		take_root(f, i);
	}
	if (f->other_count > 1)
		return lg_fail(f->err, LG_E_USAGE, "'%s' may be of several modules: %s%s", f->text,
			       f->other, lg_finding_more(f));
	return LG_OK;
}

static enum lg_status begin_as_code(struct lg_finding *f, char *text, size_t *length)
{
	bool is_class;
	char after;

	*length = find_holder(f, text, &is_class);
	if (!*length)
		return find_by_end(f, text, length);
	after = text[*length];
	text[*length] = 0;
	if (is_class)
		begin_at_class(f, text);
	else
		for (uint32_t i = 0; i < f->analysis->snapshot->root_count; i++)
			if (strcmp(module_name(f, &f->analysis->snapshot->roots[i]), text) == 0)
				take_root(f, i);
	text[*length] = after;
	return f->failed ? lg_finding_no_memory(f) : LG_OK;
}

/* The length of ".name", "['key']" or "[int]". */
static size_t label_length(const char *text)
{
	size_t length = 1;

	if (text[0] == '.')
		return 1 + strcspn(text + 1, ".[");
	if (text[1] == '\'') {
		for (length = 2; text[length] && text[length] != '\''; length++)
			length += text[length] == '\\' && text[length + 1];
		return text[length] && text[length + 1] == ']' ? length + 2 : 0;
	}
	length += strcspn(text + 1, "]");
	return text[length] == ']' ? length + 1 : 0;
}

static enum lg_status find_code(struct lg_finding *f, char *text)
{
	size_t length;
	enum lg_status status = begin_as_code(f, text, &length);

	if (status == LG_OK && !f->at.count)
		return lg_fail(f->err, LG_E_NOT_FOUND,
			       "no reference '%s' in this dump: expected its name, as "
			       "'module app.cache → .ENTRIES' or app.cache.ENTRIES",
			       f->text);
	for (char *at = text + length; status == LG_OK && *at; at += length) {
		char after;

		length = label_length(at);
		if (length < 2)
			return lg_fail(f->err, LG_E_USAGE, "'%s' is not to be understood from '%s' on",
				       f->text, at);
		after = at[length];
		at[length] = 0;
		status = lg_finding_follow(f, at);
		at[length] = after;
	}
	return status;
}

static enum lg_status find(struct lg_finding *f, const char *text)
{
	lg_cleanup(lg_free) char *copy = strdup(text);
	enum lg_status status;

	if (!copy || !lg_finding_make(f))
		return lg_finding_no_memory(f);
	if (lg_named_is_path(text))
		status = find_path(f, copy);
	else if (begin_at_root(f, text))
		status = f->failed ? lg_finding_no_memory(f) : LG_OK;
	else
		status = find_code(f, copy);
	if (status != LG_OK)
		return status;
	f->out->node = f->at.node;
	f->out->node_count = (uint32_t)f->at.count;
	f->at.node = NULL;
	return LG_OK;
}

enum lg_status lg_named_find(struct lg_analysis *analysis, const char *text, struct lg_named *out,
			     struct lg_error *err)
{
	lg_cleanup(lg_buffer_free) struct lg_buffer safe = {0};
	struct lg_named found = {0};
	lg_cleanup(lg_finding_release) struct lg_finding f = {.analysis = analysis, .err = err, .out = &found};
	enum lg_status status;

	*out = found;
	if (strlen(text) > MAX_TEXT_BYTES)
		return lg_fail(err, LG_E_USAGE, "a name of %zu bytes, expected at most %d",
			       strlen(text), MAX_TEXT_BYTES);
	lg_buffer_name(&safe, (struct lg_text){text, strlen(text)}, 0, 4 * LG_NAME_COLUMNS);
	f.text = lg_finding_text(&safe);
	status = lg_analysis_need_graph(analysis, NULL, err);
	if (status == LG_OK)
		status = find(&f, text);
	if (status == LG_OK)
		*out = found;
	else
		lg_named_release(&found);
	return status;
}
