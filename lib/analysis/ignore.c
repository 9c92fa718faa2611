/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/names.h"
#include "base/array.h"
#include "base/bits.h"
#include "base/cleanup.h"
#include "graph/pages.h"

/*
 * Shortest paths that avoid what the user knows already: a breadth-first search over
 * the references themselves, since labels are theirs. What a pattern matches is
 * reached, so that one may ask for it, but leads no further; a reference whose
 * label one matches is not there.
 */
enum answer { NOT_ASKED, NO, YES };

struct ignoring {
	struct lg_analysis *analysis;
	const char *const *pattern;
	size_t count;
	uint8_t *type;  /* of types: enum answer */
	uint8_t *label; /* of kinds and names */
	size_t names;   /* of a kind */
	uint32_t *queue;
	size_t queued;
	struct lg_buffer text;
	struct lg_shortest *out;
	uint32_t *via;
};

static void free_ignoring(struct ignoring *i)
{
	free(i->type);
	free(i->label);
	free(i->queue);
	free(i->via);
	lg_buffer_free(&i->text);
	lg_shortest_free(i->out);
}

static bool matches(const struct ignoring *i, const char *text)
{
	/* A label such as [str] is a set of letters to fnmatch. */
	for (size_t p = 0; p < i->count; p++)
		if (strcmp(i->pattern[p], text) == 0 || fnmatch(i->pattern[p], text, 0) == 0)
			return true;
	return false;
}

static void begin_text(struct ignoring *i)
{
	i->text.used = 0;
	if (i->text.bytes)
		i->text.bytes[0] = 0;
}

static const char *end_text(const struct ignoring *i)
{
	return i->text.bytes ? i->text.bytes : "";
}

static bool is_type_ignored(struct ignoring *i, uint32_t type)
{
	if (i->type[type] == NOT_ASKED) {
		begin_text(i);
		lg_type_text(i->analysis, type, &i->text);
		i->type[type] = matches(i, end_text(i)) ? YES : NO;
	}
	return i->type[type] == YES;
}

static bool is_label_ignored(struct ignoring *i, struct lg_label label)
{
	size_t name = label.kind == LG_REF_KEY_STR ? label.exact : label.name;
	uint8_t *answer = &i->label[label.kind * i->names + name];

	if (*answer == NOT_ASKED) {
		begin_text(i);
		lg_label_text(i->analysis, label, false, &i->text);
		*answer = matches(i, end_text(i)) ||
					  (label.kind == LG_REF_KEY_STR && matches(i, "[str]"))
				  ? YES
				  : NO;
	}
	return *answer == YES;
}

/* "module app.cache", or the name of the module alone. */
static bool is_root_ignored(struct ignoring *i, const struct lg_root *root)
{
	begin_text(i);
	lg_root_text(i->analysis, root, &i->text);
	if (matches(i, end_text(i)))
		return true;
	if (root->kind != LG_ROOT_MODULE)
		return false;
	begin_text(i);
	lg_buffer_name(&i->text, lg_snapshot_string(i->analysis->snapshot, root->name), 0,
		       LG_NAME_COLUMNS);
	return matches(i, end_text(i));
}

static void reach(struct ignoring *i, uint32_t node, uint32_t parent, uint32_t reference)
{
	if (i->out->distance[node] != LG_NONE)
		return;
	i->out->parent[node] = parent;
	i->out->distance[node] = i->out->distance[parent] + 1;
	i->via[node] = reference;
	i->queue[i->queued++] = node;
}

static void follow(struct ignoring *i, uint32_t node, uint32_t object)
{
	const struct lg_snapshot *s = i->analysis->snapshot;

	if (object >= s->inner_count)
		return;
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++)
		if (lg_ref_is_strong(s->ref_kind[r]) &&
		    !is_label_ignored(i, lg_label_of(i->analysis, node, r)))
			reach(i, lg_analysis_node(i->analysis, s->ref_target[r]), node, r);
}

static bool is_root(const struct ignoring *i, uint32_t node)
{
	return i->out->distance[node] == 1;
}

static bool leads_on(struct ignoring *i, uint32_t node)
{
	const struct lg_root *root = is_root(i, node) ? lg_analysis_root(i->analysis, node) : NULL;

	return !is_type_ignored(i, i->analysis->snapshot->type[node]) &&
	       !(root && is_root_ignored(i, root));
}

static void search(struct ignoring *i)
{
	const struct lg_graph *graph = i->analysis->graph;
	const struct lg_snapshot *s = i->analysis->snapshot;

	i->out->distance[0] = 0;
	for (uint32_t r = 0; r < s->root_count; r++)
		reach(i, lg_analysis_node(i->analysis, s->roots[r].object), 0, LG_NONE);
	for (size_t at = 0; at < i->queued; at++) {
		uint32_t node = i->queue[at];

		if (!leads_on(i, node))
			continue;
		follow(i, node, node);
		if (!is_root(i, node) || !lg_bit_get(i->analysis->is_namespace, node))
			continue;
		for (uint32_t f = 0; f < graph->folded_count; f++)
			if (graph->representative[f] == node)
				follow(i, node, graph->folded[f]);
	}
}

static enum lg_status prepare(struct ignoring *i, struct lg_error *err)
{
	const struct lg_snapshot *s = i->analysis->snapshot;
	size_t count = s->object_count;
	enum lg_status status;

	i->names = s->strings.count > s->type_count ? s->strings.count : s->type_count;
	i->type = lg_alloc_zero(s->type_count, 1);
	i->label = lg_alloc_zero(i->names, LG_REF_KIND_COUNT);
	i->queue = lg_alloc(count, sizeof *i->queue);
	i->via = lg_alloc(count, sizeof *i->via);
	i->out = lg_alloc_zero(1, sizeof *i->out);
	if (!i->type || !i->label || !i->queue || !i->via || !i->out)
		return lg_fail(err, LG_E_MEMORY, "no memory for other paths to %zu objects", count);
	i->out->node_count = s->object_count;
	status = lg_pages_take(i->out->parent, count, "shortest paths", err);
	if (status == LG_OK)
		status = lg_pages_take(i->out->distance, count, "distances from the roots", err);
	if (status != LG_OK)
		return status;
	memset(i->out->parent, 0xff, count * sizeof *i->out->parent);
	memset(i->out->distance, 0xff, count * sizeof *i->out->distance);
	memset(i->via, 0xff, count * sizeof *i->via);
	return LG_OK;
}

enum lg_status lg_analysis_ignore(struct lg_analysis *analysis, const char *const *pattern,
				  size_t count, struct lg_error *err)
{
	lg_cleanup(free_ignoring) struct ignoring i = {
		.analysis = analysis,
		.pattern = pattern,
		.count = count,
	};

	enum lg_status status = prepare(&i, err);

	if (status != LG_OK)
		return status;
	search(&i);
	if (i.text.failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	/* An index owns the columns of what it brought: that is put aside, not freed. */
	if (analysis->shortest_via)
		lg_shortest_free(analysis->shortest);
	else
		analysis->shortest_of_all = analysis->shortest;
	free(analysis->shortest_via);
	analysis->shortest = i.out;
	analysis->shortest_via = i.via;
	i.out = NULL;
	i.via = NULL;
	return LG_OK;
}
