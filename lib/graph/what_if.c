/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/bisect.h"
#include "base/cleanup.h"
#include "graph/sweep.h"
#include "graph/visit.h"

/*
 * The graph's rows don't tell which reference of the snapshot each came from,
 * so the few nodes that lose one are read from the snapshot itself, by the
 * predicate that made the rows.
 *
 * Of several removals one search goes around all of them; what it meets stays
 * whatever is removed. Each removal alone is then that search, gone on with
 * where only the others had stopped it: the cost is that of what they free.
 */

struct what_if {
	struct lg_sweep sweep;
	uint64_t *reference; /* a bit for each one that goes */
	uint64_t *root;      /* likewise */
	uint64_t *loses;     /* a bit for each node that has one that may go */
	uint64_t *all;       /* a bit for each node that is reached when nothing goes */
	bool gone;           /* which references lead on now: those that go, or the others */
};

static void what_if_release(struct what_if *w)
{
	lg_sweep_release(&w->sweep);
	lg_pages_free(w->reference);
	lg_pages_free(w->root);
	lg_pages_free(w->loses);
	lg_pages_free(w->all);
}

static enum lg_status take_arrays(struct what_if *w, const struct lg_graph *graph,
				  struct lg_error *err)
{
	const struct lg_snapshot *s = graph->snapshot;
	size_t words = lg_bit_words(graph->node_count);
	enum lg_status status = lg_sweep_make(graph, &w->sweep, err);

	if (status == LG_OK)
		status = lg_pages_take(w->reference, lg_bit_words(s->reference_count),
				       "marks of references", err);
	if (status == LG_OK)
		status = lg_pages_take(w->root, lg_bit_words(s->root_count), "marks of roots", err);
	if (status == LG_OK)
		status = lg_pages_take(w->loses, words, "marks of holders", err);
	if (status == LG_OK)
		status = lg_pages_take(w->all, words, "marks of a search", err);
	return status;
}

/* The object whose references number r is among: the last that begins at or before r. */
static uint32_t holder_of(const struct lg_snapshot *s, uint32_t r)
{
	return lg_bisect(at, s->inner_count, s->first_reference[at] <= r) - 1;
}

static enum lg_status check(const struct lg_snapshot *s, const struct lg_removal *removal,
			    struct lg_error *err)
{
	for (uint32_t i = 0; i < removal->reference_count; i++)
		if (removal->references[i] >= s->reference_count)
			return lg_fail(err, LG_E_USAGE,
				       "reference %u to remove: the snapshot has %u references",
				       removal->references[i], s->reference_count);
	for (uint32_t i = 0; i < removal->root_count; i++)
		if (removal->roots[i] >= s->root_count)
			return lg_fail(err, LG_E_USAGE,
				       "root %u to remove: the snapshot has %u roots",
				       removal->roots[i], s->root_count);
	return LG_OK;
}

/* Mark what a removal takes, or unmark it; its holders stay marked. */
static void mark(struct what_if *w, const struct lg_removal *removal, bool goes)
{
	const struct lg_snapshot *s = w->sweep.graph->snapshot;

	for (uint32_t i = 0; i < removal->reference_count; i++) {
		uint32_t r = removal->references[i];

		if (goes)
			lg_bit_set(w->reference, r);
		else
			lg_bit_clear(w->reference, r);
		lg_bit_set(w->loses, lg_graph_node(w->sweep.graph, holder_of(s, r)));
	}
	for (uint32_t i = 0; i < removal->root_count; i++) {
		if (goes)
			lg_bit_set(w->root, removal->roots[i]);
		else
			lg_bit_clear(w->root, removal->roots[i]);
	}
}

static bool reach_by(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct what_if *w = context;

	(void)node;
	if (lg_bit_get(w->reference, reference) == w->gone)
		lg_sweep_reach(&w->sweep, target);
	return true;
}

static void reach_roots(struct what_if *w)
{
	const struct lg_snapshot *s = w->sweep.graph->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++)
		if (lg_bit_get(w->root, i) == w->gone && s->roots[i].object != 0)
			lg_sweep_reach(&w->sweep, lg_graph_node(w->sweep.graph, s->roots[i].object));
}

/* Go on around what goes. */
static void drain_around(struct what_if *w)
{
	struct lg_sweep *s = &w->sweep;

	while (s->depth) {
		uint32_t node = s->stack[--s->depth];

		if (lg_bit_get(w->loses, node))
			lg_graph_visit(s->graph, node, reach_by, w);
		else
			lg_sweep_row(s, node);
	}
}

/* From what was reached `before` by the references of those that lose some. */
static void reach_from_losers(struct what_if *w)
{
	for (size_t word = 0; word < lg_bit_words(w->sweep.graph->node_count); word++)
		for (uint64_t bits = w->loses[word] & w->sweep.before[word]; bits; bits &= bits - 1)
			lg_graph_visit(w->sweep.graph,
				       (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(bits),
				       reach_by, w);
}

static void search_without(struct what_if *w)
{
	w->gone = false;
	lg_bit_set(w->sweep.seen, 0);
	reach_roots(w);
	drain_around(w);
	lg_sweep_turn(&w->sweep);
}

/* What goes and was reached still: a reference whose holder is lost goes with the holder. */
static struct lg_freed search_lost(struct what_if *w)
{
	w->gone = true;
	reach_roots(w);
	reach_from_losers(w);
	lg_sweep_drain(&w->sweep);
	return lg_sweep_lost(&w->sweep);
}

/* With just this one removed; `before` is what stays without all of them. */
static struct lg_freed search_alone(struct what_if *w, const struct lg_removal *removal)
{
	struct lg_sweep *s = &w->sweep;
	size_t bytes = lg_bit_words(s->graph->node_count) * sizeof *s->seen;
	uint64_t *stays = s->before;
	struct lg_freed freed;

	w->gone = false;
	mark(w, removal, true);
	memcpy(s->seen, s->before, bytes);
	reach_roots(w);
	reach_from_losers(w);
	drain_around(w);
	mark(w, removal, false);
	/* Lost is what all reaches and this does not. */
	s->before = s->seen;
	s->seen = w->all;
	freed = lg_sweep_lost(s);
	s->seen = s->before;
	s->before = stays;
	return freed;
}

enum lg_status lg_what_if_each(const struct lg_graph *graph, const struct lg_removal *removal,
			       uint32_t count, struct lg_freed *alone, struct lg_freed *together,
			       struct lg_error *err)
{
	lg_cleanup(what_if_release) struct what_if w = {0};
	size_t bytes = lg_bit_words(graph->node_count) * sizeof *w.all;
	enum lg_status status = take_arrays(&w, graph, err);

	*together = (struct lg_freed){0};
	for (uint32_t i = 0; i < count && status == LG_OK; i++)
		status = check(graph->snapshot, &removal[i], err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < count; i++)
		mark(&w, &removal[i], true);
	search_without(&w);
	*together = search_lost(&w);
	if (!alone)
		return LG_OK;
	memcpy(w.all, w.sweep.seen, bytes);
	for (uint32_t i = 0; i < count; i++)
		mark(&w, &removal[i], false);
	for (uint32_t i = 0; i < count; i++)
		alone[i] = search_alone(&w, &removal[i]);
	return LG_OK;
}

enum lg_status lg_what_if(const struct lg_graph *graph, const struct lg_removal *removal,
			  struct lg_freed *out, struct lg_error *err)
{
	return lg_what_if_each(graph, removal, 1, NULL, out, err);
}
