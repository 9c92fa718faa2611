/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/named.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/subject.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/word_map.h"
#include "graph/visit.h"

#define ARROW " → "
#define ASCII_ARROW " -> "
#define TIMES       " ×"
#define MAX_STEPS 4096
#define MAX_TEXT_BYTES 65536
/* Steps without a name that are looked through to find one that has the name. */
#define MAX_THROUGH 4
#define MAX_CANDIDATES 5

/* A set of nodes, each once, in the order in which they came. */
struct set {
	uint32_t *node;
	size_t count, capacity;
	uint64_t *has; /* a bit for each node */
};

struct finding {
	struct lg_analysis *analysis;
	struct lg_error *err;
	const char *text;  /* the whole name, safe to print */
	const char *step;  /* what is looked for */
	struct set at;     /* where the steps so far lead to */
	struct set next;
	struct set through; /* what is looked through */
	struct lg_word_map answer; /* of labels and types: 1 is not the step, 2 is it */
	struct lg_buffer buffer;
	struct lg_named *out;
	size_t reference_capacity, root_capacity;
	uint32_t last_holder;
	char other[LG_ERROR_TEXT_BYTES / 2]; /* candidates */
	size_t other_count;
	bool in_dict; /* within what is an instance's own __dict__ */
	bool failed;
};

static void free_set(struct set *set)
{
	free(set->node);
	free(set->has);
}

static void free_finding(struct finding *f)
{
	free_set(&f->at);
	free_set(&f->next);
	free_set(&f->through);
	lg_word_map_free(&f->answer);
	lg_buffer_free(&f->buffer);
}

void lg_named_release(struct lg_named *named)
{
	free(named->reference);
	free(named->root);
	free(named->node);
}

static bool make_set(const struct finding *f, struct set *set)
{
	set->has = lg_alloc_zero(lg_bit_words(f->analysis->graph->node_count), sizeof *set->has);
	return set->has != NULL;
}

static void add_to(struct finding *f, struct set *set, uint32_t node)
{
	if (lg_bit_get(set->has, node))
		return;
	if (!lg_reserve(set->node, set->capacity, set->count + 1)) {
		f->failed = true;
		return;
	}
	lg_bit_set(set->has, node);
	set->node[set->count++] = node;
}

static void clear_set(struct set *set)
{
	for (size_t i = 0; i < set->count; i++)
		lg_bit_clear(set->has, set->node[i]);
	set->count = 0;
}

static void move_on(struct finding *f)
{
	struct set left = f->at;

	f->at = f->next;
	f->next = left;
	clear_set(&f->next);
}

static enum lg_status no_memory(const struct finding *f)
{
	return lg_fail(f->err, LG_E_MEMORY, "no memory to look for '%s'", f->text);
}

static void begin_text(struct lg_buffer *buffer)
{
	buffer->used = 0;
	if (buffer->bytes)
		buffer->bytes[0] = 0;
}

static const char *text_of(const struct lg_buffer *buffer)
{
	return buffer->bytes ? buffer->bytes : "";
}

/* ---- candidates, for a message ---- */

static void add_candidate(struct finding *f, const char *text)
{
	size_t used = strlen(f->other);

	if (f->other_count++ >= MAX_CANDIDATES || used + strlen(text) + 3 > sizeof f->other)
		return;
	snprintf(f->other + used, sizeof f->other - used, "%s%s", used ? ", " : "", text);
}

static void clear_candidates(struct finding *f)
{
	f->other[0] = 0;
	f->other_count = 0;
}

static const char *and_more(const struct finding *f)
{
	return f->other_count > MAX_CANDIDATES ? ", …" : "";
}

/* ---- labels ---- */

