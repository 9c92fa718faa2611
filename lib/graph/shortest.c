/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "graph/fold.h"
#include "graph/pages.h"

/*
 * One breadth-first search finds the distances and, among equally short paths,
 * the one that tells a reader most: when a node's turn comes, all nodes nearer
 * to a root have had theirs, so that its own rank is final.
 *
 * It goes by the rows of the snapshot rather than those of the graph, which
 * don't know how a reference is called.
 */

#define AHEAD 16

/*
 * Steps from the virtual root, and behind them what the path costs: below all
 * the costs of fewer than 2^31 steps.
 */
#define ONE_STEP   ((uint64_t)1 << 33)
#define NOT_YET    UINT64_MAX

#define COST_NAMELESS 1 /* a C type's reference without a name */
#define COST_THREAD   4 /* what a thread's state keeps beside its frames */

struct lg_shortest_search {
	const struct lg_graph *graph;
	const struct lg_snapshot *snapshot;
	uint32_t thread_type; /* LG_NONE: there is none */
	uint64_t *rank;       /* by node */
	uint32_t *parent;
	uint32_t *queue;
	uint32_t head, tail; /* between levels: of the one whose turn it is */
	uint64_t *mark; /* a bit for each inner node: none is set but while a level is sorted */
};

LG_DEFINE_CLEANUP(lg_shortest_free, struct lg_shortest *)

/* The type of the pseudo objects that stand for threads. */
static uint32_t thread_type(const struct lg_snapshot *s)
{
	for (uint32_t t = 0; t < s->type_count; t++) {
		struct lg_text name = lg_snapshot_string(s, s->types[t].name);

		if (s->types[t].flags & LG_TYPE_PSEUDO && lg_text_is(name, "thread"))
			return t;
	}
	return LG_NONE;
}

static inline uint64_t cost_of(const struct lg_snapshot *s, uint32_t reference, bool thread)
{
	if (s->ref_kind[reference] != LG_REF_OTHER)
		return 0;
	if (thread)
		return COST_THREAD;
	return s->ref_name[reference] ? 0 : COST_NAMELESS;
}

static inline void offer(struct lg_shortest_search *search, uint32_t node, uint32_t parent, uint64_t rank)
{
	if (rank >= search->rank[node])
		return;
	if (search->rank[node] == NOT_YET && node < search->graph->inner_count)
		search->queue[search->tail++] = node;
	search->rank[node] = rank;
	search->parent[node] = parent;
}

/* The references of an object, which is `node` or folded into it. */
static void look_into(struct lg_shortest_search *search, uint32_t object, uint32_t node)
{
	const struct lg_snapshot *s = search->snapshot;
	uint64_t next = search->rank[node] + ONE_STEP;
	bool thread = s->type_count && s->type[object] == search->thread_type;

	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target = lg_graph_node(search->graph, s->ref_target[r]);

		if (lg_reference_counts(s->ref_kind[r], node, target))
			offer(search, target, node, next + cost_of(s, r, thread));
	}
}

static void prefetch(const struct lg_shortest_search *search, uint32_t head)
{
	const struct lg_snapshot *s = search->snapshot;
	uint32_t far = search->queue[head + AHEAD], near = search->queue[head + AHEAD / 2];
	uint32_t first = s->first_reference[near];

	__builtin_prefetch(&s->first_reference[far]);
	__builtin_prefetch(&s->ref_target[first]);
	__builtin_prefetch(&s->ref_kind[first]);
	__builtin_prefetch(&s->ref_name[first]);
	near = search->queue[head + AHEAD / 4];
	first = s->first_reference[near];
	for (uint32_t r = first; r < s->first_reference[near + 1] && r < first + AHEAD / 4; r++)
		__builtin_prefetch(&search->rank[s->ref_target[r]], 1);
}

/*
 * A level in ascending order, which is that of the memory behind it: rows then
 * follow one another. Where it is too sparse for a pass over the marks between
 * its ends there is little to win.
 */
static void sort_level(struct lg_shortest_search *search, uint32_t from, uint32_t to)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t i = from; i < to; i++) {
		least = search->queue[i] < least ? search->queue[i] : least;
		most = search->queue[i] > most ? search->queue[i] : most;
	}
	if ((most - least) / 64 > to - from)
		return;
	for (uint32_t i = from; i < to; i++)
		lg_bit_set(search->mark, search->queue[i]);
	for (uint32_t word = least / 64; from < to; word++) {
		for (uint64_t bits = search->mark[word]; bits; bits &= bits - 1)
			search->queue[from++] = 64 * word + (uint32_t)__builtin_ctzll(bits);
		search->mark[word] = 0;
	}
}

