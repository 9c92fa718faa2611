/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "leakgraph/graph.h"

/*
 * What the engine is compared with: a plain iterative depth-first search over
 * the same references in the same numbering, inner ones and leaves in one row
 * as anyone would have them. It is the least that any search must do.
 */
struct plain {
	uint32_t node_count;
	uint32_t *first, *target;
};
struct plain *plain_new(const struct lg_graph *graph);
/*
 * Numbers nodes in preorder; returns how many are reached. Takes its memory
 * each time anew, as the engine does.
 */
uint32_t plain_search(struct plain *plain);
void plain_free(struct plain *plain);

#endif