/* The text of each label is made once, however many references have it. */
static bool is_step(struct finding *f, struct lg_label label)
{
	uint32_t name = label.kind == LG_REF_KEY_STR ? label.exact : label.name;
	uint64_t key = 1 + ((uint64_t)label.kind << 32 | name);
	const uint32_t *known = lg_word_map_find(&f->answer, key);
	bool is;

	if (known)
		return *known == 2;
	begin_text(&f->buffer);
	lg_label_text(f->analysis, label, false, &f->buffer);
	is = strcmp(text_of(&f->buffer), f->step) == 0 ||
	     (label.kind == LG_REF_KEY_STR && strcmp(f->step, "[str]") == 0);
	if (!is && label.kind != LG_REF_DICT)
		add_candidate(f, text_of(&f->buffer));
	f->failed = f->failed || !lg_word_map_set(&f->answer, key, is ? 2 : 1);
	return is;
}

static void take_reference(struct finding *f, uint32_t node, uint32_t reference, uint32_t target)
{
	struct lg_named *out = f->out;

	if (!lg_reserve(out->reference, f->reference_capacity, (size_t)out->reference_count + 1)) {
		f->failed = true;
		return;
	}
	out->reference[out->reference_count++] = reference;
	out->holders += node != f->last_holder;
	f->last_holder = node;
	add_to(f, &f->next, target);
}

static bool look_at(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct finding *f = context;
	struct lg_label label = lg_label_of(f->analysis, node, reference);

	if (is_step(f, label))
		take_reference(f, node, reference, target);
	else if (label.kind == LG_REF_DICT && !f->in_dict) {
		f->in_dict = true;
		lg_graph_visit(f->analysis->graph, target, look_at, f);
		f->in_dict = false;
	} else if (label.kind == LG_REF_OTHER ||
		 (label.kind == LG_REF_ITEM && lg_bit_get(f->through.has, node)))
		add_to(f, &f->through, target);
	return !f->failed;
}

/* Where what is there has no such label, what it keeps without a name may have it. */
static enum lg_status follow_label(struct finding *f)
{
	size_t first = 0;

	f->out->reference_count = f->out->root_count = f->out->holders = 0;
	f->last_holder = LG_NONE;
	lg_word_map_free(&f->answer);
	f->answer = (struct lg_word_map){0};
	clear_candidates(f);
	clear_set(&f->through);
	for (size_t i = 0; i < f->at.count && !f->failed; i++)
		lg_graph_visit(f->analysis->graph, f->at.node[i], look_at, f);
	for (int level = 0; level < MAX_THROUGH && !f->out->reference_count; level++) {
		size_t end = f->through.count;

		for (; first < end && !f->failed; first++)
			lg_graph_visit(f->analysis->graph, f->through.node[first], look_at, f);
	}
	if (f->failed)
		return no_memory(f);
	if (!f->out->reference_count)
		return lg_fail(f->err, LG_E_NOT_FOUND, "'%s': there is no '%s'%s%s%s", f->text,
			       f->step, f->other_count ? "; there is " : "", f->other,
			       and_more(f));
	move_on(f);
	return LG_OK;
}

/* ---- types behind a label ---- */

static bool is_of_type(struct finding *f, uint32_t node)
{
	uint32_t type = f->analysis->snapshot->type[node];
	const uint32_t *known = lg_word_map_find(&f->answer, 1 + (uint64_t)type);
	bool is;

	if (lg_analysis_suspended(f->analysis, node) || lg_analysis_task(f->analysis, node)) {
		begin_text(&f->buffer);
		lg_object_type_text(f->analysis, node, 1, &f->buffer);
		if (strcmp(text_of(&f->buffer), f->step) == 0)
			return true;
	}
	if (known)
		return *known == 2;
	begin_text(&f->buffer);
	lg_type_text(f->analysis, type, &f->buffer);
	is = strcmp(text_of(&f->buffer), f->step) == 0;
	if (!is)
		add_candidate(f, text_of(&f->buffer));
	f->failed = f->failed || !lg_word_map_set(&f->answer, 1 + (uint64_t)type, is ? 2 : 1);
	return is;
}