static void begin(struct lg_shortest_search *search)
{
	const struct lg_graph *graph = search->graph;

	search->rank[0] = 0;
	search->parent[0] = LG_NONE;
	for (uint32_t e = 0; e < graph->inner_first[1]; e++)
		offer(search, graph->inner_target[e], 0, ONE_STEP);
	for (uint32_t e = 0; e < graph->leaf_first[1]; e++)
		offer(search, graph->leaf_target[e], 0, ONE_STEP);
}

/* After this the paths to all that was met are final. */
static void walk_level(struct lg_shortest_search *search)
{
	const struct lg_graph *graph = search->graph;
	uint32_t end = search->tail;

	sort_level(search, search->head, end);
	for (; search->head < end; search->head++) {
		uint32_t node = search->queue[search->head], dict;

		if (search->tail - search->head > AHEAD)
			prefetch(search, search->head);
		look_into(search, node, node);
		dict = lg_graph_folded_into(graph, node);
		if (dict < graph->inner_count)
			look_into(search, dict, node);
	}
}

static enum lg_status take_arrays(struct lg_shortest_search *search, struct lg_shortest *out,
				  struct lg_error *err)
{
	size_t nodes = search->graph->node_count, inner = search->graph->inner_count;
	enum lg_status status =
		lg_pages_room("shortest paths", 16 * (uint64_t)nodes + 4 * (uint64_t)inner, err);

	if (status == LG_OK)
		status = lg_pages_take_dirty(out->parent, nodes, "shortest paths", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(search->rank, nodes, "distances from the roots", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(search->queue, inner, "the search's queue", err);
	if (status == LG_OK)
		status = lg_pages_take(search->mark, lg_bit_words((uint32_t)inner),
				       "the search's marks", err);
	if (status != LG_OK)
		return status;
	memset(search->rank, 0xff, nodes * sizeof *search->rank);
	search->parent = out->parent;
	return LG_OK;
}

static void search_free(struct lg_shortest_search *search)
{
	if (!search)
		return;
	lg_pages_free(search->rank);
	lg_pages_free(search->queue);
	lg_pages_free(search->mark);
	free(search);
}

enum lg_status lg_shortest_start(const struct lg_graph *graph, struct lg_shortest **out,
				 struct lg_error *err)
{
	lg_cleanup(lg_shortest_free_slot) struct lg_shortest *s = lg_alloc_zero(1, sizeof *s);
	enum lg_status status;

	*out = NULL;
	if (s)
		s->search = lg_alloc_zero(1, sizeof *s->search);
	if (!s || !s->search)
		return lg_fail(err, LG_E_MEMORY, "no memory for paths: %zu bytes",
			       sizeof *s + sizeof *s->search);
	s->node_count = graph->node_count;
	s->search->graph = graph;
	s->search->snapshot = graph->snapshot;
	s->search->thread_type = thread_type(graph->snapshot);
	status = take_arrays(s->search, s, err);
	if (status != LG_OK)
		return status;
	begin(s->search);
	*out = lg_take(s);
	return LG_OK;
}

static enum lg_status finish(struct lg_shortest *s, struct lg_error *err)
{
	const uint64_t *rank = s->search->rank;
	enum lg_status status = lg_pages_take_dirty(s->distance, s->node_count,
						    "distances from the roots", err);

	if (status != LG_OK)
		return status;
	for (uint32_t v = 0; v < s->node_count; v++) {
		s->distance[v] = rank[v] == NOT_YET ? LG_NONE : (uint32_t)(rank[v] / ONE_STEP);
		s->parent[v] = rank[v] == NOT_YET ? LG_NONE : s->parent[v];
	}
	search_free(lg_take(s->search));
	return LG_OK;
}

enum lg_status lg_shortest_reach(struct lg_shortest *shortest, uint32_t node, struct lg_error *err)
{
	struct lg_shortest_search *search = shortest->search;

	if (!search)
		return LG_OK;
	while (search->head < search->tail) {
		if (node != LG_NONE && search->rank[node] != NOT_YET)
			return LG_OK;
		walk_level(search);
	}
	return finish(shortest, err);
}

enum lg_status lg_shortest_build(const struct lg_graph *graph, struct lg_shortest **out,
				 struct lg_error *err)
{
	lg_cleanup(lg_shortest_free_slot) struct lg_shortest *s = NULL;
	enum lg_status status = lg_shortest_start(graph, &s, err);

	*out = NULL;
	if (status == LG_OK)
		status = lg_shortest_reach(s, LG_NONE, err);
	if (status == LG_OK)
		*out = lg_take(s);
	return status;
}

void lg_shortest_free(struct lg_shortest *shortest)
{
	if (!shortest)
		return;
	lg_pages_free(shortest->parent);
	lg_pages_free(shortest->distance);
	search_free(shortest->search);
	free(shortest);
}
