/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * The dominator of a leaf is the nearest common ancestor of its referrers in
 * the dominator tree. In a preorder that of many is that of the lowest and the
 * highest alone, so one pass over the references to leaves keeps those two.
 * They live in result->retained_bytes until that is due.
 */

#define AHEAD 16

/*
 * The highest place in the high half, the complement of the lowest in the low
 * half: so 0 is the empty interval, and both are widened by taking the greater.
 */
static inline uint64_t widen(uint64_t interval, uint32_t place)
{
	uint32_t low = (uint32_t)interval, high = (uint32_t)(interval >> 32);

	low = low > ~place ? low : ~place;
	high = high > place ? high : place;
	return (uint64_t)high << 32 | low;
}

static inline uint32_t lowest(uint64_t interval)
{
	return ~(uint32_t)interval;
}

static inline uint32_t highest(uint64_t interval)
{
	return (uint32_t)(interval >> 32);
}

static void collect_intervals(struct lg_run *run, uint64_t *interval)
{
	const struct lg_graph *graph = run->graph;
	const uint32_t *target = graph->leaf_target, *first = graph->leaf_first;
	const uint32_t *position = run->result->position;
	uint32_t total = first[graph->inner_count], rows = graph->inner_count;

	for (uint32_t v = 0; v < rows; v++) {
		uint32_t place = position[v], end = first[v + 1];

		if (place == 0)
			continue;
		for (uint32_t e = first[v]; e < end; e++) {
			if (total - e > AHEAD)
				__builtin_prefetch(&interval[target[e + AHEAD]], 1);
			interval[target[e]] = widen(interval[target[e]], place);
		}
	}
}

static inline bool contains(const struct lg_run *run, uint32_t ancestor, uint32_t place)
{
	return place - ancestor < run->place[ancestor].count;
}

/* From both ends: the first ancestor of high that is not above low, or of low that holds high. */
static uint32_t climb(const struct lg_run *run, uint32_t low, uint32_t high, uint64_t *steps)
{
	uint32_t a = low, b = high;

	while (!contains(run, a, high)) {
		a = run->place[a].dominator;
		if (b <= low)
			return b;
		b = run->place[b].dominator;
		++*steps;
	}
	return a;
}

static uint32_t jump_to(const struct lg_run *run, const struct lg_jump *jump, uint32_t low,
			uint32_t high, uint64_t *steps)
{
	uint32_t a = low;

	while (!contains(run, a, high)) {
		uint32_t far = jump[a].far;

		a = contains(run, far, high) ? run->place[a].dominator : far;
		++*steps;
	}
	return a;
}

static enum lg_status make_jumps(const struct lg_run *run, struct lg_jump **out,
				 struct lg_error *err)
{
	enum lg_status status;

	status = lg_pages_take_dirty(*out, (size_t)run->reached + 1, "jump pointers", err);
	if (status != LG_OK)
		return status;
	(*out)[LG_ROOT_NUMBER] = (struct lg_jump){0, LG_ROOT_NUMBER};
	for (uint32_t p = LG_ROOT_NUMBER + 1; p <= run->reached; p++)
		lg_jump_add(*out, p, run->place[p].dominator);
	return LG_OK;
}

static enum lg_status find_dominators(struct lg_run *run, const uint64_t *interval,
				      uint32_t *dominator, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) struct lg_jump *jump = NULL;
	uint32_t leaf = run->graph->inner_count, nodes = run->graph->node_count;
	uint64_t *steps = &run->work.leaf_steps;
	uint64_t budget = run->tuning.leaf_steps * nodes;

	for (; leaf < nodes; leaf++) {
		uint32_t low = lowest(interval[leaf]), high = highest(interval[leaf]);

		if (interval[leaf] == 0) {
			dominator[leaf] = 0;
			continue;
		}
		if (!jump && *steps >= budget && low != high) {
			enum lg_status status = make_jumps(run, &jump, err);

			if (status != LG_OK)
				return status;
			run->work.leaf_jumps = true;
		}
		dominator[leaf] =
			jump ? jump_to(run, jump, low, high, steps) : climb(run, low, high, steps);
	}
	return LG_OK;
}

enum lg_status lg_run_leaves(struct lg_run *run, struct lg_error *err)
{
	struct lg_dominators *d = run->result;
	uint32_t inner = run->graph->inner_count;
	enum lg_status status;

	status = lg_pages_take_dirty(d->retained_bytes, d->node_count, "retained sizes", err);
	if (status != LG_OK)
		return status;
	memset(d->retained_bytes + inner, 0,
	       (size_t)(d->node_count - inner) * sizeof *d->retained_bytes);
	collect_intervals(run, d->retained_bytes);
	return find_dominators(run, d->retained_bytes, d->immediate, err);
}