/* References and roots that lead elsewhere are none of those meant. */
static void keep_references(struct finding *f)
{
	const struct lg_snapshot *s = f->analysis->snapshot;
	struct lg_named *out = f->out;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < out->reference_count; i++) {
		uint32_t target = lg_analysis_node(f->analysis, s->ref_target[out->reference[i]]);

		if (lg_bit_get(f->at.has, target))
			out->reference[kept++] = out->reference[i];
	}
	out->reference_count = kept;
	kept = 0;
	for (uint32_t i = 0; i < out->root_count; i++)
		if (lg_bit_get(f->at.has,
			       lg_analysis_node(f->analysis, s->roots[out->root[i]].object)))
			out->root[kept++] = out->root[i];
	out->root_count = kept;
}

static enum lg_status keep_type(struct finding *f)
{
	lg_word_map_free(&f->answer);
	f->answer = (struct lg_word_map){0};
	clear_candidates(f);
	for (size_t i = 0; i < f->at.count; i++)
		if (is_of_type(f, f->at.node[i]))
			add_to(f, &f->next, f->at.node[i]);
	if (f->failed)
		return no_memory(f);
	if (!f->next.count)
		return lg_fail(f->err, LG_E_NOT_FOUND, "'%s': nothing there is a '%s'%s%s%s",
			       f->text, f->step, f->other_count ? "; it is " : "", f->other,
			       and_more(f));
	move_on(f);
	keep_references(f);
	return LG_OK;
}

static bool reads_as_label(const char *step)
{
	static const char *const word[] = {"local ", "cell ", "default ", "frame ", "context var "};

	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strncmp(step, word[i], strlen(word[i])) == 0)
			return true;
	return step[0] == '.' || step[0] == '[' || step[0] == '<' || strncmp(step, "->", 2) == 0;
}

static enum lg_status follow(struct finding *f, const char *step)
{
	f->step = step;
	return reads_as_label(step) ? follow_label(f) : keep_type(f);
}

/* ---- where a name begins ---- */

static void take_root(struct finding *f, uint32_t index)
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
	add_to(f, &f->at, lg_analysis_node(f->analysis, object));
}

/* "module shop", "thread worker-3", "interned strings": all roots of that text. */
static bool begin_at_root(struct finding *f, const char *text)
{
	const struct lg_snapshot *s = f->analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		begin_text(&f->buffer);
		lg_root_text(f->analysis, &s->roots[i], &f->buffer);
		if (strcmp(text_of(&f->buffer), text) == 0)
			take_root(f, i);
	}
	return f->at.count > 0;
}

/* "class shop.Handler" that several hold, which is no root then. */
static bool begin_at_class(struct finding *f, const char *text)
{
	const struct lg_snapshot *s = f->analysis->snapshot;

	for (uint32_t t = 1; t < s->type_count; t++) {
		if (s->types[t].object == 0 || s->types[t].object >= s->object_count)
			continue;
		begin_text(&f->buffer);
		lg_type_text(f->analysis, t, &f->buffer);
		if (strcmp(text_of(&f->buffer), text) == 0)
			add_to(f, &f->at, lg_analysis_node(f->analysis, s->types[t].object));
	}
	return f->at.count > 0;
}

static enum lg_status begin_at_subject(struct finding *f, const char *text)
{
	lg_cleanup(lg_subject_free) struct lg_subject subject = {0};
	enum lg_status status = lg_subject_resolve(f->analysis, text, &subject, f->err);

	for (uint32_t i = 0; status == LG_OK && i < subject.count; i++)
		add_to(f, &f->at, lg_analysis_node(f->analysis, subject.node[i]));
	return status == LG_OK && f->failed ? no_memory(f) : status;
}

