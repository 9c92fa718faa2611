/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "graphs.h"

/* As far as it is asked for: the same paths as of all at once, whatever is asked for and when. */

static void expect_same_path(const struct lg_shortest *part, const struct lg_shortest *whole,
			     uint32_t node, uint64_t seed)
{
	for (uint32_t steps = 0; node != LG_NONE && steps <= whole->node_count; steps++) {
		cr_assert_eq(part->parent[node], whole->parent[node],
			     "seed %lu: parent of node %u is %u, of all %u", (unsigned long)seed,
			     node, part->parent[node], whole->parent[node]);
		node = whole->parent[node];
	}
	cr_assert_eq(node, LG_NONE);
}

static void check_parts(const struct lg_graph *graph, uint64_t seed, uint32_t *unfinished)
{
	struct dice dice = dice_new(seed);
	struct lg_shortest *whole, *part;
	struct lg_error error = {0};

	cr_assert_eq(lg_shortest_build(graph, &whole, &error), LG_OK, "%s", error.text);
	cr_assert_eq(lg_shortest_start(graph, &part, &error), LG_OK, "%s", error.text);
	for (int i = 0; i < 4; i++) {
		uint32_t node = dice_below(&dice, graph->node_count);

		cr_assert_eq(lg_shortest_reach(part, node, &error), LG_OK, "%s", error.text);
		expect_same_path(part, whole, node, seed);
		*unfinished += part->search != NULL;
	}
	cr_assert_eq(lg_shortest_reach(part, LG_NONE, &error), LG_OK, "%s", error.text);
	cr_assert_null(part->search);
	for (uint32_t v = 0; v < graph->node_count; v++) {
		cr_assert_eq(part->parent[v], whole->parent[v]);
		cr_assert_eq(part->distance[v], whole->distance[v]);
	}
	lg_shortest_free(part);
	lg_shortest_free(whole);
}

Test(shortest, as_far_as_asked_for)
{
	uint32_t unfinished = 0;

	for (uint64_t seed = 0; seed < 600; seed++) {
		struct lg_snapshot *snapshot =
			seed % 6 ? random_snapshot(seed) : heap_snapshot(1000, seed);
		struct lg_error error = {0};
		struct lg_graph *graph;

		cr_assert_eq(lg_graph_build(snapshot, NULL, &graph, &error), LG_OK, "%s",
			     error.text);
		check_parts(graph, seed, &unfinished);
		lg_graph_free(graph);
		lg_snapshot_free(snapshot);
	}
	cr_assert_gt(unfinished, 300, "nearly all searches went on to the end");
}
