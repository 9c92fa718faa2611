/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "graph/fold.h"
#include "graph/pages.h"

struct fold {
	uint32_t object;
	uint32_t representative;
	uint32_t order; /* of the root: the first one wins */
};

static int by_object(const void *a, const void *b)
{
	const struct fold *x = a, *y = b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The module's dict, or LG_NONE. */
static uint32_t dict_of(const struct lg_snapshot *s, uint32_t module)
{
	if (module >= s->inner_count)
		return LG_NONE;
	for (uint32_t r = s->first_reference[module]; r < s->first_reference[module + 1]; r++)
		if (s->ref_kind[r] == LG_REF_DICT)
			return s->ref_target[r];
	return LG_NONE;
}

static uint32_t collect(const struct lg_snapshot *s, const uint64_t *is_module, struct fold *folds)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->root_count; i++) {
		uint32_t module = s->roots[i].object, dict;

		if (s->roots[i].kind != LG_ROOT_MODULE || module == 0)
			continue;
		dict = dict_of(s, module);
		if (dict == LG_NONE || dict == 0 || lg_bit_get(is_module, dict))
			continue;
		folds[count++] = (struct fold){dict, module, i};
	}
	return count;
}

static enum lg_status keep_first_of_each(struct lg_graph *graph, struct fold *folds, uint32_t count,
					 struct lg_error *err)
{
	enum lg_status status;

	qsort(folds, count, sizeof *folds, by_object);
	status = lg_pages_take(graph->folded, count, "the list of folded dicts", err);
	if (status == LG_OK)
		status = lg_pages_take(graph->representative, count, "the list of modules", err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < count; i++) {
		if (i && folds[i].object == folds[i - 1].object)
			continue;
		graph->folded[graph->folded_count] = folds[i].object;
		graph->representative[graph->folded_count++] = folds[i].representative;
	}
	return LG_OK;
}

static int by_representative(const void *a, const void *b, void *context)
{
	const uint32_t *representative = context;
	uint32_t x = representative[*(const uint32_t *)a], y = representative[*(const uint32_t *)b];

	return (x > y) - (x < y);
}

enum lg_status lg_fold_tables(struct lg_graph *graph, struct lg_error *err)
{
	enum lg_status status = lg_pages_take(graph->by_representative, graph->folded_count,
					      "the list of modules", err);

	if (status == LG_OK)
		status = lg_pages_take(graph->folded_filter, lg_bit_words(LG_FOLD_FILTER_BITS),
				       "the dicts of modules", err);
	if (status == LG_OK)
		status = lg_pages_take(graph->holder_filter, lg_bit_words(LG_FOLD_FILTER_BITS),
				       "the modules with dicts", err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < graph->folded_count; i++) {
		graph->by_representative[i] = i;
		lg_bit_set(graph->folded_filter, graph->folded[i] % LG_FOLD_FILTER_BITS);
		lg_bit_set(graph->holder_filter, graph->representative[i] % LG_FOLD_FILTER_BITS);
	}
	qsort_r(graph->by_representative, graph->folded_count, sizeof *graph->by_representative,
		by_representative, graph->representative);
	return LG_OK;
}

enum lg_status lg_fold_modules(struct lg_graph *graph, struct lg_error *err)
{
	const struct lg_snapshot *s = graph->snapshot;
	lg_cleanup(lg_pages_drop) uint64_t *is_module = NULL;
	lg_cleanup(lg_pages_drop) struct fold *folds = NULL;
	uint32_t modules = 0;
	enum lg_status status;

	status = lg_pages_take(is_module, lg_bit_words(s->object_count), "a mark for each object",
			       err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < s->root_count; i++) {
		if (s->roots[i].kind != LG_ROOT_MODULE)
			continue;
		lg_bit_set(is_module, s->roots[i].object);
		modules++;
	}
	status = lg_pages_take(folds, modules, "the dicts of modules", err);
	if (status != LG_OK)
		return status;
	status = keep_first_of_each(graph, folds, collect(s, is_module, folds), err);
	return status == LG_OK ? lg_fold_tables(graph, err) : status;
}

uint32_t lg_graph_find_node(const struct lg_graph *graph, uint32_t object)
{
	uint32_t low = lg_bisect(at, graph->folded_count, graph->folded[at] < object);

	if (low < graph->folded_count && graph->folded[low] == object)
		return graph->representative[low];
	return object;
}

uint32_t lg_graph_find_folded(const struct lg_graph *graph, uint32_t node)
{
	const uint32_t *order = graph->by_representative;
	uint32_t low = lg_bisect(at, graph->folded_count, graph->representative[order[at]] < node);

	if (low < graph->folded_count && graph->representative[order[low]] == node)
		return graph->folded[order[low]];
	return LG_NONE;
}
