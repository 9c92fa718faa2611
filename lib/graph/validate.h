/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_GRAPH_VALIDATE_H
#define LG_GRAPH_VALIDATE_H

#include "leakgraph/graph.h"

/*
 * Results that come from a file: check every index against its array, and that
 * whoever climbs or descends a tree gets nearer to its end, so that what works
 * on them may trust them. Whether they are right is not asked: a wrong tree
 * makes wrong answers, never a wild access or an endless loop.
 *
 * All pointers are set and all counts fit the snapshot, which has passed
 * lg_snapshot_validate(). O(objects + references), on all cores.
 * LG_E_UNREADABLE names the column, the position and the value.
 */
enum lg_status lg_graph_validate(const struct lg_graph *graph, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_folded_validate(const struct lg_graph *graph, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_dominators_validate(const struct lg_graph *graph,
				      const struct lg_dominators *dominators,
				      struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_shortest_validate(const struct lg_graph *graph,
				    const struct lg_shortest *shortest,
				    struct lg_error *err) LG_MUST_CHECK;

#endif
