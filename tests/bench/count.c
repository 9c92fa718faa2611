/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "graph/igraph_bridge.h"
#include "graph/pages.h"
#include "graphs.h"
#include "measure.h"
#include "peers.h"

/*
 * Each of the three once on the same heap, in a function of its own, so that
 * instructions.py can have callgrind count what is executed in one of them.
 */

__attribute__((noinline)) void counted_search(struct plain *plain);
__attribute__((noinline)) void counted_dominators(const struct lg_graph *graph);
__attribute__((noinline)) void counted_igraph(const struct lg_igraph *copy, uint32_t *immediate);

void counted_search(struct plain *plain)
{
	if (plain_search(plain) == 0)
		abort();
}

void counted_dominators(const struct lg_graph *graph)
{
	struct lg_dominators *dominators;
	struct lg_error error;

	must(lg_dominators_build(graph, NULL, &dominators, &error), &error);
	lg_dominators_free(dominators);
}

void counted_igraph(const struct lg_igraph *copy, uint32_t *immediate)
{
	struct lg_error error;

	must(lg_igraph_dominators(copy, immediate, &error), &error);
}

static void run(const struct lg_graph *graph)
{
	lg_cleanup(lg_pages_drop) uint32_t *immediate = NULL;
	struct plain *plain = plain_new(graph);
	struct lg_igraph *copy;
	struct lg_error error;

	must(lg_pages_take(immediate, graph->node_count, "igraph's answer", &error), &error);
	must(lg_igraph_new(graph, &copy, &error), &error);
	counted_search(plain);
	counted_dominators(graph);
	counted_igraph(copy, immediate);
	lg_igraph_free(copy);
	plain_free(plain);
}

int main(int argc, char **argv)
{
	unsigned long objects = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct lg_snapshot *snapshot;
	struct lg_graph *graph;
	struct lg_error error;

	if (objects < 1000 || objects > LG_MAX_OBJECTS) {
		fprintf(stderr, "usage: bench_count OBJECTS SEED\n");
		return 2;
	}
	snapshot = heap_snapshot((uint32_t)objects, strtoull(argv[2], NULL, 10));
	must(lg_graph_build(snapshot, NULL, &graph, &error), &error);
	run(graph);
	printf("%u objects, %u references\n", snapshot->object_count, snapshot->reference_count);
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
	return 0;
}
