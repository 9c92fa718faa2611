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
 * One search goes around all removals; what it meets stays whatever is removed.
 * A second one goes on through them, over what they free together, and carries
 * along of which removals each node is free: a bit for each, set where some way
 * to it makes do without that one. What never gains the bit of a removal goes
 * with that one alone. A node is looked into again when it gains a bit, so those
 * that have all of them come first: most are looked into once.
 */
#define REMOVALS_AT_ONCE 7
#define FREE_OF_ALL ((uint8_t)UINT8_MAX) /* the bit that no removal has says: met */

struct what_if {
	struct lg_sweep sweep; /* its stack: those free of all */
	uint8_t *goes;         /* by reference: 0 stays; else its removal has bit goes - 1, or
				  none in this turn */
	uint8_t *root_goes;    /* by root, likewise */
	uint64_t *loses;       /* a bit for each node that has one that goes */
	uint8_t *free_of;      /* by node; 0: not met */
	uint32_t *others;      /* inner nodes to look into that are not free of all ... */
	uint32_t others_count;
	uint64_t *waits; /* ... a bit for each */
	uint32_t first;  /* of the removals that have bits now */
	uint8_t own;     /* of the node that is looked into */
};

static void what_if_release(struct what_if *w)
{
	lg_sweep_release(&w->sweep);
	lg_pages_free(w->goes);
	lg_pages_free(w->root_goes);
	lg_pages_free(w->loses);
	lg_pages_free(w->free_of);
	lg_pages_free(w->others);
	lg_pages_free(w->waits);
}

static enum lg_status take_arrays(struct what_if *w, const struct lg_graph *graph,
				  struct lg_error *err)
{
	const struct lg_snapshot *s = graph->snapshot;
	size_t words = lg_bit_words(graph->node_count);
	enum lg_status status = lg_sweep_make(graph, &w->sweep, err);