static enum lg_status begin(struct finding *f, const char *step)
{
	if (begin_at_root(f, step))
		return f->failed ? no_memory(f) : LG_OK;
	if (strncmp(step, "class ", 6) == 0 && begin_at_class(f, step + 6))
		return f->failed ? no_memory(f) : LG_OK;
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

static enum lg_status check_step(const struct finding *f, const char *step)
{
	if (!*step)
		return lg_fail(f->err, LG_E_USAGE, "'%s': a step of it is empty", f->text);
	if (strcmp(step, "…") == 0 || step[0] == '(' || ends_with(step, " deep"))
		return lg_fail(f->err, LG_E_USAGE,
			       "'%s': '%s' stands for several steps, expected each of them",
			       f->text, step);
	return LG_OK;
}

static enum lg_status find_path(struct finding *f, char *text)
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
			status = steps ? follow(f, step) : begin(f, step);
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

static const char *module_name(struct finding *f, const struct lg_root *root)
{
	if (root->kind != LG_ROOT_MODULE || root->interpreter)
		return "";
	begin_text(&f->buffer);
	lg_buffer_name(&f->buffer, lg_snapshot_string(f->analysis->snapshot, root->name), 0,
		       LG_NAME_COLUMNS);
	return text_of(&f->buffer);
}

static const char *class_name(struct finding *f, uint32_t type)
{
	const struct lg_snapshot *s = f->analysis->snapshot;

	begin_text(&f->buffer);
	if (s->types[type].object != 0 && s->types[type].object < s->object_count)
		lg_type_text(f->analysis, type, &f->buffer);
	return text_of(&f->buffer);
}

/* The longest name of a module or class that the text begins with. */
static size_t find_holder(struct finding *f, const char *text, bool *is_class)
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
static enum lg_status find_by_end(struct finding *f, const char *text, size_t *length)
{
	const struct lg_snapshot *s = f->analysis->snapshot;
	uint32_t first = LG_NONE;

	clear_candidates(f);
	*length = 0;
	for (uint32_t i = 0; i < s->root_count; i++) {
		size_t found = suffix(text, module_name(f, &s->roots[i]));

		if (!found || (first != LG_NONE && s->roots[i].name == s->roots[first].name))
			continue;
		first = first == LG_NONE ? i : first;
		*length = found;
		add_candidate(f, text_of(&f->buffer));
		take_root(f, i);
	}
	if (f->other_count > 1)
		return lg_fail(f->err, LG_E_USAGE, "'%s' may be of several modules: %s%s", f->text,
			       f->other, and_more(f));
	return LG_OK;
}

static enum lg_status begin_as_code(struct finding *f, char *text, size_t *length)
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
	return f->failed ? no_memory(f) : LG_OK;
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

static enum lg_status find_code(struct finding *f, char *text)
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
		status = follow(f, at);
		at[length] = after;
	}
	return status;
}

static enum lg_status find(struct finding *f, const char *text)
{
	lg_cleanup(lg_free) char *copy = strdup(text);
	enum lg_status status;

	if (!copy || !make_set(f, &f->at) || !make_set(f, &f->next) || !make_set(f, &f->through))
		return no_memory(f);
	if (lg_named_is_path(text))
		status = find_path(f, copy);
	else if (begin_at_root(f, text))
		status = f->failed ? no_memory(f) : LG_OK;
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
	lg_cleanup(free_finding) struct finding f = {.analysis = analysis, .err = err, .out = &found};
	enum lg_status status;

	*out = found;
	if (strlen(text) > MAX_TEXT_BYTES)
		return lg_fail(err, LG_E_USAGE, "a name of %zu bytes, expected at most %d",
			       strlen(text), MAX_TEXT_BYTES);
	lg_buffer_name(&safe, (struct lg_text){text, strlen(text)}, 0, 4 * LG_NAME_COLUMNS);
	f.text = text_of(&safe);
	status = lg_analysis_need_graph(analysis, NULL, err);
	if (status == LG_OK)
		status = find(&f, text);
	if (status == LG_OK)
		*out = found;
	else
		lg_named_release(&found);
	return status;
}
