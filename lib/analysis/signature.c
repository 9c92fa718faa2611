/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "analysis/signature.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "leakgraph/signature.h"

/*
 * The words of a signature are those of the paths that are printed, without
 * what differs from process to process. The rule is in SIGNATURE.md; whoever
 * changes what a word is changes LG_SIGNATURE_VERSION, as budgets name signatures.
 */

static void add_word(struct lg_signature *s, struct lg_buffer *word)
{
	const char *text = lg_buffer_keep(word, s->pool);

	/* Steps through C types are named by us, and there are more of them in one version than in another. */
	if (s->count && strcmp(text, "->") == 0 && strcmp(s->word[s->count - 1], "->") == 0)
		return;
	if (s->count < LG_MAX_SIGNATURE_WORDS)
		s->word[s->count++] = text;
}

static void add_text(struct lg_signature *s, const char *text)
{
	struct lg_buffer word = {0};

	lg_buffer_add(&word, text);
	add_word(s, &word);
}

/* Qualified from CPython 3.11 on: "Worker.run" and "run" are one function. */
static void add_function(const struct lg_analysis *analysis, uint32_t function,
			 struct lg_buffer *out)
{
	struct lg_text name = lg_snapshot_string(analysis->snapshot, function);
	const char *dot = name.length ? memrchr(name.bytes, '.', name.length) : NULL;

	if (dot) {
		name.length -= (uint64_t)(dot + 1 - name.bytes);
		name.bytes = dot + 1;
	}
	lg_buffer_name(out, name, 0, LG_NAME_COLUMNS);
	lg_buffer_add(out, "()");
}

/* "C code (static data of _codec)": the file without its versions and platform. */
static void add_c_code(const struct lg_analysis *analysis, uint32_t name, struct lg_buffer *out)
{
	struct lg_text text = lg_snapshot_string(analysis->snapshot, name);
	const char *dot = text.length ? memchr(text.bytes, '.', text.length) : NULL;

	if (dot)
		text.length = (uint64_t)(dot - text.bytes);
	lg_buffer_add(out, " (");
	lg_buffer_name(out, text, 0, LG_NAME_COLUMNS);
	lg_buffer_add(out, ")");
}

/* Threads are told apart by numbers, and named otherwise by other versions. */
static void add_root(const struct lg_analysis *analysis, const struct lg_root *root,
		     struct lg_buffer *out)
{
	struct lg_root plain = *root;

	plain.interpreter = 0;
	if (root->kind == LG_ROOT_THREAD || root->kind == LG_ROOT_C_CODE)
		plain.name = 0;
	lg_root_text(analysis, &plain, out);
	if (root->kind == LG_ROOT_C_CODE && root->name)
		add_c_code(analysis, root->name, out);
}

/* What an object is, without lines, numbers and names of its own. */
static void add_type(const struct lg_analysis *analysis, const struct lg_hop *hop,
		     struct lg_buffer *out)
{
	const struct lg_task *task = lg_analysis_task(analysis, hop->object);
	const struct lg_frame *frame =
		lg_analysis_suspended(analysis, task ? task->coroutine : hop->object);

	if (task)
		lg_buffer_add(out, "task");
	else if (hop->type[0])
		lg_type_text(analysis, analysis->snapshot->type[hop->object], out);
	if (frame && frame->function) {
		lg_buffer_add(out, " ");
		add_function(analysis, frame->function, out);
	}
}

static bool is_frame(const struct lg_hop *hop)
{
	return strncmp(hop->label, "frame ", 6) == 0;
}

static bool is_class(const struct lg_analysis *analysis, const struct lg_hop *hop)
{
	return lg_bit_get(analysis->is_class, hop->object);
}

/* A step that has a name wherever it hangs: what is above it does not matter. */
static bool is_owner(const struct lg_analysis *analysis, const struct lg_hop *hop)
{
	return is_frame(hop) || hop->task || is_class(analysis, hop);
}

/* A frame's function, with the file where one is known: "frame handle() in web.py". */
static void add_frame(const struct lg_analysis *analysis, const struct lg_hop *hop,
		      struct lg_buffer *out)
{
	const struct lg_snapshot *s = analysis->snapshot;

	lg_buffer_add(out, "frame ");
	for (uint32_t i = 0; i < s->frame_count; i++) {
		const struct lg_frame *frame = &s->frames[i];
		struct lg_text file = lg_snapshot_string(s, frame->file);
		const char *slash;

		if (frame->object != hop->object || frame->thread == LG_NONE)
			continue;
		slash = file.length ? memrchr(file.bytes, '/', file.length) : NULL;
		if (slash) {
			file.length -= (uint64_t)(slash + 1 - file.bytes);
			file.bytes = slash + 1;
		}
		add_function(analysis, frame->function, out);
		if (!file.length)
			return;
		lg_buffer_add(out, " in ");
		lg_buffer_name(out, file, 0, LG_NAME_COLUMNS);
		return;
	}
	lg_buffer_add(out, hop->label + strlen("frame "));
}

static void add_owner(const struct lg_analysis *analysis, const struct lg_path *path, size_t owner,
		      const struct lg_root *root, struct lg_signature *s)
{
	const struct lg_hop *hop = &path->hop[owner];
	struct lg_buffer word = {0};

	if (is_frame(hop)) {
		add_frame(analysis, hop, &word);
	} else if (is_class(analysis, hop)) {
		lg_buffer_add(&word, "class ");
		lg_class_text(analysis, hop->object, &word);
	} else if (hop->task) {
		add_type(analysis, hop, &word);
	} else if (root) {
		add_root(analysis, root, &word);
	}
	add_word(s, &word);
	/* What C code holds has no other name than its type. */
	if (owner == 0 && root && hop->named_type) {
		add_type(analysis, hop, &word);
		add_word(s, &word);
	}
}

