/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/cycle.h"
#include "analysis/holders.h"
#include "base/array.h"
#include "base/cleanup.h"

struct search {
	const struct lg_analysis *analysis;
	const uint32_t *component;
	uint32_t start;
	uint32_t *parent; /* node: where the search came from, LG_NONE: not seen */
	uint32_t *queue;
	size_t head, tail, capacity;
};

static void free_search(struct search *search)
{
	free(search->parent);
	free(search->queue);
}

void lg_cycle_release(struct lg_cycle *cycle)
{
	free(cycle->node);
	*cycle = (struct lg_cycle){0};
}

static bool is_within(const struct search *search, uint32_t node)
{
	if (search->component)
		return search->component[node] == search->component[search->start];
	return search->analysis->dominators->immediate[node] == LG_NONE;
}

/* Look at what a node refers to. *closes: it refers to the start. */
static bool expand(struct search *search, uint32_t node, bool *closes)
{
	const struct lg_graph *g = search->analysis->graph;

	if (node >= g->inner_count)
		return true;
	for (uint32_t r = g->inner_first[node]; r < g->inner_first[node + 1]; r++) {
		uint32_t target = g->inner_target[r];

		if (target == search->start) {
			*closes = true;
			return true;
		}
		if (!is_within(search, target) || search->parent[target] != LG_NONE)
			continue;
		if (!lg_reserve(search->queue, search->capacity, search->tail + 1))
			return false;
		search->parent[target] = node;
		search->queue[search->tail++] = target;
	}
	return true;
}

static void push(const struct lg_analysis *analysis, struct lg_trail *trail, uint32_t holder,
		 uint32_t target)
{
	lg_trail_push(trail, &(struct lg_trail_step){
				     .key = lg_reference_key(analysis, holder, target),
				     .count = 1,
				     .object = target,
			     });
}

static enum lg_status take_chain(const struct search *search, uint32_t last, struct lg_cycle *out,
				 struct lg_error *err)
{
	size_t count = 1;

	for (uint32_t at = last; at != search->start; at = search->parent[at])
		count++;
	out->node = lg_alloc(count, sizeof *out->node);
	if (!out->node)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cycle of %zu", count);
	out->count = count;
	out->node[0] = search->start;
	for (uint32_t at = last; at != search->start; at = search->parent[at])
		out->node[--count] = at;
	return LG_OK;
}

enum lg_status lg_cycle_find(const struct lg_analysis *analysis, uint32_t node,
			     const uint32_t *component, struct lg_cycle *out, struct lg_error *err)
{
	lg_cleanup(free_search) struct search search = {
		.analysis = analysis,
		.component = component,
		.start = node,
	};
	uint32_t at = node;

	*out = (struct lg_cycle){0};
	search.parent = lg_alloc(analysis->snapshot->object_count, sizeof *search.parent);
	if (!search.parent)
		return lg_fail(err, LG_E_MEMORY, "no memory to look for a cycle");
	memset(search.parent, 0xff, analysis->snapshot->object_count * sizeof *search.parent);
	for (;;) {
		bool closes = false;

		if (!expand(&search, at, &closes))
			return lg_fail(err, LG_E_MEMORY, "no memory to look for a cycle");
		if (closes)
			return take_chain(&search, at, out, err);
		if (search.head == search.tail || search.head == LG_MAX_CYCLE_NODES)
			return LG_OK;
		at = search.queue[search.head++];
	}
}

enum lg_status lg_cycle_tell(const struct lg_analysis *analysis, const struct lg_cycle *cycle,
			     struct lg_pool *pool, const char **out, struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	struct lg_buffer text = {0};
	struct lg_path path;

	*out = "";
	if (cycle->count == 0)
		return LG_OK;
	for (size_t i = 0; i < cycle->count; i++)
		push(analysis, &trail, cycle->node[i], cycle->node[(i + 1) % cycle->count]);
	if (trail.failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cycle of %zu steps", trail.count);
	lg_trail_show(analysis, &trail, false, pool, &path, NULL, 0);
	if (path.count)
		path.hop[path.count - 1].named_type = false;
	lg_object_type_text(analysis, cycle->node[0], 1, &text);
	lg_buffer_format(&text, " → %s → (back)", lg_path_keep(&path, pool));
	*out = lg_buffer_keep(&text, pool);
	return LG_OK;
}

enum lg_status lg_cycle_text(const struct lg_analysis *analysis, uint32_t node,
			     struct lg_pool *pool, const char **out, struct lg_error *err)
{
	lg_cleanup(lg_cycle_release) struct lg_cycle cycle = {0};
	enum lg_status status = lg_cycle_find(analysis, node, NULL, &cycle, err);

	*out = "";
	return status == LG_OK ? lg_cycle_tell(analysis, &cycle, pool, out, err) : status;
}
