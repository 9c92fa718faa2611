/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/components.h"
#include "graph/fold.h"
#include "graph/garbage_part.h"
#include "graph/pages.h"

/* Takes the nodes out: `local` maps a node to its index in the part, 0 for what is reached. */
struct extraction {
	const struct lg_graph *whole;
	struct lg_garbage_part *part;
	uint32_t *local;
};

static enum lg_status number(struct extraction *x, const struct lg_dominators *dominators,
			     struct lg_error *err)
{
	const struct lg_graph *whole = x->whole;
	struct lg_garbage_part *part = x->part;
	uint32_t count = 1, i;
	enum lg_status status;

	status = lg_pages_take(x->local, whole->node_count, "numbers of garbage", err);
	if (status != LG_OK)
		return status;
	for (uint32_t v = 1; v < whole->node_count; v++) {
		if (v == whole->inner_count)
			part->graph.inner_count = count;
		if (dominators->position[v] == LG_NONE && lg_graph_node(whole, v) == v)
			x->local[v] = count++;
	}
	if (part->graph.inner_count == 0)
		part->graph.inner_count = count;
	part->graph.node_count = count;
	status = lg_pages_take(part->original, count, "garbage", err);
	if (status == LG_OK)
		status =
			lg_pages_take(part->snapshot.shallow_bytes, count, "sizes of garbage", err);
	if (status != LG_OK)
		return status;
	i = 1;
	for (uint32_t v = 1; v < whole->node_count; v++) {
		if (!x->local[v])
			continue;
		part->original[i] = v;
		part->snapshot.shallow_bytes[i++] = whole->snapshot->shallow_bytes[v];
	}
	return LG_OK;
}

static enum lg_status take_rows(struct extraction *x, struct lg_error *err)
{
	const struct lg_graph *whole = x->whole;
	struct lg_garbage_part *part = x->part;
	struct lg_graph *g = &part->graph;
	uint32_t leaves = g->node_count - g->inner_count;
	size_t inner = 0, leaf = 0;
	enum lg_status status;

	for (uint32_t i = 1; i < g->inner_count; i++) {
		uint32_t v = part->original[i];

		inner += whole->inner_first[v + 1] - whole->inner_first[v];
		leaf += whole->leaf_first[v + 1] - whole->leaf_first[v];
	}
	if (inner + g->inner_count > LG_MAX_REFERENCES || leaf + leaves > LG_MAX_REFERENCES)
		return lg_fail(err, LG_E_LIMIT,
			       "garbage has %zu references, at most %u can be analyzed",
			       inner + leaf, LG_MAX_REFERENCES);
	status = lg_pages_take(g->inner_first, (size_t)g->inner_count + 1, "rows of garbage", err);
	if (status == LG_OK)
		status = lg_pages_take(g->leaf_first, (size_t)g->inner_count + 1, "rows of garbage",
				       err);
	if (status == LG_OK)
		status = lg_pages_take(g->inner_target, inner + g->inner_count,
				       "references of garbage", err);
	if (status == LG_OK)
		status = lg_pages_take(g->leaf_target, leaf + leaves, "references of garbage", err);
	return status;
}

/*
 * Which nodes are heads is known only once the rows are there. So the rows
 * leave room in front for those of the virtual root: as many as there are
 * nodes. It is filled from its end.
 */
static void fill_rows(struct extraction *x)
{
	const struct lg_graph *whole = x->whole;
	struct lg_graph *g = &x->part->graph;
	uint32_t inner = g->inner_count, leaf = g->node_count - g->inner_count;

	g->inner_first[0] = inner;
	g->leaf_first[0] = leaf;
	for (uint32_t i = 1; i < g->inner_count; i++) {
		uint32_t v = x->part->original[i];

		g->inner_first[i] = inner;
		g->leaf_first[i] = leaf;
		for (uint32_t e = whole->inner_first[v]; e < whole->inner_first[v + 1]; e++)
			if (x->local[whole->inner_target[e]])
				g->inner_target[inner++] = x->local[whole->inner_target[e]];
		for (uint32_t e = whole->leaf_first[v]; e < whole->leaf_first[v + 1]; e++)
			if (x->local[whole->leaf_target[e]])
				g->leaf_target[leaf++] = x->local[whole->leaf_target[e]];
	}
	g->inner_first[g->inner_count] = inner;
	g->leaf_first[g->inner_count] = leaf;
}