static void add_label(const struct lg_hop *hop, struct lg_signature *s)
{
	if (strcmp(hop->label, ".__dict__") == 0)
		return;
	add_text(s, strncmp(hop->label, "->", 2) == 0 ? "->" : hop->label);
}

/* From the last step that has a name of its own to the one at `end`. */
static void add_path(const struct lg_analysis *analysis, const struct lg_path *path, size_t cut,
		     size_t end, const struct lg_root *root, struct lg_signature *s)
{
	size_t owner = cut;

	while (owner > 0 && !is_owner(analysis, &path->hop[owner]))
		owner--;
	add_owner(analysis, path, owner, root, s);
	for (size_t i = owner + 1; i <= end; i++)
		add_label(&path->hop[i], s);
}

static const struct lg_root *root_of(const struct lg_analysis *analysis,
				     const struct lg_trail *trail)
{
	const struct lg_label *label = &trail->step[0].key.label;

	return label->kind == LG_STEP_ROOT ? &analysis->snapshot->roots[label->name] : NULL;
}

/* The words of one of several holders as one: "module shop.search .INDEX [int]". */
static enum lg_status add_way(struct lg_analysis *analysis, uint32_t referrer, uint32_t node,
			      struct lg_signature *s, struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	struct lg_signature way = {.pool = s->pool};
	struct lg_buffer word = {0};
	struct lg_path path;
	enum lg_status status = lg_trail_to_reference(analysis, referrer, node, &trail, err);

	if (status != LG_OK)
		return status;
	lg_trail_show(analysis, &trail, true, s->pool, &path, NULL, 0);
	if (path.count == 0)
		return lg_pool_check(s->pool, err);
	add_path(analysis, &path, path.count - 1, path.count - 1, root_of(analysis, &trail), &way);
	for (size_t i = 0; i < way.count; i++)
		lg_buffer_format(&word, "%s%s", i ? " " : "", way.word[i]);
	add_word(s, &word);
	return LG_OK;
}

static int compare_words(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/*
 * Which of several holders comes first is chance, so that all of them are told
 * in the order of the alphabet; where there are too many to be told, none is.
 */
static enum lg_status add_ways(struct lg_analysis *analysis, const struct lg_place *place,
			       struct lg_signature *s, struct lg_error *err)
{
	struct lg_also also;
	enum lg_status status =
		lg_find_also(analysis, place->parent, place->sample, &also, err);

	add_text(s, "several");
	for (uint32_t i = 0; status == LG_OK && also.more == 0 && i < also.count; i++)
		status = add_way(analysis, also.referrer[i], place->sample, s, err);
	if (status == LG_OK && s->count > 2)
		qsort(s->word + 1, s->count - 1, sizeof *s->word, compare_words);
	return status;
}

enum lg_status lg_signature_of_place(struct lg_analysis *analysis, const struct lg_place *place,
				     struct lg_signature *out, struct lg_error *err)
{
	struct lg_holder_steps steps;
	struct lg_buffer type = {0};
	enum lg_status status = LG_OK;
	size_t end;

	lg_holder_steps_of(analysis, place, true, out->pool, &steps);
	if (steps.path.count == 0)
		return lg_pool_check(out->pool, err);
	end = steps.piles_up && steps.pile > steps.cut ? steps.pile : steps.cut;
	if (place->shared)
		status = add_ways(analysis, place, out, err);
	else
		add_path(analysis, &steps.path, steps.cut, end, root_of(analysis, &place->trail),
			 out);
	add_type(analysis, &steps.path.hop[end], &type);
	/* A root that is the pile itself has said so already. */
	if (type.bytes && out->count && strcmp(type.bytes, out->word[out->count - 1]) == 0)
		lg_buffer_free(&type);
	else
		add_word(out, &type);
	return status;
}

void lg_signature_of_garbage(const struct lg_analysis *analysis, uint32_t type,
			     struct lg_signature *out)
{
	struct lg_buffer word = {0};

	add_text(out, "garbage");
	lg_type_text(analysis, type, &word);
	add_word(out, &word);
}

uint32_t lg_signature_hash(const struct lg_signature *signature)
{
	XXH64_hash_t hash = LG_SIGNATURE_VERSION;

	for (size_t i = 0; i < signature->count; i++)
		hash = XXH64(signature->word[i], strlen(signature->word[i]) + 1, hash);
	return (uint32_t)(hash ^ hash >> 32);
}

const char *lg_signature_text(uint32_t hash, struct lg_pool *pool)
{
	char text[LG_SIGNATURE_DIGITS + 1];

	snprintf(text, sizeof text, "%08x", (unsigned)hash);
	return lg_pool_text(pool, text, LG_SIGNATURE_DIGITS);
}

bool lg_signature_parse(const char *text, uint32_t *out)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < LG_SIGNATURE_DIGITS; i++) {
		const char *digit = text[i] ? strchr("0123456789abcdef", text[i]) : NULL;

		if (!digit)
			return false;
		hash = hash << 4 | (uint32_t)(digit - "0123456789abcdef");
	}
	*out = hash;
	return text[LG_SIGNATURE_DIGITS] == 0;
}
