/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/room.h"
#include "graph/pages.h"
#include "leakgraph/graph.h"

#define AHEAD 16

LG_DEFINE_CLEANUP(lg_shortest_free, struct lg_shortest *)

/* Gives each target of a row that has none yet its parent; inner ones join the queue. */
static inline uint32_t reach(struct lg_shortest *s, uint32_t source, const uint32_t *target,
			     uint32_t from, uint32_t to, uint32_t *queue, uint32_t tail)
{
	for (uint32_t e = from; e < to; e++) {
		uint32_t node = target[e];

		if (to - e > AHEAD)
			__builtin_prefetch(&s->parent[target[e + AHEAD]], 1);
		if (s->parent[node] != LG_NONE)
			continue;
		s->parent[node] = source;
		s->distance[node] = s->distance[source] + 1;
		if (queue)
			queue[tail++] = node;
	}
	return tail;
}

static void search(const struct lg_graph *graph, struct lg_shortest *s, uint32_t *queue)
{
	const uint32_t *inner = graph->inner_first, *leaf = graph->leaf_first;
	uint32_t head = 0, tail = 1;

	s->parent[0] = 0;
	s->distance[0] = 0;
	queue[0] = 0;
	while (head < tail) {
		uint32_t v = queue[head++];

		if (tail - head > AHEAD) {
			__builtin_prefetch(&inner[queue[head + AHEAD]]);
			__builtin_prefetch(&leaf[queue[head + AHEAD]]);
			__builtin_prefetch(&graph->inner_target[inner[queue[head + AHEAD / 2]]]);
			__builtin_prefetch(&graph->leaf_target[leaf[queue[head + AHEAD / 2]]]);
		}
		tail = reach(s, v, graph->inner_target, inner[v], inner[v + 1], queue, tail);
		(void)reach(s, v, graph->leaf_target, leaf[v], leaf[v + 1], NULL, 0);
	}
	/* The root was its own parent only so as not to be reached again. */
	s->parent[0] = LG_NONE;
}

enum lg_status lg_shortest_build(const struct lg_graph *graph, struct lg_shortest **out,
				 struct lg_error *err)
{
	lg_cleanup(lg_shortest_free_slot) struct lg_shortest *s = lg_alloc_zero(1, sizeof *s);
	lg_cleanup(lg_pages_drop) uint32_t *queue = NULL;
	enum lg_status status;

	*out = NULL;
	if (!s)
		return lg_fail(err, LG_E_MEMORY, "no memory for paths: %zu bytes", sizeof *s);
	s->node_count = graph->node_count;
	status = lg_room_check("shortest paths", sizeof(uint32_t) * (2 * (uint64_t)s->node_count +
								     graph->inner_count), err);
	if (status == LG_OK)
		status = lg_pages_take(s->parent, s->node_count, "shortest paths", err);
	if (status == LG_OK)
		status = lg_pages_take(s->distance, s->node_count, "distances from the roots", err);
	if (status == LG_OK)
		status = lg_pages_take(queue, graph->inner_count, "the search's queue", err);
	if (status != LG_OK)
		return status;
	memset(s->parent, 0xff, (size_t)s->node_count * sizeof *s->parent);
	memset(s->distance, 0xff, (size_t)s->node_count * sizeof *s->distance);
	search(graph, s, queue);
	*out = lg_take(s);
	return LG_OK;
}

void lg_shortest_free(struct lg_shortest *shortest)
{
	if (!shortest)
		return;
	lg_pages_free(shortest->parent);
	lg_pages_free(shortest->distance);
	free(shortest);
}
