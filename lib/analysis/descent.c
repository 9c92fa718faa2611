/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/search.h"

/* A child that keeps this much of its holder's bytes is followed. */
#define FOLLOW_SHARE 0.8

static uint32_t heaviest_child(const struct lg_search *search, struct lg_group_key *key)
{
	const struct lg_grouper *g = &search->grouper;
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	uint32_t best = 0;

	for (size_t i = 0; i < g->count; i++)
		if (best == 0 || retained[g->group[i].largest] > retained[best]) {
			best = g->group[i].largest;
			*key = g->group[i].key;
		}
	return best;
}

/* Split off a group under descent->node, without `except` (0: all of it). */
static enum lg_status split_group(struct lg_search *search, struct lg_descent *descent,
				  const struct lg_group *group, uint32_t except)
{
	uint64_t rest = group->retained_bytes, taken = 0;
	enum lg_status status;

	if (except)
		rest -= search->analysis->dominators->retained_bytes[except];
	if (rest < search->threshold)
		return LG_OK;
	status = lg_seed_group(search, &descent->trail, group, descent->node, except, &taken);
	descent->base -= taken < descent->base ? taken : descent->base;
	descent->split += taken;
	return status;
}

/* Split off the groups that weigh enough, but not the heaviest child's: those named, or the others.
 */
static enum lg_status split_others(struct lg_search *search, struct lg_descent *descent,
				   const struct lg_group_key *heaviest, bool named)
{
	for (size_t i = 0; i < search->grouper.count; i++) {
		const struct lg_group *group = &search->grouper.group[i];
		enum lg_status status;

		if (group->retained_bytes < search->threshold)
			return LG_OK; /* they are sorted */
		if (lg_label_is_named(group->key.label) != named ||
		    lg_keys_equal(&group->key, heaviest))
			continue;
		status = split_group(search, descent, group, 0);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static bool keeps_most(const struct lg_search *search, const struct lg_descent *descent,
		       uint32_t child)
{
	uint64_t retained = search->analysis->dominators->retained_bytes[child];

	return child && (double)retained >= FOLLOW_SHARE * (double)descent->base;
}

/*
 * The first step of a chain that repeats and that the trail ends in, perhaps
 * in the middle of a round; LG_NONE where it ends in none.
 */
static size_t chain_of(const struct lg_trail *trail)
{
	for (size_t back = 1; back < 2 * LG_MAX_PERIOD && back <= trail->count; back++) {
		size_t start = trail->count - back;
		const struct lg_trail_step *block = &trail->step[start];
		bool same = true;

		if (block->repeat <= 2 || back < block->period || back >= 2 * block->period)
			continue;
		for (size_t i = block->period; i < back && same; i++)
			same = lg_keys_equal(&block[i].key, &block[i - block->period].key);
		if (same)
			return start;
	}
	return LG_NONE;
}

size_t lg_accumulation_of(const struct lg_trail *trail, size_t start)
{
	size_t chain = chain_of(trail);

	return chain != LG_NONE && chain > start ? chain - 1 : trail->count - 1;
}

static const struct lg_group *group_of(const struct lg_search *search,
				       const struct lg_group_key *key)
{
	for (size_t i = 0; i < search->grouper.count; i++)
		if (lg_keys_equal(&search->grouper.group[i].key, key))
			return &search->grouper.group[i];
	return NULL;
}

static enum lg_status follow(struct lg_search *search, struct lg_descent *descent,
			     const struct lg_group_key *key, uint32_t child)
{
	struct lg_trail *trail = &descent->trail;
	enum lg_status status = lg_push_step(
		search, trail,
		&(struct lg_group){
			.key = *key,
			.count = 1,
			.largest = child,
			.holder = descent->node,
			.retained_bytes = search->analysis->dominators->retained_bytes[child],
		});

	if (status == LG_OK && trail->count)
		descent->split_before[trail->count - 1] = descent->split;
	descent->node = child;
	return status;
}

/*
 * One step down, or *stop. Heavy parts beside the way become seeds: those with
 * a name of their own in any case, items only where one of them is followed.
 */
static enum lg_status descend_once(struct lg_search *search, struct lg_descent *descent, bool *stop)
{
	const struct lg_group *own;
	struct lg_group_key key = {0};
	enum lg_status status;
	uint32_t child;

	*stop = true;
	status = lg_group_children(search->analysis, &search->grouper, &descent->node, 1,
				   search->err);
	if (status != LG_OK || search->grouper.count == 0)
		return status;
	child = heaviest_child(search, &key);
	own = group_of(search, &key);
	status = split_others(search, descent, &key, true);
	if (status != LG_OK || !own)
		return status;
	if (!keeps_most(search, descent, child)) {
		/* Far enough down a chain most is behind us: it stays one. */
		if (!lg_label_is_named(key.label) || chain_of(&descent->trail) != LG_NONE)
			return LG_OK;
		return split_group(search, descent, own, 0);
	}
	status = split_others(search, descent, &key, false);
	if (status == LG_OK && own->count > 1)
		status = split_group(search, descent, own, child);
	if (status == LG_OK)
		status = follow(search, descent, &key, child);
	*stop = descent->trail.more;
	return status;
}

enum lg_status lg_descend(struct lg_search *search, struct lg_descent *descent)
{
	bool stop = false;

	while (!stop) {
		enum lg_status status = descend_once(search, descent, &stop);

		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}
