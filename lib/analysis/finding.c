/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "graph/visit.h"

/* Steps without a name that are looked through to find one that has the name. */
#define MAX_THROUGH    4
#define MAX_CANDIDATES 5

static void free_set(struct lg_node_set *set)
{
	free(set->node);
	free(set->has);
}

void lg_finding_release(struct lg_finding *f)
{
	free_set(&f->at);
	free_set(&f->next);
	free_set(&f->through);
	lg_word_map_free(&f->answer);
	lg_buffer_free(&f->buffer);
}

static bool make_set(const struct lg_finding *f, struct lg_node_set *set)
{
	set->has = lg_alloc_zero(lg_bit_words(f->analysis->graph->node_count), sizeof *set->has);
	return set->has != NULL;
}

bool lg_finding_make(struct lg_finding *f)
{
	return make_set(f, &f->at) && make_set(f, &f->next) && make_set(f, &f->through);
}

void lg_finding_add(struct lg_finding *f, struct lg_node_set *set, uint32_t node)
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

static void clear_set(struct lg_node_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		lg_bit_clear(set->has, set->node[i]);
	set->count = 0;
}

static void move_on(struct lg_finding *f)
{
	struct lg_node_set left = f->at;

	f->at = f->next;
	f->next = left;
	clear_set(&f->next);
}

enum lg_status lg_finding_no_memory(const struct lg_finding *f)
{
	return lg_fail(f->err, LG_E_MEMORY, "no memory to look for '%s'", f->text);
}

/* ---- candidates, for a message ---- */

void lg_finding_candidate(struct lg_finding *f, const char *text)
{
	size_t used = strlen(f->other);

	if (f->other_count++ >= MAX_CANDIDATES || used + strlen(text) + 3 > sizeof f->other)
		return;
	snprintf(f->other + used, sizeof f->other - used, "%s%s", used ? ", " : "", text);
}

void lg_finding_clear_candidates(struct lg_finding *f)
{
	f->other[0] = 0;
	f->other_count = 0;
}

const char *lg_finding_more(const struct lg_finding *f)
{
	return f->other_count > MAX_CANDIDATES ? ", …" : "";
}

/* ---- labels ---- */

/* The text of each label is made once, however many references have it. */
static bool is_step(struct lg_finding *f, struct lg_label label)
{
	uint32_t name = label.kind == LG_REF_KEY_STR ? label.exact : label.name;
	uint64_t key = 1 + ((uint64_t)label.kind << 32 | name);
	const uint32_t *known = lg_word_map_find(&f->answer, key);
	bool is;

	if (known)
		return *known == 2;
	lg_finding_begin_text(&f->buffer);
	lg_label_text(f->analysis, label, false, &f->buffer);
	is = strcmp(lg_finding_text(&f->buffer), f->step) == 0 ||
	     (label.kind == LG_REF_KEY_STR && strcmp(f->step, "[str]") == 0);
	if (!is && label.kind != LG_REF_DICT)
		lg_finding_candidate(f, lg_finding_text(&f->buffer));
	f->failed = f->failed || !lg_word_map_set(&f->answer, key, is ? 2 : 1);
	return is;
}

static void take_reference(struct lg_finding *f, uint32_t node, uint32_t reference, uint32_t target)
{
	struct lg_named *out = f->out;

	if (!lg_reserve(out->reference, f->reference_capacity, (size_t)out->reference_count + 1)) {
		f->failed = true;
		return;
	}
	out->reference[out->reference_count++] = reference;
	out->holders += node != f->last_holder;
	f->last_holder = node;
	lg_finding_add(f, &f->next, target);
}

static bool look_at(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct lg_finding *f = context;
	struct lg_label label = lg_label_of(f->analysis, node, reference);

	if (is_step(f, label))
		take_reference(f, node, reference, target);
	else if (label.kind == LG_REF_DICT && !f->in_dict) {
		f->in_dict = true;
		lg_graph_visit(f->analysis->graph, target, look_at, f);
		f->in_dict = false;
	} else if (label.kind == LG_REF_OTHER ||
		 (label.kind == LG_REF_ITEM && lg_bit_get(f->through.has, node)))
		lg_finding_add(f, &f->through, target);
	return !f->failed;
}

/* Where what is there has no such label, what it keeps without a name may have it. */
static enum lg_status follow_label(struct lg_finding *f)
{
	size_t first = 0;

	f->out->reference_count = f->out->root_count = f->out->holders = 0;
	f->last_holder = LG_NONE;
	lg_word_map_free(&f->answer);
	f->answer = (struct lg_word_map){0};
	lg_finding_clear_candidates(f);
	clear_set(&f->through);
	for (size_t i = 0; i < f->at.count && !f->failed; i++)
		lg_graph_visit(f->analysis->graph, f->at.node[i], look_at, f);
	for (int level = 0; level < MAX_THROUGH && !f->out->reference_count; level++) {
		size_t end = f->through.count;

		for (; first < end && !f->failed; first++)
			lg_graph_visit(f->analysis->graph, f->through.node[first], look_at, f);
	}
	if (f->failed)
		return lg_finding_no_memory(f);
	if (!f->out->reference_count)
		return lg_fail(f->err, LG_E_NOT_FOUND, "'%s': there is no '%s'%s%s%s", f->text,
			       f->step, f->other_count ? "; there is " : "", f->other,
			       lg_finding_more(f));
	move_on(f);
	return LG_OK;
}

/* ---- types behind a label ---- */

static bool is_of_type(struct lg_finding *f, uint32_t node)
{
	uint32_t type = f->analysis->snapshot->type[node];
	const uint32_t *known = lg_word_map_find(&f->answer, 1 + (uint64_t)type);
	bool is;

	if (lg_analysis_suspended(f->analysis, node) || lg_analysis_task(f->analysis, node)) {
		lg_finding_begin_text(&f->buffer);
		lg_object_type_text(f->analysis, node, 1, &f->buffer);
		if (strcmp(lg_finding_text(&f->buffer), f->step) == 0)
			return true;
	}
	if (known)
		return *known == 2;
	lg_finding_begin_text(&f->buffer);
	lg_type_text(f->analysis, type, &f->buffer);
	is = strcmp(lg_finding_text(&f->buffer), f->step) == 0;
	if (!is)
		lg_finding_candidate(f, lg_finding_text(&f->buffer));
	f->failed = f->failed || !lg_word_map_set(&f->answer, 1 + (uint64_t)type, is ? 2 : 1);
	return is;
}

/* References and roots that lead elsewhere are none of those meant. */
static void keep_references(struct lg_finding *f)
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

static enum lg_status keep_type(struct lg_finding *f)
{
	lg_word_map_free(&f->answer);
	f->answer = (struct lg_word_map){0};
	lg_finding_clear_candidates(f);
	for (size_t i = 0; i < f->at.count; i++)
		if (is_of_type(f, f->at.node[i]))
			lg_finding_add(f, &f->next, f->at.node[i]);
	if (f->failed)
		return lg_finding_no_memory(f);
	if (!f->next.count)
		return lg_fail(f->err, LG_E_NOT_FOUND, "'%s': nothing there is a '%s'%s%s%s",
			       f->text, f->step, f->other_count ? "; it is " : "", f->other,
			       lg_finding_more(f));
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

enum lg_status lg_finding_follow(struct lg_finding *f, const char *step)
{
	f->step = step;
	return reads_as_label(step) ? follow_label(f) : keep_type(f);
}
