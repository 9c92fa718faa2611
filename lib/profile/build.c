/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "graph/fold.h"
#include "profile/finish.h"
#include "profile/parts.h"
#include "profile/search.h"
#include "profile/suspects.h"

#define OBJECTS_A_REPORT 65536

static int by_module(const void *left, const void *right)
{
	const struct lg_folded_dict *a = left, *b = right;

	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->object > b->object) - (a->object < b->object);
}

static enum lg_status prepare(struct lg_profile_search *search)
{
	const struct lg_graph *graph = search->analysis->graph;
	size_t count = search->analysis->snapshot->object_count;

	search->row = lg_alloc(count, sizeof *search->row);
	search->settled = lg_alloc_zero(lg_bit_words((uint32_t)count), sizeof *search->settled);
	search->part = lg_alloc_zero(lg_bit_words((uint32_t)count), sizeof *search->part);
	search->layer = lg_alloc(count, sizeof *search->layer);
	search->next = lg_alloc(count, sizeof *search->next);
	search->dict = lg_alloc(graph->folded_count, sizeof *search->dict);
	if (!search->row || !search->settled || !search->part || !search->layer || !search->next ||
	    !search->dict)
		return lg_fail(search->err, LG_E_MEMORY, "no memory for the paths of %zu objects",
			       count);
	memset(search->row, 0xff, count * sizeof *search->row);
	for (uint32_t i = 0; i < graph->folded_count; i++)
		search->dict[i] = (struct lg_folded_dict){graph->representative[i], graph->folded[i]};
	qsort(search->dict, graph->folded_count, sizeof *search->dict, by_module);
	return LG_OK;
}

static void release(struct lg_profile_search *search)
{
	lg_profile_words_release(&search->words);
	lg_paths_free(&search->paths);
	free(search->row);
	free(search->settled);
	free(search->part);
	free(search->layer);
	free(search->next);
	free(search->dict);
	free(search->suspect);
}

/* A way to a node that no earlier layer has: the first, or one to be told rather. */
static void offer(struct lg_profile_search *search, uint32_t node, uint32_t row)
{
	uint32_t *known = &search->row[node];

	if (*known == LG_NONE)
		search->next[search->next_count++] = node;
	else if (!lg_paths_prefer(&search->paths, search->words.strings, row, *known))
		return;
	*known = row;
}

/* A __dict__ is no step: it is looked into with its holder, whose row it shares. */
static void join(struct lg_profile_search *search, uint32_t dict, uint32_t row)
{
	search->row[dict] = row;
	lg_bit_set(search->settled, dict);
	lg_bit_set(search->part, dict);
	search->layer[search->layer_count++] = dict;
}

static enum lg_status follow(struct lg_profile_search *search, uint32_t holder, uint32_t reference)
{
	const struct lg_analysis *analysis = search->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t target = lg_analysis_node(analysis, s->ref_target[reference]);
	struct lg_label label;
	uint32_t text, type;
	enum lg_status status;

	if (!lg_reference_counts(s->ref_kind[reference], holder, target) ||
	    lg_bit_get(search->settled, target))
		return LG_OK;
	label = lg_label_of(analysis, holder, reference);
	if (label.kind == LG_REF_DICT) {
		join(search, target, search->row[holder]);
		return LG_OK;
	}
	status = lg_profile_label(&search->words, label, &text, search->err);
	if (status == LG_OK)
		status = lg_profile_type(&search->words, target, &type, search->err);
	if (status != LG_OK)
		return status;
	offer(search, target,
	      lg_paths_step(&search->paths, search->row[holder], text, type,
			    label.kind == LG_REF_OTHER && label.name == 0));
	return LG_OK;
}

static enum lg_status follow_all(struct lg_profile_search *search, uint32_t object, uint32_t holder)
{
	const struct lg_snapshot *s = search->analysis->snapshot;
	enum lg_status status = LG_OK;

	if (object >= s->inner_count)
		return LG_OK;
	for (uint32_t r = s->first_reference[object];
	     r < s->first_reference[object + 1] && status == LG_OK; r++)
		status = follow(search, holder, r);
	return status;
}

static enum lg_status look_into(struct lg_profile_search *search, uint32_t node)
{
	const struct lg_folded_dict *dict = search->dict;
	uint32_t dicts = search->analysis->graph->folded_count;
	enum lg_status status = follow_all(search, node, node);

	if (!lg_bit_get(search->analysis->is_namespace, node))
		return status;
	for (uint32_t i = lg_bisect(at, dicts, dict[at].module < node);
	     i < dicts && dict[i].module == node && status == LG_OK; i++)
		status = follow_all(search, search->dict[i].object, node);
	return status;
}

