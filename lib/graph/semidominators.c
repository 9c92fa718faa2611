/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * Semidominators, as in Lengauer and Tarjan, "A Fast Algorithm for Finding
 * Dominators in a Flowgraph" (1979), with the labels of the semi-NCA variant
 * of Georgiadis and Tarjan: a label holds the least semidominator on the path
 * itself and not the node that has it, which saves a dependent read.
 *
 * Late references are counting-sorted by target, so that one pass over the
 * numbers in descending order meets each node's predecessors side by side.
 */

#define AHEAD 16

/* In the forest of nodes processed so far; the ancestor skips ever further by path compression. */
struct pair {
	uint32_t ancestor;
	uint32_t label;
};

/* After this, sources of the late references to w are source[end[w-1]] .. source[end[w]-1]. */
static enum lg_status sort_late(struct lg_run *run, uint32_t **out_end, uint32_t **out_source,
				struct lg_error *err)
{
	const struct lg_late *late = run->late;
	size_t count = run->work.late_references;
	uint32_t *end, *source, sum = 0;
	enum lg_status status;

	status =
		lg_pages_take(*out_end, (size_t)run->reached + 1, "counts of late references", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(*out_source, count, "sorted late references", err);
	if (status != LG_OK)
		return status;
	end = *out_end;
	source = *out_source;
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			__builtin_prefetch(&end[late[i + AHEAD].target], 1);
		end[late[i].target]++;
	}
	for (size_t w = 0; w <= run->reached; w++) {
		uint32_t own = end[w];

		end[w] = sum;
		sum += own;
	}
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			__builtin_prefetch(&end[late[i + AHEAD].target], 1);
		source[end[late[i].target]++] = late[i].source;
	}
	return LG_OK;
}

/* More than two links up: collect the path, then compress it from the top. */
static uint32_t compress(struct pair *pair, uint32_t node, uint32_t limit, uint32_t *path,
			 uint64_t *steps)
{
	uint32_t length = 0, label, top;

	do {
		path[length++] = node;
		node = pair[node].ancestor;
	} while (pair[node].ancestor > limit);
	*steps += length;
	label = pair[node].label;
	top = pair[node].ancestor;
	while (length) {
		struct pair *p = &pair[path[--length]];

		if (p->label < label)
			label = p->label;
		*p = (struct pair){top, label};
	}
	return label;
}

/* The least label on the way from node up to below limit: what is above limit has been processed.
 */
static inline uint32_t evaluate(struct pair *pair, uint32_t node, uint32_t limit, uint32_t *path,
				uint64_t *steps)
{
	struct pair *own = &pair[node], *up;

	if (own->ancestor <= limit)
		return own->label;
	up = &pair[own->ancestor];
	if (up->ancestor > limit)
		return compress(pair, node, limit, path, steps);
	if (up->label < own->label)
		own->label = up->label;
	own->ancestor = up->ancestor;
	return own->label;
}

static void descend(struct lg_run *run, struct pair *pair, const uint32_t *end,
		    const uint32_t *source, uint32_t *path)
{
	uint32_t i = (uint32_t)run->work.late_references;
	uint64_t steps = 0;

	for (uint32_t w = run->reached; w > LG_ROOT_NUMBER; w--) {
		uint32_t semi = run->link[w].semi, first = end[w - 1];

		while (i > first) {
			i--;
			if (i >= AHEAD)
				__builtin_prefetch(&pair[source[i - AHEAD]]);
			if (semi > LG_ROOT_NUMBER) {
				uint32_t least = evaluate(pair, source[i], w, path, &steps);

				if (least < semi)
					semi = least;
			}
		}
		run->link[w].semi = semi;
		pair[w] = (struct pair){run->link[w].parent, semi};
	}
	run->work.ancestor_steps = steps;
}

enum lg_status lg_run_semidominators(struct lg_run *run, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) uint32_t *end = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *source = NULL;
	lg_cleanup(lg_pages_drop) struct pair *pair = NULL;
	lg_cleanup(lg_pages_drop) uint32_t *path = NULL;
	enum lg_status status = sort_late(run, &end, &source, err);

	lg_pages_free(lg_take(run->late));
	if (status == LG_OK)
		status = lg_pages_take_dirty(pair, (size_t)run->reached + 1, "semidominators", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(path, (size_t)run->reached + 1, "a path of the search",
					     err);
	if (status != LG_OK)
		return status;
	descend(run, pair, end, source, path);
	return LG_OK;
}
