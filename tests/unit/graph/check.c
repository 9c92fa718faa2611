/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "check.h"
#include "graph/igraph_bridge.h"

#define ul(x) ((unsigned long)(x))

static enum lg_status build_all(struct checked *c, const struct lg_tuning *tuning)
{
	enum lg_status status = lg_graph_build(c->snapshot, NULL, &c->graph, &c->error);

	if (status == LG_OK && tuning)
		status = lg_dominators_build_tuned(c->graph, tuning, NULL, &c->work, &c->dominators,
						   &c->error);
	else if (status == LG_OK)
		status = lg_dominators_build(c->graph, NULL, &c->dominators, &c->error);
	if (status == LG_OK)
		status = lg_shortest_build(c->graph, &c->shortest, &c->error);
	if (status == LG_OK)
		status = lg_referrers_build(c->graph, &c->referrers, &c->error);
	return status;
}

static void release(struct checked *c)
{
	lg_referrers_free(lg_take(c->referrers));
	lg_shortest_free(lg_take(c->shortest));
	lg_dominators_free(lg_take(c->dominators));
	lg_graph_free(lg_take(c->graph));
}

struct checked check_open(struct lg_snapshot *snapshot, const struct lg_tuning *tuning)
{
	struct checked c = {.snapshot = snapshot};

	if (build_all(&c, tuning) != LG_OK)
		release(&c);
	return c;
}

void check_close(struct checked *c)
{
	release(c);
	lg_snapshot_free(lg_take(c->snapshot));
}

void check_against_igraph(const struct checked *c, uint64_t seed)
{
	uint32_t nodes = c->graph->node_count;
	lg_cleanup(lg_free) uint32_t *theirs = lg_alloc(nodes, sizeof *theirs);
	struct lg_igraph *copy = NULL;
	struct lg_error error = {0};

	cr_assert(lg_igraph_new(c->graph, &copy, &error) == LG_OK, "%s", error.text);
	cr_assert(lg_igraph_dominators(copy, theirs, &error) == LG_OK, "%s", error.text);
	for (uint32_t v = 0; v < nodes; v++)
		cr_assert(c->dominators->immediate[v] == theirs[v],
			  "seed %lu: node %u of %u: immediate dominator %u, igraph says %u",
			  ul(seed), v, nodes, c->dominators->immediate[v], theirs[v]);
	cr_assert(lg_igraph_distances(copy, theirs, &error) == LG_OK, "%s", error.text);
	for (uint32_t v = 0; v < nodes; v++)
		cr_assert(c->shortest->distance[v] == theirs[v],
			  "seed %lu: node %u of %u: distance %u, igraph says %u", ul(seed), v,
			  nodes, c->shortest->distance[v], theirs[v]);
	lg_igraph_free(copy);
}

static uint64_t own_bytes(const struct lg_graph *graph, uint32_t node)
{
	uint64_t bytes = graph->snapshot->shallow_bytes[node];

	for (uint32_t i = 0; i < graph->folded_count; i++)
		if (graph->representative[i] == node)
			bytes += graph->snapshot->shallow_bytes[graph->folded[i]];
	return bytes;
}

static void check_preorder(const struct checked *c, uint64_t seed)
{
	const struct lg_dominators *d = c->dominators;
	uint32_t reached = 0;

	for (uint32_t v = 0; v < d->node_count; v++) {
		uint32_t up = d->immediate[v];

		if (up == LG_NONE) {
			cr_assert(d->position[v] == LG_NONE && d->subtree[v] == 0 &&
					  d->retained_bytes[v] == 0,
				  "seed %lu: node %u is half reached", ul(seed), v);
			continue;
		}
		reached++;
		cr_assert(d->position[v] < d->reached_count && d->order[d->position[v]] == v,
			  "seed %lu: node %u is not at its position", ul(seed), v);
		cr_assert(lg_dominates(d, up, v) && (v == 0 || !lg_dominates(d, v, up)),
			  "seed %lu: node %u is not in the subtree of its dominator %u", ul(seed),
			  v, up);
	}
	cr_assert(reached == d->reached_count && d->order[0] == 0, "seed %lu: %u reached, %u said",
		  ul(seed), reached, d->reached_count);
}

/* Sums from the bottom, the way the textbook has it. */
static void check_sums(const struct checked *c, uint64_t seed)
{
	const struct lg_dominators *d = c->dominators;
	lg_cleanup(lg_free) uint64_t *bytes = lg_alloc_zero(d->node_count, sizeof *bytes);
	lg_cleanup(lg_free) uint32_t *count = lg_alloc_zero(d->node_count, sizeof *count);

	for (uint32_t v = 0; v < d->node_count; v++)
		bytes[v] = c->snapshot->shallow_bytes[v];
	for (uint32_t i = 0; i < c->graph->folded_count; i++)
		bytes[c->graph->representative[i]] +=
			c->snapshot->shallow_bytes[c->graph->folded[i]];
	for (uint32_t p = d->reached_count; p-- > 0;) {
		uint32_t v = d->order[p];

		count[v]++;
		cr_assert(d->retained_bytes[v] == bytes[v] && d->subtree[v] == count[v],
			  "seed %lu: node %u retains %lu bytes in %u nodes, sum is %lu in %u",
			  ul(seed), v, ul(d->retained_bytes[v]), d->subtree[v], ul(bytes[v]),
			  count[v]);
		if (v == 0)
			continue;
		bytes[d->immediate[v]] += bytes[v];
		count[d->immediate[v]] += count[v];
	}
}

static bool refers(const struct lg_graph *graph, uint32_t from, uint32_t to)
{
	for (uint32_t e = graph->inner_first[from]; e < graph->inner_first[from + 1]; e++)
		if (graph->inner_target[e] == to)
			return true;
	for (uint32_t e = graph->leaf_first[from]; e < graph->leaf_first[from + 1]; e++)
		if (graph->leaf_target[e] == to)
			return true;
	return false;
}

