/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/bisect.h"
#include "base/cleanup.h"
#include "graph/sweep.h"

/*
 * The graph's rows don't tell which reference of the snapshot each came from,
 * so the few nodes that lose one are read from the snapshot itself, by the
 * predicate that made the rows.
 */

struct dict {
	uint32_t module, object;
};

struct what_if {
	struct lg_sweep sweep;
	const struct lg_removal *removal;
	uint64_t *reference; /* a bit for each one that goes */
	uint64_t *root;      /* likewise */
	uint64_t *loses;     /* a bit for each node that has one of those references */
	struct dict *dicts;  /* folded ones, by module */
};

static void what_if_release(struct what_if *w)
{
	lg_sweep_release(&w->sweep);
	lg_pages_free(w->reference);
	lg_pages_free(w->root);
	lg_pages_free(w->loses);
	lg_pages_free(w->dicts);
}

static int by_module(const void *a, const void *b)
{
	const struct dict *x = a, *y = b;

	return x->module < y->module ? -1 : x->module > y->module;
}

static enum lg_status take_arrays(struct what_if *w, const struct lg_graph *graph,
				  struct lg_error *err)
{
	const struct lg_snapshot *s = graph->snapshot;
	enum lg_status status = lg_sweep_make(graph, &w->sweep, err);

	if (status == LG_OK)
		status = lg_pages_take(w->reference, lg_bit_words(s->reference_count),
				       "marks of references", err);
	if (status == LG_OK)
		status = lg_pages_take(w->root, lg_bit_words(s->root_count), "marks of roots", err);
	if (status == LG_OK)
		status = lg_pages_take(w->loses, lg_bit_words(graph->node_count),
				       "marks of holders", err);
	if (status == LG_OK)
		status = lg_pages_take(w->dicts, graph->folded_count, "the dicts of modules", err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < graph->folded_count; i++)
		w->dicts[i] = (struct dict){graph->representative[i], graph->folded[i]};
	qsort(w->dicts, graph->folded_count, sizeof *w->dicts, by_module);
	return LG_OK;
}

/* The object whose references number r is among: the last that begins at or before r. */
static uint32_t holder_of(const struct lg_snapshot *s, uint32_t r)
{
	return lg_bisect(at, s->inner_count, s->first_reference[at] <= r) - 1;
}

static enum lg_status mark(struct what_if *w, struct lg_error *err)
{
	const struct lg_graph *graph = w->sweep.graph;
	const struct lg_snapshot *s = graph->snapshot;

	for (uint32_t i = 0; i < w->removal->reference_count; i++) {
		uint32_t r = w->removal->references[i];

		if (r >= s->reference_count)
			return lg_fail(err, LG_E_USAGE,
				       "reference %u to remove: the snapshot has %u references", r,
				       s->reference_count);
		lg_bit_set(w->reference, r);
		lg_bit_set(w->loses, lg_graph_node(graph, holder_of(s, r)));
	}
	for (uint32_t i = 0; i < w->removal->root_count; i++) {
		if (w->removal->roots[i] >= s->root_count)
			return lg_fail(err, LG_E_USAGE,
				       "root %u to remove: the snapshot has %u roots",
				       w->removal->roots[i], s->root_count);
		lg_bit_set(w->root, w->removal->roots[i]);
	}
	return LG_OK;
}

/* References of an object that stay (gone false) or go (true), as steps of `node`. */
static void reach_from(struct what_if *w, uint32_t object, uint32_t node, bool gone)
{
	const struct lg_graph *graph = w->sweep.graph;
	const struct lg_snapshot *s = graph->snapshot;

	if (object >= s->inner_count)
		return;
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target = lg_graph_node(graph, s->ref_target[r]);

		if (lg_bit_get(w->reference, r) == gone &&
		    lg_reference_counts(s->ref_kind[r], node, target))
			lg_sweep_reach(&w->sweep, target);
	}
}

static void reach_roots(struct what_if *w, bool gone)
{
	const struct lg_graph *graph = w->sweep.graph;
	const struct lg_snapshot *s = graph->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++)
		if (lg_bit_get(w->root, i) == gone && s->roots[i].object != 0)
			lg_sweep_reach(&w->sweep, lg_graph_node(graph, s->roots[i].object));
}

/* A node that loses a reference, with the dict folded into it (it has at most one). */
static void reach_from_loser(struct what_if *w, uint32_t node, bool gone)
{
	struct dict key = {.module = node};
	const struct dict *dict = bsearch(&key, w->dicts, w->sweep.graph->folded_count,
					  sizeof *dict, by_module);

	reach_from(w, node, node, gone);
	if (dict)
		reach_from(w, dict->object, node, gone);
}

static void search_without(struct what_if *w)
{
	struct lg_sweep *s = &w->sweep;

	lg_bit_set(s->seen, 0);
	reach_roots(w, false);
	while (s->depth) {
		uint32_t node = s->stack[--s->depth];

		if (lg_bit_get(w->loses, node))
			reach_from_loser(w, node, false);
		else
			lg_sweep_row(s, node);
	}
}

/* What goes and was reached still: a reference whose holder is lost goes with the holder. */
static void search_lost(struct what_if *w)
{
	const struct lg_graph *graph = w->sweep.graph;

	lg_sweep_turn(&w->sweep);
	reach_roots(w, true);
	for (size_t word = 0; word < lg_bit_words(graph->node_count); word++)
		for (uint64_t bits = w->loses[word] & w->sweep.before[word]; bits; bits &= bits - 1)
			reach_from_loser(w, (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(bits),
					 true);
	lg_sweep_drain(&w->sweep);
}

enum lg_status lg_what_if(const struct lg_graph *graph, const struct lg_removal *removal,
			  struct lg_freed *out, struct lg_error *err)
{
	lg_cleanup(what_if_release) struct what_if w = {.removal = removal};
	enum lg_status status = take_arrays(&w, graph, err);

	*out = (struct lg_freed){0};
	if (status == LG_OK)
		status = mark(&w, err);
	if (status != LG_OK)
		return status;
	search_without(&w);
	search_lost(&w);
	*out = lg_sweep_lost(&w.sweep);
	return LG_OK;
}
