/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "formats/heapsnapshot/merge.h"

void lg_merge_release(struct lg_merge *merge)
{
	free(merge->node);
	free(merge->head);
	free(merge->first);
	free(merge->part);
}

/* Until it has a number, a node is marked as one to be kept by this. */
#define KEPT LG_NONE

static void mark_kept(const struct lg_dominators *d, const struct lg_garbage *garbage,
		      uint64_t least_bytes, struct lg_merge *merge)
{
	for (uint32_t p = 1; p < d->reached_count; p++)
		if (d->retained_bytes[d->order[p]] >= least_bytes)
			merge->node[d->order[p]] = KEPT;
	for (uint32_t i = 0; i < garbage->group_count; i++)
		if (garbage->group[i].bytes >= least_bytes)
			merge->node[garbage->group[i].head] = KEPT;
}

static enum lg_status number_kept(const struct lg_graph *graph, uint32_t first_node,
				  struct lg_merge *merge, struct lg_error *err)
{
	uint32_t count = first_node;

	for (uint32_t v = 1; v < graph->node_count; v++)
		count += merge->node[v] == KEPT;
	merge->node_count = count;
	merge->head = lg_alloc_zero(count, sizeof *merge->head);
	merge->first = lg_alloc_zero((size_t)count + 1, sizeof *merge->first);
	if (!merge->head || !merge->first)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u nodes", count);
	count = first_node;
	for (uint32_t v = 1; v < graph->node_count; v++)
		if (merge->node[v] == KEPT) {
			merge->head[count] = v;
			merge->node[v] = count++;
		}
	return LG_OK;
}

/* In preorder a dominator comes first. A module's folded dict goes with it. */
static void number_parts(const struct lg_graph *graph, const struct lg_dominators *d,
			 const struct lg_garbage *garbage, struct lg_merge_nodes nodes,
			 struct lg_merge *merge)
{
	uint32_t *node = merge->node;

	for (uint32_t p = 1; p < d->reached_count; p++) {
		uint32_t v = d->order[p], up = d->immediate[v];

		if (!node[v])
			node[v] = up ? node[up] : nodes.smaller;
	}
	for (uint32_t i = 0; i < garbage->group_count; i++) {
		const struct lg_garbage_group *group = &garbage->group[i];
		uint32_t of_head = node[group->head] ? node[group->head] : nodes.garbage;

		for (uint32_t m = 0; m < group->count; m++)
			node[garbage->node[group->first + m]] = of_head;
	}
	for (uint32_t i = 0; i < graph->folded_count; i++)
		node[graph->folded[i]] = node[graph->representative[i]];
}

/* A counting sort: parts of a node stand together, in the order of their numbers. */
static void sort_parts(const struct lg_graph *graph, struct lg_merge *merge)
{
	uint32_t *first = merge->first;

	for (uint32_t v = 1; v < graph->node_count; v++)
		first[merge->node[v]]++;
	for (uint32_t n = 0, sum = 0; n <= merge->node_count; n++) {
		uint32_t count = first[n];

		first[n] = sum += count;
	}
	for (uint32_t v = graph->node_count; v-- > 1;)
		merge->part[--first[merge->node[v]]] = v;
}

enum lg_status lg_merge_make(const struct lg_graph *graph, const struct lg_dominators *dominators,
			     const struct lg_garbage *garbage, uint64_t least_bytes,
			     struct lg_merge_nodes nodes, struct lg_merge *out,
			     struct lg_error *err)
{
	enum lg_status status;

	if (graph->node_count > LG_NONE - nodes.first_node)
		return lg_fail(err, LG_E_LIMIT, "%u objects are too many", graph->node_count);
	out->node = lg_alloc_zero(graph->node_count, sizeof *out->node);
	out->part = lg_alloc(graph->node_count, sizeof *out->part);
	if (!out->node || !out->part)
		return lg_fail(err, LG_E_MEMORY, "no memory to merge %u objects",
			       graph->node_count);
	mark_kept(dominators, garbage, least_bytes, out);
	status = number_kept(graph, nodes.first_node, out, err);
	if (status != LG_OK)
		return status;
	number_parts(graph, dominators, garbage, nodes, out);
	sort_parts(graph, out);
	return LG_OK;
}
