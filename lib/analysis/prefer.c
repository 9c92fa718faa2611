/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/prefer.h"
#include "base/array.h"
#include "base/cleanup.h"

/*
 * Of several shortest paths to an object the search takes the first it meets.
 * A reader is told most by one through frames and names: here each node gets,
 * among the parents one step nearer to a root, that whose path costs least.
 */
#define COST_NAMELESS 1 /* a C type's reference without a name */
#define COST_THREAD 4   /* what a thread's state keeps beside its frames */

struct order {
	uint32_t *object; /* inner objects that a root reaches, the nearest first */
	size_t count;
};

static void free_order(struct order *order)
{
	free(order->object);
}

static uint32_t distance_of(const struct lg_analysis *analysis, uint32_t object)
{
	return analysis->shortest->distance[lg_analysis_node(analysis, object)];
}

/* A counting sort. Distances are below the number of inner objects, which alone lead on. */
static enum lg_status sort_by_distance(const struct lg_analysis *analysis, struct order *out,
				       struct lg_error *err)
{
	uint32_t count = analysis->snapshot->inner_count;
	lg_cleanup(lg_free) uint32_t *first = lg_alloc_zero((size_t)count + 2, sizeof *first);

	out->object = lg_alloc((size_t)count + 1, sizeof *out->object);
	if (!first || !out->object)
		return lg_fail(err, LG_E_MEMORY, "no memory to compare the paths of %u objects",
			       count);
	for (uint32_t object = 1; object < count; object++)
		if (distance_of(analysis, object) <= count)
			first[distance_of(analysis, object) + 1]++;
	for (size_t d = 1; d < (size_t)count + 2; d++)
		first[d] += first[d - 1];
	out->count = first[(size_t)count + 1];
	for (uint32_t object = 1; object < count; object++)
		if (distance_of(analysis, object) <= count)
			out->object[first[distance_of(analysis, object)]++] = object;
	return LG_OK;
}

static bool is_thread(const struct lg_analysis *analysis, uint32_t object)
{
	const struct lg_snapshot *s = analysis->snapshot;
	struct lg_text type;

	if (!(s->flags[object] & LG_OBJECT_PSEUDO))
		return false;
	type = lg_snapshot_string(s, s->types[s->type[object]].name);
	return type.length == strlen("thread") && !memcmp(type.bytes, "thread", type.length);
}

static uint32_t cost_of(const struct lg_snapshot *s, uint32_t reference, bool thread)
{
	if (s->ref_kind[reference] != LG_REF_OTHER)
		return 0;
	if (thread)
		return COST_THREAD;
	return s->ref_name[reference] ? 0 : COST_NAMELESS;
}

/* All nearer objects have been here: the cost of this one's node is known. */
static void offer_references(const struct lg_analysis *analysis, uint32_t object,
			     const uint32_t *before, uint32_t *cost)
{
	const struct lg_snapshot *s = analysis->snapshot;
	struct lg_shortest *shortest = analysis->shortest;
	uint32_t holder = lg_analysis_node(analysis, object);
	bool thread = is_thread(analysis, object);

	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target, offered;

		if (!lg_ref_is_strong(s->ref_kind[r]))
			continue;
		target = lg_analysis_node(analysis, s->ref_target[r]);
		if (shortest->distance[target] != shortest->distance[holder] + 1)
			continue;
		offered = cost[holder] + cost_of(s, r, thread);
		/* Of equal ones the search's own choice stays. */
		if (offered < cost[target] ||
		    (offered == cost[target] && before[target] == holder)) {
			cost[target] = offered;
			shortest->parent[target] = holder;
		}
	}
}

enum lg_status lg_prefer_telling_paths(struct lg_analysis *analysis, struct lg_error *err)
{
	uint32_t count = analysis->snapshot->object_count;
	const struct lg_shortest *shortest = analysis->shortest;
	lg_cleanup(free_order) struct order order = {0};
	lg_cleanup(lg_free) uint32_t *before = lg_alloc(count, sizeof *before);
	lg_cleanup(lg_free) uint32_t *cost = lg_alloc(count, sizeof *cost);
	enum lg_status status;

	if (!before || !cost)
		return lg_fail(err, LG_E_MEMORY, "no memory to compare the paths of %u objects",
			       count);
	status = sort_by_distance(analysis, &order, err);
	if (status != LG_OK)
		return status;
	memcpy(before, shortest->parent, count * sizeof *before);
	for (uint32_t node = 0; node < count; node++)
		cost[node] = shortest->distance[node] <= 1 ? 0 : LG_NONE;
	for (size_t i = 0; i < order.count; i++)
		offer_references(analysis, order.object[i], before, cost);
	return LG_OK;
}
