/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "graph/pages.h"
#include "peers.h"

/* On the same kind of pages as the engine's own arrays. */
static uint32_t *take(size_t count)
{
	uint32_t *array = lg_pages_alloc(count, sizeof *array);

	if (!array)
		abort();
	return array;
}

struct plain *plain_new(const struct lg_graph *g)
{
	struct plain *p = calloc(1, sizeof *p);
	size_t inner = g->inner_first[g->inner_count], leaf = g->leaf_first[g->inner_count];
	uint32_t at = 0;

	if (!p)
		abort();
	p->node_count = g->node_count;
	p->first = take((size_t)g->node_count + 1);
	p->target = take(inner + leaf);
	for (uint32_t v = 0; v < g->node_count; v++) {
		p->first[v] = at;
		if (v >= g->inner_count)
			continue;
		for (uint32_t e = g->inner_first[v]; e < g->inner_first[v + 1]; e++)
			p->target[at++] = g->inner_target[e];
		for (uint32_t e = g->leaf_first[v]; e < g->leaf_first[v + 1]; e++)
			p->target[at++] = g->leaf_target[e];
	}
	p->first[g->node_count] = at;
	return p;
}

uint32_t plain_search(struct plain *p)
{
	const uint32_t *first = p->first, *target = p->target;
	uint32_t *number = take(p->node_count), depth = 1, count = 1;
	uint32_t(*stack)[2] = (uint32_t(*)[2])take(2 * ((size_t)p->node_count + 1));

	number[0] = count;
	stack[0][0] = first[0];
	stack[0][1] = first[1];
	while (depth) {
		uint32_t e = stack[depth - 1][0], node;

		if (e == stack[depth - 1][1]) {
			depth--;
			continue;
		}
		stack[depth - 1][0] = e + 1;
		node = target[e];
		if (number[node])
			continue;
		number[node] = ++count;
		stack[depth][0] = first[node];
		stack[depth][1] = first[node + 1];
		depth++;
	}
	lg_pages_free(number);
	lg_pages_free(stack);
	return count;
}

void plain_free(struct plain *p)
{
	lg_pages_free(p->first);
	lg_pages_free(p->target);
	free(p);
}
