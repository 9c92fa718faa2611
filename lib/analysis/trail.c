/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/trail.h"
#include "base/array.h"
#include "base/cleanup.h"

void lg_trail_free(struct lg_trail *trail)
{
	free(trail->step);
	*trail = (struct lg_trail){0};
}

bool lg_trail_copy(const struct lg_trail *from, struct lg_trail *to)
{
	*to = (struct lg_trail){.more = from->more, .failed = from->failed};
	if (!lg_reserve(to->step, to->capacity, from->count)) {
		to->failed = true;
		return false;
	}
	if (from->count)
		memcpy(to->step, from->step, from->count * sizeof *to->step);
	to->count = from->count;
	return true;
}

/* A chain goes on: the same label and type, and it does not fan out. */
static bool continues(const struct lg_trail_step *before, const struct lg_trail_step *after)
{
	return lg_keys_equal(&before->key, &after->key) &&
	       before->key.label.exact == after->key.label.exact &&
	       before->key.label.kind < LG_STEP_ROOT && after->count <= before->count &&
	       after->count >= before->count / 2;
}

static bool block_continues(const struct lg_trail *trail, uint32_t period)
{
	const struct lg_trail_step *last = trail->step + trail->count - period;

	for (uint32_t i = 0; i < period; i++)
		if (!continues(last - period + i, last + i) || last[i].repeat != 1)
			return false;
	return true;
}

/* Take the last `period` steps back where they repeat those before them. */
static bool collapse(struct lg_trail *trail, uint32_t period)
{
	struct lg_trail_step *block;

	if (trail->count < 2 * (size_t)period || !block_continues(trail, period))
		return false;
	block = trail->step + trail->count - 2 * (size_t)period;
	if (block->period != period && block->repeat != 1)
		return false;
	for (uint32_t i = 1; i < period; i++)
		if (block[i].repeat != 1)
			return false;
	block->period = period;
	block->repeat++;
	for (uint32_t i = 0; i < period; i++)
		block[i].last = block[period + i].last;
	trail->count -= period;
	return true;
}

void lg_trail_push(struct lg_trail *trail, const struct lg_trail_step *step)
{
	if (trail->count == LG_MAX_TRAIL_STEPS) {
		trail->more = true;
		return;
	}
	if (!lg_reserve(trail->step, trail->capacity, trail->count + 1)) {
		trail->failed = true;
		return;
	}
	trail->step[trail->count] = *step;
	trail->step[trail->count].repeat = 1;
	trail->step[trail->count].period = 1;
	trail->step[trail->count].last = step->object;
	trail->count++;
	for (uint32_t period = 1; period <= LG_MAX_PERIOD; period++)
		if (collapse(trail, period))
			return;
}

struct lg_group_key lg_reference_key(const struct lg_analysis *analysis, uint32_t holder,
				     uint32_t target)
{
	struct lg_group_key key = lg_key_of(analysis, holder, target);
	struct lg_step step;

	if (holder == 0)
		return key;
	if (analysis->shortest_via && analysis->shortest->parent[target] == holder) {
		key.label = lg_label_of(analysis, holder, analysis->shortest_via[target]);
		return key;
	}
	if (analysis->dominators->immediate[target] == holder && analysis->via[target] != LG_NONE)
		return key;
	if (!lg_graph_step(analysis->graph, holder, target, &step)) {
		key.label = (struct lg_label){LG_STEP_SHARED, 0, 0};
		return key;
	}
	key.label = lg_label_of_step(analysis, holder, step.kind, step.name);
	return key;
}

/* Push steps of a chain that was gathered from its end: chain[count-1] first. */
static void push_chain(const struct lg_analysis *analysis, uint32_t from, const uint32_t *chain,
		       size_t count, bool dominators, struct lg_trail *trail)
{
	uint32_t holder = from;

	for (size_t i = count; i-- > 0;) {
		uint32_t node = chain[i];

		lg_trail_push(trail,
			      &(struct lg_trail_step){
				      .key = dominators ? lg_key_of(analysis, holder, node)
							: lg_reference_key(analysis, holder, node),
				      .count = 1,
				      .object = node,
				      .retained_bytes = analysis->dominators->retained_bytes[node],
			      });
		holder = node;
	}
}

static enum lg_status push_up(const struct lg_analysis *analysis, const uint32_t *parent,
			      uint32_t from, uint32_t node, bool dominators, struct lg_trail *trail,
			      struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *chain = NULL;
	size_t capacity = 0, count = 0;

	for (; node != from && node != 0 && node != LG_NONE; node = parent[node]) {
		if (count >= analysis->snapshot->object_count)
			return lg_fail(err, LG_E_INTERNAL, "a path runs in a circle");
		if (!lg_reserve(chain, capacity, count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for a path of %zu steps",
				       count);
		chain[count++] = node;
	}
	push_chain(analysis, from, chain, count, dominators, trail);
	if (trail->failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a path of %zu steps", count);
	return LG_OK;
}

enum lg_status lg_trail_shortest_from(struct lg_analysis *analysis, uint32_t from, uint32_t node,
				      struct lg_trail *trail, struct lg_error *err)
{
	enum lg_status status = lg_analysis_need_shortest(analysis, node, err);

	if (status != LG_OK)
		return status;
	return push_up(analysis, analysis->shortest->parent, from, node, false, trail, err);
}

enum lg_status lg_trail_shortest(struct lg_analysis *analysis, uint32_t node,
				 struct lg_trail *trail, struct lg_error *err)
{
	return lg_trail_shortest_from(analysis, 0, node, trail, err);
}

enum lg_status lg_trail_to_reference(struct lg_analysis *analysis, uint32_t referrer, uint32_t node,
				     struct lg_trail *trail, struct lg_error *err)
{
	enum lg_status status = lg_trail_shortest(analysis, referrer, trail, err);

	if (status != LG_OK)
		return status;
	lg_trail_push(trail, &(struct lg_trail_step){
				     .key = lg_reference_key(analysis, referrer, node),
				     .count = 1,
				     .object = node,
			     });
	return trail->failed ? lg_fail(err, LG_E_MEMORY, "no memory for a path") : LG_OK;
}

enum lg_status lg_trail_dominators(struct lg_analysis *analysis, uint32_t node,
				   struct lg_trail *trail, struct lg_error *err)
{
	return push_up(analysis, analysis->dominators->immediate, 0, node, true, trail, err);
}

enum lg_status lg_trail_along(const struct lg_analysis *analysis, const uint32_t *parent,
			      uint32_t from, uint32_t node, struct lg_trail *trail,
			      struct lg_error *err)
{
	return push_up(analysis, parent, from, node, false, trail, err);
}
