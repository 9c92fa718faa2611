/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "graph/fold.h"
#include "graph/pages.h"

/* The search keeps a mark in the top bit of an inner node's number. */
#define MAX_INNER ((uint32_t)1 << 31)
#define ROWS_A_REPORT ((uint32_t)1 << 20)

struct builder {
	struct lg_graph *graph;
	const struct lg_snapshot *snapshot;
	uint32_t inner_used, leaf_used;
};

LG_DEFINE_CLEANUP(lg_graph_free, struct lg_graph *)

static enum lg_status check(const struct lg_snapshot *s, struct lg_error *err)
{
	if (s->object_count == 0 || s->inner_count == 0 || s->inner_count > s->object_count)
		return lg_fail(err, LG_E_USAGE,
			       "a snapshot of %u objects, %u of them inner, has no virtual root",
			       s->object_count, s->inner_count);
	if (s->inner_count >= MAX_INNER)
		return lg_fail(err, LG_E_LIMIT,
			       "%u objects refer to others, at most %u can be analyzed",
			       s->inner_count, MAX_INNER - 1);
	if ((uint64_t)s->reference_count + s->root_count > LG_MAX_REFERENCES)
		return lg_fail(err, LG_E_LIMIT,
			       "%u references and %u roots, at most %u together can be analyzed",
			       s->reference_count, s->root_count, LG_MAX_REFERENCES);
	return LG_OK;
}

/*
 * Upper bounds: weak, self and folded ones still count, so one pass will do,
 * which the compiler vectorizes. One more for put_row(), which writes first.
 */
static enum lg_status take_rows(struct lg_graph *graph, struct lg_error *err)
{
	const struct lg_snapshot *s = graph->snapshot;
	uint32_t leaf = 0, inner;
	enum lg_status status;

	for (uint32_t r = 0; r < s->reference_count; r++)
		leaf += s->ref_target[r] >= s->inner_count;
	inner = s->reference_count - leaf + s->root_count;
	/* A reference to a folded leaf moves to a module, an inner node. */
	for (uint32_t i = 0; i < graph->folded_count; i++)
		if (graph->folded[i] >= s->inner_count)
			inner = s->reference_count + s->root_count;
	status = lg_pages_room("the graph",
			       sizeof(uint32_t) * (2 * (uint64_t)s->inner_count + inner + leaf), err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(graph->inner_first, (size_t)s->inner_count + 1,
					     "rows of objects", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(graph->leaf_first, (size_t)s->inner_count + 1,
					     "rows of leaves", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(graph->inner_target, (size_t)inner + 1, "references",
					     err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(graph->leaf_target, (size_t)leaf + s->root_count + 1,
					     "references to leaves", err);
	return status;
}

static void put_root(struct builder *b, uint32_t node)
{
	struct lg_graph *graph = b->graph;

	if (node < graph->inner_count)
		graph->inner_target[b->inner_used++] = node;
	else
		graph->leaf_target[b->leaf_used++] = node;
}

/*
 * The references of one object become references of `node`. Whether one goes
 * to a leaf is as good as random, so it is written to both rows and counted in
 * one. All is held in locals: the compiler can't know that rows and builder
 * don't overlap.
 */
static inline void put_row(struct builder *b, uint32_t object, uint32_t node)
{
	const struct lg_snapshot *s = b->snapshot;
	const uint32_t *ref_target = s->ref_target;
	const uint8_t *ref_kind = s->ref_kind;
	uint32_t *inner_target = b->graph->inner_target, *leaf_target = b->graph->leaf_target;
	uint32_t inner_used = b->inner_used, leaf_used = b->leaf_used;
	uint32_t end = s->first_reference[object + 1], inner_count = b->graph->inner_count;

	for (uint32_t r = s->first_reference[object]; r < end; r++) {
		uint32_t target = lg_graph_node(b->graph, ref_target[r]);
		bool inner, keep;

		inner = target < inner_count;
		keep = lg_reference_counts(ref_kind[r], node, target);
		inner_target[inner_used] = target;
		leaf_target[leaf_used] = target;
		inner_used += keep & inner;
		leaf_used += keep & !inner;
	}
	b->inner_used = inner_used;
	b->leaf_used = leaf_used;
}

static enum lg_status put_roots(struct builder *b, struct lg_error *err)
{
	const struct lg_snapshot *s = b->snapshot;
	lg_cleanup(lg_pages_drop) uint64_t *seen = NULL;
	enum lg_status status;

	status = lg_pages_take(seen, lg_bit_words(s->object_count), "a mark for each object", err);
	if (status != LG_OK)
		return status;
	lg_bit_set(seen, 0);
	b->graph->inner_first[0] = b->graph->leaf_first[0] = 0;
	for (uint32_t i = 0; i < s->root_count; i++) {
		uint32_t node = lg_graph_node(b->graph, s->roots[i].object);

		if (lg_bit_get(seen, node))
			continue;
		lg_bit_set(seen, node);
		put_root(b, node);
	}
	return LG_OK;
}

static enum lg_status put_all(struct builder *b, const struct lg_progress *progress,
			      struct lg_error *err)
{
	struct lg_graph *graph = b->graph;
	enum lg_status status = put_roots(b, err);

	if (status != LG_OK)
		return status;
	for (uint32_t node = 1; node < graph->inner_count; node++) {
		uint32_t dict;

		graph->inner_first[node] = b->inner_used;
		graph->leaf_first[node] = b->leaf_used;
		if (node % ROWS_A_REPORT == 0 &&
		    lg_progress_report(progress, "references", node, graph->inner_count, "objects"))
			return lg_fail(err, LG_E_INTERRUPTED, "stopped while reading references");
		if (lg_graph_node(graph, node) != node)
			continue;
		put_row(b, node, node);
		dict = lg_graph_folded_into(graph, node);
		if (dict < graph->inner_count)
			put_row(b, dict, node);
	}
	graph->inner_first[graph->inner_count] = b->inner_used;
	graph->leaf_first[graph->inner_count] = b->leaf_used;
	return LG_OK;
}

enum lg_status lg_graph_build(const struct lg_snapshot *snapshot,
			      const struct lg_progress *progress, struct lg_graph **out,
			      struct lg_error *err)
{
	lg_cleanup(lg_graph_free_slot) struct lg_graph *graph = NULL;
	enum lg_status status = check(snapshot, err);

	*out = NULL;
	if (status != LG_OK)
		return status;
	graph = lg_alloc_zero(1, sizeof *graph);
	if (!graph)
		return lg_fail(err, LG_E_MEMORY, "no memory for a graph: %zu bytes", sizeof *graph);
	graph->snapshot = snapshot;
	graph->node_count = snapshot->object_count;
	graph->inner_count = snapshot->inner_count;
	status = lg_fold_modules(graph, err);
	if (status == LG_OK)
		status = take_rows(graph, err);
	if (status == LG_OK)
		status = put_all(&(struct builder){.graph = graph, .snapshot = snapshot}, progress,
				 err);
	if (status == LG_OK)
		*out = lg_take(graph);
	return status;
}

void lg_graph_free(struct lg_graph *graph)
{
	if (!graph)
		return;
	lg_pages_free(graph->inner_first);
	lg_pages_free(graph->inner_target);
	lg_pages_free(graph->leaf_first);
	lg_pages_free(graph->leaf_target);
	lg_pages_free(graph->folded);
	lg_pages_free(graph->representative);
	lg_pages_free(graph->by_representative);
	lg_pages_free(graph->folded_filter);
	lg_pages_free(graph->holder_filter);
	free(graph);
}
