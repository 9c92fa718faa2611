/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "graph/components.h"
#include "graph/fold.h"
#include "graph/garbage_part.h"
#include "graph/pages.h"

/*
 * The garbage is taken out as a graph of its own (garbage_part.c), with one
 * head of each strongly connected component that nothing outside refers to as
 * the roots. Each piece of garbage is reached from such a head, so the
 * dominator tree of that graph orders all of it.
 */

LG_DEFINE_CLEANUP(lg_garbage_free, struct lg_garbage *)
LG_DEFINE_CLEANUP(lg_dominators_free, struct lg_dominators *)

static int by_bytes(const void *a, const void *b)
{
	const struct lg_garbage_group *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->head < y->head ? -1 : x->head > y->head;
}

/* The children of the virtual root, in preorder, are the groups. */
static uint32_t count_groups(const struct lg_dominators *d)
{
	uint32_t groups = 0;

	for (uint32_t p = 1; p < d->reached_count; p += d->subtree[d->order[p]])
		groups++;
	return groups;
}

static void fill_groups(struct lg_garbage *garbage, const struct lg_garbage_part *part,
			const struct lg_dominators *d)
{
	for (uint32_t p = 1; p < d->reached_count; p += d->subtree[d->order[p]]) {
		uint32_t v = d->order[p];

		garbage->group[garbage->group_count++] = (struct lg_garbage_group){
			.head = part->original[v],
			.first = p - 1,
			.count = d->subtree[v],
			.cycle_count = lg_garbage_part_cycle(part, v),
			.bytes = d->retained_bytes[v],
			.shared = !lg_bit_get(part->is_head, v),
		};
	}
	qsort(garbage->group, garbage->group_count, sizeof *garbage->group, by_bytes);
}

static enum lg_status fill(struct lg_garbage *garbage, const struct lg_garbage_part *part,
			   const struct lg_dominators *d, struct lg_error *err)
{
	enum lg_status status;

	if (d->reached_count != part->graph.node_count)
		return lg_fail(err, LG_E_INTERNAL, "%u of %u pieces of garbage are in no group",
			       part->graph.node_count - d->reached_count, part->graph.node_count);
	garbage->node_count = d->reached_count - 1;
	garbage->bytes = d->retained_bytes[0];
	status = lg_pages_take(garbage->node, garbage->node_count, "garbage", err);
	if (status == LG_OK)
		status = lg_pages_take(garbage->group, count_groups(d), "groups of garbage", err);
	if (status != LG_OK)
		return status;
	for (uint32_t p = 1; p < d->reached_count; p++)
		garbage->node[p - 1] = part->original[d->order[p]];
	fill_groups(garbage, part, d);
	return LG_OK;
}

enum lg_status lg_garbage_build(const struct lg_graph *graph,
				const struct lg_dominators *dominators, struct lg_garbage **out,
				struct lg_error *err)
{
	lg_cleanup(lg_garbage_free_slot) struct lg_garbage *garbage =
		lg_alloc_zero(1, sizeof *garbage);
	lg_cleanup(lg_garbage_part_release) struct lg_garbage_part part = {0};
	lg_cleanup(lg_dominators_free_slot) struct lg_dominators *d = NULL;
	enum lg_status status;

	*out = NULL;
	if (!garbage)
		return lg_fail(err, LG_E_MEMORY, "no memory for garbage: %zu bytes",
			       sizeof *garbage);
	status = lg_garbage_part_make(graph, dominators, &part, err);
	if (status == LG_OK)
		status = lg_dominators_build(&part.graph, NULL, &d, err);
	if (status == LG_OK)
		status = fill(garbage, &part, d, err);
	if (status == LG_OK)
		*out = lg_take(garbage);
	return status;
}

void lg_garbage_free(struct lg_garbage *garbage)
{
	if (!garbage)
		return;
	lg_pages_free(garbage->node);
	lg_pages_free(garbage->group);
	free(garbage);
}
