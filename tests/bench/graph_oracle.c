/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "graph/igraph_bridge.h"
#include "graph/pages.h"
#include "leakgraph/dump.h"
#include "measure.h"

/* Reads a dump and compares dominators and distances with igraph's, node by node. */

static uint32_t count_differences(const char *what, const uint32_t *ours, const uint32_t *theirs,
				  uint32_t nodes)
{
	uint32_t different = 0;

	for (uint32_t v = 0; v < nodes; v++) {
		if (ours[v] == theirs[v])
			continue;
		if (different++ < 10)
			fprintf(stderr, "node %u: %s %u, igraph says %u\n", v, what, ours[v],
				theirs[v]);
	}
	return different;
}

static uint32_t compare(const struct lg_graph *graph)
{
	lg_cleanup(lg_pages_drop) uint32_t *theirs = NULL;
	uint32_t nodes = graph->node_count, different;
	struct lg_dominators *dominators;
	struct lg_shortest *shortest;
	struct lg_garbage *garbage;
	struct lg_igraph *copy;
	struct lg_error error;
	double start = cpu_seconds(), ours;

	must(lg_dominators_build(graph, NULL, &dominators, &error), &error);
	ours = cpu_seconds() - start;
	must(lg_shortest_build(graph, &shortest, &error), &error);
	must(lg_garbage_build(graph, dominators, &garbage, &error), &error);
	must(lg_pages_take(theirs, nodes, "igraph's answer", &error), &error);
	must(lg_igraph_new(graph, &copy, &error), &error);
	start = cpu_seconds();
	must(lg_igraph_dominators(copy, theirs, &error), &error);
	printf("%u nodes, %u references, %u reached, %u folded, %u garbage in %u groups; "
	       "dominators %.3f s, igraph %.3f s\n",
	       nodes,
	       graph->inner_first[graph->inner_count] + graph->leaf_first[graph->inner_count],
	       dominators->reached_count, graph->folded_count, garbage->node_count,
	       garbage->group_count, ours, cpu_seconds() - start);
	different = count_differences("dominator", dominators->immediate, theirs, nodes);
	must(lg_igraph_distances(copy, theirs, &error), &error);
	different += count_differences("distance", shortest->distance, theirs, nodes);
	lg_igraph_free(copy);
	lg_garbage_free(garbage);
	lg_shortest_free(shortest);
	lg_dominators_free(dominators);
	return different;
}

int main(int argc, char **argv)
{
	uint32_t different = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: graph_oracle DUMP...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		struct lg_snapshot *snapshot;
		struct lg_graph *graph;
		struct lg_error error;

		must(lg_dump_read(argv[i], NULL, &snapshot, &error), &error);
		must(lg_graph_build(snapshot, NULL, &graph, &error), &error);
		printf("%s: ", argv[i]);
		different += compare(graph);
		lg_graph_free(graph);
		lg_snapshot_free(snapshot);
	}
	printf("%u differences from igraph\n", different);
	return different ? 1 : 0;
}
