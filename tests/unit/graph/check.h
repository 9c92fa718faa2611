/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include "graph/dominators.h"
#include "leakgraph/graph.h"

/* A snapshot with all the engine makes of it. Everything but graph is NULL where that is. */
struct checked {
	struct lg_snapshot *snapshot;
	struct lg_graph *graph;
	struct lg_dominators *dominators;
	struct lg_shortest *shortest;
	struct lg_referrers *referrers;
	struct lg_dominators_work work;
	struct lg_error error;
};

/* Takes the snapshot over. tuning may be NULL: as released. */
struct checked check_open(struct lg_snapshot *snapshot, const struct lg_tuning *tuning);
void check_close(struct checked *c);

/* Immediate dominators and distances are igraph's. */
void check_against_igraph(const struct checked *c, uint64_t seed);

/*
 * What hands-out must hold by themselves: positions are a preorder, subtrees
 * intervals of it, retained sizes sums over them, parents one step nearer,
 * referrers the reverse of the references.
 */
void check_tree(const struct checked *c, uint64_t seed);

/*
 * By definition: a dominates b if b is not reached without a. Retained bytes
 * and lg_set_retained of each node (and of pairs of nodes) are what is not
 * reached once they are gone. O(nodes^2 * references): small graphs only.
 */
void check_by_removal(const struct checked *c, uint64_t seed);

/* Bytes that the root no longer reaches without these nodes. */
uint64_t bytes_without(const struct lg_graph *graph, const uint32_t *nodes, uint32_t count);

#endif
