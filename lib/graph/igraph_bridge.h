/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_IGRAPH_BRIDGE_H
#define LG_GRAPH_IGRAPH_BRIDGE_H

#include "leakgraph/graph.h"

/*
 * The one door to igraph. It is the oracle of the tests and the peer of the
 * benchmarks, never on the path of a whole heap: it takes 325 to 390 bytes a
 * node. Its errors come back as LG_E_MEMORY or LG_E_INTERNAL; its default, to
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

#endif
