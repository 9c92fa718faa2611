/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_IGRAPH_BRIDGE_H
#define LG_GRAPH_IGRAPH_BRIDGE_H

#include "leakgraph/graph.h"

/*
 * The one door to igraph. It is the oracle of the tests, the peer of the
 * benchmarks and the engine for small graphs taken out of a heap, never on the
 * path of a whole one: it takes 325 to 390 bytes a node. Its errors come back as LG_E_MEMORY or LG_E_INTERNAL; its default, to
 * abort, is switched off within these calls.
 */
struct lg_igraph;

/* The same nodes and references. */
enum lg_status lg_igraph_new(const struct lg_graph *graph, struct lg_igraph **out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_igraph_free(struct lg_igraph *copy);

/* As lg_dominators.immediate: LG_NONE where not reached, 0 for the root. node_count of them. */
enum lg_status lg_igraph_dominators(const struct lg_igraph *copy, uint32_t *immediate,
				    struct lg_error *err) LG_MUST_CHECK;

/* As lg_shortest.distance. node_count of them. */
enum lg_status lg_igraph_distances(const struct lg_igraph *copy, uint32_t *distance,
				   struct lg_error *err) LG_MUST_CHECK;

/* A network for flows: arc i leads from from[i] to to[i] and lets capacity[i] through. */
struct lg_network {
	uint32_t node_count;
	uint32_t arc_count;
	const uint32_t *from, *to; /* arc_count */
	const double *capacity;    /* whole numbers, whose sum is below 2^53: so flows are exact */
};

/* The flow through each arc (arc_count of them) of a maximum flow, and how much it is. */
enum lg_status lg_igraph_maximum_flow(const struct lg_network *network, uint32_t source,
				      uint32_t sink, double *flow, double *value,
				      struct lg_error *err) LG_MUST_CHECK;

#endif