static bool of_python_class(const struct lg_snapshot *s, uint32_t object)
{
	return s->type_count && s->types[s->type[object]].flags & LG_TYPE_HEAP;
}

/* Marks components that something outside of them refers to by a head of LG_NONE. */
static void mark_referred(const struct lg_garbage_part *part, uint32_t *head)
{
	const struct lg_graph *g = &part->graph;

	for (uint32_t v = 1; v < g->inner_count; v++)
		for (uint32_t e = g->inner_first[v]; e < g->inner_first[v + 1]; e++) {
			uint32_t to = part->component[g->inner_target[e]];

			if (to != part->component[v])
				head[to] = LG_NONE;
		}
}

static void choose_heads(const struct extraction *x, uint32_t *head)
{
	const struct lg_snapshot *s = x->whole->snapshot;
	struct lg_garbage_part *part = x->part;
	struct lg_graph *g = &part->graph;

	for (uint32_t v = 1; v < g->inner_count; v++) {
		uint32_t *own = &head[part->component[v]];

		if (*own == 0 || (*own != LG_NONE && !of_python_class(s, part->original[*own]) &&
				  of_python_class(s, part->original[v])))
			*own = v;
	}
	for (uint32_t c = 1; c <= part->component_count; c++)
		if (head[c] != LG_NONE) {
			g->inner_target[--g->inner_first[0]] = head[c];
			lg_bit_set(part->is_head, head[c]);
		}
}

/* A leaf that no garbage refers to is its own head. */
static void choose_leaf_heads(struct lg_garbage_part *part)
{
	struct lg_graph *g = &part->graph;

	for (uint32_t v = g->inner_count; v < g->node_count; v++)
		lg_bit_set(part->is_head, v);
	for (uint32_t e = g->leaf_first[1]; e < g->leaf_first[g->inner_count]; e++)
		lg_bit_clear(part->is_head, g->leaf_target[e]);
	for (uint32_t v = g->inner_count; v < g->node_count; v++)
		if (lg_bit_get(part->is_head, v))
			g->leaf_target[--g->leaf_first[0]] = v;
}

static enum lg_status find_heads(struct extraction *x, struct lg_error *err)
{
	struct lg_garbage_part *part = x->part;
	lg_cleanup(lg_pages_drop) uint32_t *head = NULL;
	enum lg_status status;

	status = lg_pages_take(part->component, part->graph.inner_count, "cycles of garbage", err);
	if (status == LG_OK)
		status = lg_components(&part->graph, NULL, part->component,
				       &part->component_count, err);
	if (status == LG_OK)
		status = lg_pages_take(part->component_size, (size_t)part->component_count + 1,
				       "cycles of garbage", err);
	if (status == LG_OK)
		status = lg_pages_take(head, (size_t)part->component_count + 1, "heads of garbage",
				       err);
	if (status == LG_OK)
		status = lg_pages_take(part->is_head, lg_bit_words(part->graph.node_count),
				       "heads of garbage", err);
	if (status != LG_OK)
		return status;
	for (uint32_t v = 1; v < part->graph.inner_count; v++)
		part->component_size[part->component[v]]++;
	mark_referred(part, head);
	choose_heads(x, head);
	choose_leaf_heads(part);
	return LG_OK;
}

enum lg_status lg_garbage_part_make(const struct lg_graph *graph,
				    const struct lg_dominators *dominators,
				    struct lg_garbage_part *out, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) uint32_t *local = NULL;
	struct extraction x = {.whole = graph, .part = out};
	enum lg_status status;

	out->graph.snapshot = &out->snapshot;
	status = number(&x, dominators, err);
	local = x.local;
	if (status == LG_OK)
		status = take_rows(&x, err);
	if (status != LG_OK)
		return status;
	fill_rows(&x);
	lg_pages_free(lg_take(local));
	return find_heads(&x, err);
}

void lg_garbage_part_release(struct lg_garbage_part *part)
{
	lg_pages_free(part->graph.inner_first);
	lg_pages_free(part->graph.inner_target);
	lg_pages_free(part->graph.leaf_first);
	lg_pages_free(part->graph.leaf_target);
	lg_pages_free(part->snapshot.shallow_bytes);
	lg_pages_free(part->original);
	lg_pages_free(part->is_head);
	lg_pages_free(part->component);
	lg_pages_free(part->component_size);
}