/* What was offered becomes the layer. */
static void settle(struct lg_profile_search *search)
{
	uint32_t *layer = search->layer;

	search->layer = search->next;
	search->next = layer;
	search->layer_count = 0;
	for (uint32_t i = 0; i < search->next_count; i++) {
		uint32_t node = search->layer[i];

		if (lg_bit_get(search->settled, node))
			continue; /* a __dict__ that was joined since */
		lg_bit_set(search->settled, node);
		search->layer[search->layer_count++] = node;
	}
	search->next_count = 0;
}

static enum lg_status look_deeper(struct lg_profile_search *search)
{
	uint32_t total = search->analysis->snapshot->object_count;

	for (settle(search); search->layer_count; settle(search))
		/* The layer grows by what joins it. */
		for (uint32_t i = 0; i < search->layer_count; i++) {
			enum lg_status status = look_into(search, search->layer[i]);

			if (status == LG_OK && search->paths.failed)
				status = lg_fail(search->err, LG_E_MEMORY,
						 "no memory for %zu paths", search->paths.count);
			if (status != LG_OK)
				return status;
			if (++search->done % OBJECTS_A_REPORT == 0 &&
			    lg_progress_report(search->progress, "paths", search->done, total,
					       "objects"))
				return lg_fail(search->err, LG_E_INTERRUPTED,
					       "stopped while summing paths");
		}
	return LG_OK;
}

/* What a person would name as the holder comes first: the rank of each kind of roots. */
#define RANKS 4
static unsigned rank_of(uint8_t kind)
{
	static const uint8_t rank[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_MODULE] = 0,      [LG_ROOT_CLASS] = 0,    [LG_ROOT_OTHER] = 0,
		[LG_ROOT_THREAD] = 1,      [LG_ROOT_INTERPRETER] = 2,
		[LG_ROOT_INTERNED] = 2,    [LG_ROOT_C_CODE] = 3,
	};

	return kind < LG_ROOT_KIND_COUNT ? rank[kind] : 0;
}

static enum lg_status offer_roots(struct lg_profile_search *search, unsigned rank)
{
	const struct lg_snapshot *s = search->analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		uint32_t node = lg_analysis_node(search->analysis, s->roots[i].object);
		uint32_t label, type;
		enum lg_status status;

		if (rank_of(s->roots[i].kind) != rank || lg_bit_get(search->settled, node))
			continue;
		status = lg_profile_root(&search->words, &s->roots[i], &label, search->err);
		if (status == LG_OK)
			status = lg_profile_type(&search->words, node, &type, search->err);
		if (status != LG_OK)
			return status;
		offer(search, node, lg_paths_step(&search->paths, LG_NONE, label, type, false));
	}
	return LG_OK;
}

static enum lg_status finish_parts(struct lg_profile_search *search, const uint64_t *const *member,
				   size_t parts, struct lg_profile **out)
{
	enum lg_status status = lg_profile_find_suspects(search);

	for (size_t i = 0; i < parts; i++)
		out[i] = NULL;
	for (size_t i = 0; i < parts && status == LG_OK; i++)
		status = lg_profile_finish(search, member[i], &out[i], search->err);
	for (size_t i = 0; i < parts && status != LG_OK; i++) {
		lg_profile_free(out[i]);
		out[i] = NULL;
	}
	return status;
}

enum lg_status lg_profile_build_parts(struct lg_analysis *analysis,
				      const struct lg_progress *progress,
				      const uint64_t *const *member, size_t parts,
				      struct lg_profile **out, struct lg_error *err)
{
	lg_cleanup(release) struct lg_profile_search search = {
		.analysis = analysis,
		.progress = progress,
		.err = err,
		.paths.max_rows = LG_PROFILE_MAX_ROWS,
	};
	enum lg_status status;

	status = lg_profile_words_make(analysis, &search.words, err);
	if (status == LG_OK)
		status = prepare(&search);
	search.paths.elsewhere = search.words.elsewhere;
	for (unsigned rank = 0; rank < RANKS && status == LG_OK; rank++) {
		status = offer_roots(&search, rank);
		if (status == LG_OK)
			status = look_deeper(&search);
	}
	return status == LG_OK ? finish_parts(&search, member, parts, out) : status;
}

enum lg_status lg_profile_build(struct lg_analysis *analysis, const struct lg_progress *progress,
				struct lg_profile **out, struct lg_error *err)
{
	const uint64_t *all = NULL;

	*out = NULL;
	return lg_profile_build_parts(analysis, progress, &all, 1, out, err);
}
