/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/cycle.h"
#include "analysis/holders.h"
#include "base/array.h"
#include "base/cleanup.h"

struct search {
	const struct lg_analysis *analysis;
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
		if (search->analysis->dominators->immediate[target] != LG_NONE ||
		    search->parent[target] != LG_NONE)
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

static enum lg_status tell(const struct search *search, uint32_t last, struct lg_pool *pool,
			   const char **out, struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	lg_cleanup(lg_free) uint32_t *chain = NULL;
	size_t count = 0, capacity = 0;
	struct lg_buffer text = {0};
	struct lg_path path;
	uint32_t holder = search->start;

	for (uint32_t at = last; at != search->start; at = search->parent[at]) {
		if (!lg_reserve(chain, capacity, count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for a cycle of %zu", count);
		chain[count++] = at;
	}
	while (count-- > 0) {
		push(search->analysis, &trail, holder, chain[count]);
		holder = chain[count];
	}
	push(search->analysis, &trail, holder, search->start);
	if (trail.failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cycle of %zu steps", trail.count);
	lg_trail_show(search->analysis, &trail, false, pool, &path, NULL, 0);
	if (path.count)
		path.hop[path.count - 1].named_type = false;
	lg_object_type_text(search->analysis, search->start, 1, &text);
	lg_buffer_format(&text, " → %s → (back)", lg_path_keep(&path, pool));
	*out = lg_buffer_keep(&text, pool);
	return LG_OK;
}

enum lg_status lg_cycle_text(const struct lg_analysis *analysis, uint32_t node,
			     struct lg_pool *pool, const char **out, struct lg_error *err)
{
	lg_cleanup(free_search) struct search search = {.analysis = analysis, .start = node};
	uint32_t at = node;

	*out = "";
	search.parent = lg_alloc(analysis->snapshot->object_count, sizeof *search.parent);
	if (!search.parent)
		return lg_fail(err, LG_E_MEMORY, "no memory to look for a cycle");
	memset(search.parent, 0xff, analysis->snapshot->object_count * sizeof *search.parent);
	for (;;) {
		bool closes = false;

		if (!expand(&search, at, &closes))
			return lg_fail(err, LG_E_MEMORY, "no memory to look for a cycle");
		if (closes)
			return tell(&search, at, pool, out, err);
		if (search.head == search.tail || search.head == LG_MAX_CYCLE_NODES)
			return LG_OK;
		at = search.queue[search.head++];
	}
}