static void check_parents(const struct checked *c, uint64_t seed)
{
	const struct lg_shortest *s = c->shortest;

	for (uint32_t v = 1; v < s->node_count; v++) {
		if (s->parent[v] == LG_NONE) {
			cr_assert(s->distance[v] == LG_NONE);
			continue;
		}
		cr_assert(s->distance[v] == s->distance[s->parent[v]] + 1 &&
				  refers(c->graph, s->parent[v], v),
			  "seed %lu: node %u has no step from its parent %u", ul(seed), v,
			  s->parent[v]);
	}
	cr_assert(s->parent[0] == LG_NONE && s->distance[0] == 0);
}

static void check_referrers(const struct checked *c, uint64_t seed)
{
	const struct lg_referrers *r = c->referrers;
	const struct lg_graph *g = c->graph;
	uint64_t references =
		(uint64_t)g->inner_first[g->inner_count] + g->leaf_first[g->inner_count];

	cr_assert(r->first[0] == 0 && r->first[r->node_count] == references,
		  "seed %lu: %u referrers, %lu references", ul(seed), r->first[r->node_count],
		  ul(references));
	for (uint32_t v = 0; v < r->node_count; v++)
		for (uint32_t e = r->first[v]; e < r->first[v + 1]; e++)
			cr_assert(refers(g, r->source[e], v), "seed %lu: %u does not refer to %u",
				  ul(seed), r->source[e], v);
}

void check_tree(const struct checked *c, uint64_t seed)
{
	check_preorder(c, seed);
	check_sums(c, seed);
	check_parents(c, seed);
	check_referrers(c, seed);
}

/* Plain reachability over the graph's rows; `gone` are not entered. Recursion-free, by fixed point.
 */
static void reach(const struct lg_graph *graph, const uint8_t *gone, uint8_t *reached)
{
	bool again = !gone[0];

	memset(reached, 0, graph->node_count);
	reached[0] = !gone[0];
	while (again) {
		again = false;
		for (uint32_t v = 0; v < graph->inner_count; v++) {
			if (!reached[v])
				continue;
			for (uint32_t w = 1; w < graph->node_count; w++)
				if (!reached[w] && !gone[w] && refers(graph, v, w))
					reached[w] = again = true;
		}
	}
}

uint64_t bytes_without(const struct lg_graph *graph, const uint32_t *nodes, uint32_t count)
{
	uint32_t n = graph->node_count;
	lg_cleanup(lg_free) uint8_t *gone = lg_alloc_zero(n, 1);
	lg_cleanup(lg_free) uint8_t *before = lg_alloc_zero(n, 1);
	lg_cleanup(lg_free) uint8_t *after = lg_alloc_zero(n, 1);
	uint64_t bytes = 0;

	reach(graph, gone, before);
	for (uint32_t i = 0; i < count; i++)
		gone[lg_graph_node(graph, nodes[i])] = 1;
	reach(graph, gone, after);
	for (uint32_t v = 0; v < n; v++)
		if (before[v] && !after[v])
			bytes += own_bytes(graph, v);
	return bytes;
}

static void check_set(const struct checked *c, const uint32_t *nodes, uint32_t count, uint64_t seed)
{
	uint64_t said = 0, expected = bytes_without(c->graph, nodes, count);
	struct lg_error error = {0};

	cr_assert(lg_set_retained(c->graph, nodes, count, &said, &error) == LG_OK, "%s",
		  error.text);
	cr_assert(said == expected, "seed %lu: set of %u, first %u: %lu bytes, not %lu", ul(seed),
		  count, nodes[0], ul(said), ul(expected));
}

/* a's column of the definition: what is reached, but not without a. */
static void check_dominance(const struct checked *c, uint32_t a, const uint8_t *reached,
			    uint64_t seed)
{
	const struct lg_dominators *d = c->dominators;
	lg_cleanup(lg_free) uint8_t *gone = lg_alloc_zero(d->node_count, 1);
	lg_cleanup(lg_free) uint8_t *after = lg_alloc_zero(d->node_count, 1);

	gone[a] = 1;
	reach(c->graph, gone, after);
	for (uint32_t b = 0; b < d->node_count; b++) {
		if (!reached[a] || !reached[b])
			continue;
		cr_assert(lg_dominates(d, a, b) == !after[b], "seed %lu: does %u dominate %u?",
			  ul(seed), a, b);
	}
}

void check_by_removal(const struct checked *c, uint64_t seed)
{
	uint32_t n = c->graph->node_count;
	lg_cleanup(lg_free) uint8_t *gone = lg_alloc_zero(n, 1);
	lg_cleanup(lg_free) uint8_t *reached = lg_alloc_zero(n, 1);

	reach(c->graph, gone, reached);
	for (uint32_t a = 0; a < n; a++) {
		uint32_t pair[2] = {a, (a + 1 + (uint32_t)seed) % n};

		cr_assert((c->dominators->immediate[a] != LG_NONE) == reached[a],
			  "seed %lu: is %u reached?", ul(seed), a);
		check_dominance(c, a, reached, seed);
		check_set(c, pair, 1, seed);
		check_set(c, pair, 2, seed);
		if (lg_graph_node(c->graph, a) != a)
			continue;
		cr_assert(c->dominators->retained_bytes[a] == bytes_without(c->graph, pair, 1),
			  "seed %lu: node %u retains %lu bytes, not %lu", ul(seed), a,
			  ul(c->dominators->retained_bytes[a]),
			  ul(bytes_without(c->graph, pair, 1)));
	}
}