	if (status == LG_OK)
		status = lg_pages_take(w->goes, s->reference_count, "marks of references", err);
	if (status == LG_OK)
		status = lg_pages_take(w->root_goes, s->root_count, "marks of roots", err);
	if (status == LG_OK)
		status = lg_pages_take(w->loses, words, "marks of holders", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(w->free_of, graph->node_count, "marks of removals", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(w->others, graph->inner_count, "the search's stack", err);
	if (status == LG_OK)
		status = lg_pages_take(w->waits, words, "marks of a search", err);
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

/* Who has what a removal takes. References of one holder mostly stand together. */
static void mark_losers(struct what_if *w, const struct lg_removal *removal)
{
	const struct lg_graph *graph = w->sweep.graph;
	const uint32_t *first = graph->snapshot->first_reference;
	uint32_t holder = 0;

	for (uint32_t i = 0; i < removal->reference_count; i++) {
		uint32_t r = removal->references[i];

		if (r < first[holder] || r >= first[holder + 1])
			holder = holder_of(graph->snapshot, r);
		lg_bit_set(w->loses, lg_graph_node(graph, holder));
	}
}

/* What goes, with the bits of the removals from w->first on. */
static void mark_removals(struct what_if *w, const struct lg_removal *removal, uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		uint32_t at = n - w->first;
		uint8_t mark = 1 + (at < REMOVALS_AT_ONCE ? (uint8_t)at : REMOVALS_AT_ONCE);

		for (uint32_t i = 0; i < removal[n].reference_count; i++)
			w->goes[removal[n].references[i]] = mark;
		for (uint32_t i = 0; i < removal[n].root_count; i++)
			w->root_goes[removal[n].roots[i]] = mark;
	}
}

static bool reach_around(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct what_if *w = context;

	(void)node;
	if (!w->goes[reference])
		lg_sweep_reach(&w->sweep, target);
	return true;
}

static void search_around(struct what_if *w)
{
	struct lg_sweep *s = &w->sweep;
	const struct lg_snapshot *snapshot = s->graph->snapshot;

	lg_bit_set(s->seen, 0);
	for (uint32_t i = 0; i < snapshot->root_count; i++)
		if (!w->root_goes[i] && snapshot->roots[i].object != 0)
			lg_sweep_reach(s, lg_graph_node(s->graph, snapshot->roots[i].object));
	while (s->depth) {
		uint32_t node = s->stack[--s->depth];

		if (lg_bit_get(w->loses, node))
			lg_graph_visit(s->graph, node, reach_around, w);
		else
			lg_sweep_row(s, node);
	}
	lg_sweep_turn(s);
}

/* A way to a node that is free of these. */
static inline void offer(struct what_if *w, uint32_t node, uint8_t free_of)
{
	struct lg_sweep *s = &w->sweep;
	uint8_t known = w->free_of[node], now = known | free_of;

	if (now == known)
		return;
	w->free_of[node] = now;
	if (!known)
		lg_bit_set(s->seen, node);
	if (node >= s->graph->inner_count)
		return;
	if (now == FREE_OF_ALL) {
		s->stack[s->depth++] = node;
	} else if (!lg_bit_get(w->waits, node)) {
		lg_bit_set(w->waits, node);
		w->others[w->others_count++] = node;
	}
}

/* All bits but that of a mark. */
static uint8_t without(uint8_t mark)
{
	return (uint8_t)~(mark && mark <= REMOVALS_AT_ONCE ? 1u << (mark - 1) : 0);
}

static bool offer_target(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct what_if *w = context;

	(void)node;
	offer(w, target, w->own & without(w->goes[reference]));
	return true;
}

static void offer_row(struct what_if *w, uint32_t node)
{
	const struct lg_graph *graph = w->sweep.graph;

	for (uint32_t e = graph->inner_first[node]; e < graph->inner_first[node + 1]; e++)
		offer(w, graph->inner_target[e], w->own);
	for (uint32_t e = graph->leaf_first[node]; e < graph->leaf_first[node + 1]; e++)
		offer(w, graph->leaf_target[e], w->own);
}

static void look_into(struct what_if *w, uint32_t node, uint8_t own)
{
	w->own = own;
	if (lg_bit_get(w->loses, node))
		lg_graph_visit(w->sweep.graph, node, offer_target, w);
	else
		offer_row(w, node);
}

static void begin_turn(struct what_if *w)
{
	const struct lg_sweep *s = &w->sweep;
	uint32_t nodes = s->graph->node_count;

	for (uint32_t first = 0; first < nodes; first += 64) {
		uint32_t end = nodes - first < 64 ? nodes : first + 64;
		uint64_t stays = s->before[first / 64];

		if (stays == 0 || stays == UINT64_MAX)
			memset(w->free_of + first, stays ? FREE_OF_ALL : 0, end - first);
		else
			for (uint32_t v = first; v < end; v++)
				w->free_of[v] = stays >> (v - first) & 1 ? FREE_OF_ALL : 0;
	}
}

/* All that waits; of the others, who came to be free of all has been looked into. */
static void drain(struct what_if *w)
{
	struct lg_sweep *s = &w->sweep;

	while (s->depth || w->others_count) {
		uint32_t node;

		if (s->depth) {
			look_into(w, s->stack[--s->depth], FREE_OF_ALL);
			continue;
		}
		node = w->others[--w->others_count];
		lg_bit_clear(w->waits, node);
		if (w->free_of[node] != FREE_OF_ALL)
			look_into(w, node, w->free_of[node]);
	}
}

/* From what stays into all that goes. */
static void search_through(struct what_if *w)
{
	const struct lg_sweep *s = &w->sweep;
	const struct lg_snapshot *snapshot = s->graph->snapshot;

	begin_turn(w);
	for (uint32_t i = 0; i < snapshot->root_count; i++)
		if (snapshot->roots[i].object != 0)
			offer(w, lg_graph_node(s->graph, snapshot->roots[i].object),
			      without(w->root_goes[i]));
	for (size_t word = 0; word < lg_bit_words(s->graph->node_count); word++)
		for (uint64_t bits = w->loses[word] & s->before[word]; bits; bits &= bits - 1)
			look_into(w, (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(bits),
				  FREE_OF_ALL);
	drain(w);
}

/* An object that is lost, with its node's bits: it goes with each removal it is not free of. */
static void add_lost(const struct what_if *w, uint32_t node, uint32_t object, uint32_t count,
		     struct lg_freed *alone)
{
	uint8_t needs = (uint8_t)~w->free_of[node];

	for (; needs; needs &= (uint8_t)(needs - 1)) {
		uint32_t removal = w->first + (uint32_t)__builtin_ctz(needs);

		if (removal >= count)
			return;
		alone[removal].bytes += w->sweep.graph->snapshot->shallow_bytes[object];
		alone[removal].objects++;
	}
}

static void add_each(const struct what_if *w, uint32_t count, struct lg_freed *alone)
{
	const struct lg_sweep *s = &w->sweep;
	const struct lg_graph *graph = s->graph;

	for (size_t word = 0; word < lg_bit_words(graph->node_count); word++)
		for (uint64_t bits = s->seen[word] & ~s->before[word]; bits; bits &= bits - 1) {
			uint32_t node = (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(bits);

			add_lost(w, node, node, count, alone);
		}
	for (uint32_t i = 0; i < graph->folded_count; i++)
		if (lg_sweep_is_lost(s, graph->representative[i]))
			add_lost(w, graph->representative[i], graph->folded[i], count, alone);
}

enum lg_status lg_what_if_each(const struct lg_graph *graph, const struct lg_removal *removal,
			       uint32_t count, struct lg_freed *alone, struct lg_freed *together,
			       struct lg_error *err)
{
	lg_cleanup(what_if_release) struct what_if w = {0};
	enum lg_status status = take_arrays(&w, graph, err);

	*together = (struct lg_freed){0};
	for (uint32_t i = 0; i < count && status == LG_OK; i++)
		status = check(graph->snapshot, &removal[i], err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < count; i++)
		mark_losers(&w, &removal[i]);
	mark_removals(&w, removal, count);
	search_around(&w);
	search_through(&w);
	*together = lg_sweep_lost(&w.sweep);
	if (!alone)
		return LG_OK;
	memset(alone, 0, count * sizeof *alone);
	add_each(&w, count, alone);
	for (w.first = REMOVALS_AT_ONCE; w.first < count; w.first += REMOVALS_AT_ONCE) {
		mark_removals(&w, removal, count);
		search_through(&w);
		add_each(&w, count, alone);
	}
	return LG_OK;
}

enum lg_status lg_what_if(const struct lg_graph *graph, const struct lg_removal *removal,
			  struct lg_freed *out, struct lg_error *err)
{
	return lg_what_if_each(graph, removal, 1, NULL, out, err);
}
