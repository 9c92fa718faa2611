/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/seeds.h"
#include "base/array.h"
#include "base/cleanup.h"

/* A child that keeps this much of its holder's bytes is followed. */
#define FOLLOW_SHARE 0.8
/* A group that is this much of the set above it is told as evidence. */
#define EVIDENCE_SHARE 0.5
#define MAX_EVIDENCE_STEPS 8

struct search {
	struct lg_analysis *analysis;
	struct lg_error *err;
	uint64_t threshold;
	struct lg_seed *seed; /* a stack */
	size_t seed_count, seed_capacity;
	size_t seeds_made;
	struct lg_places *places;
	struct lg_grouper grouper;
};

static void free_seed(struct lg_seed *seed)
{
	lg_trail_free(&seed->trail);
	free(seed->member);
	*seed = (struct lg_seed){0};
}

static void free_search(struct search *search)
{
	for (size_t i = 0; i < search->seed_count; i++)
		free_seed(&search->seed[i]);
	free(search->seed);
	lg_grouper_free(&search->grouper);
}

static void free_place(struct lg_place *place)
{
	lg_trail_free(&place->trail);
}

void lg_places_free(struct lg_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free_place(&places->place[i]);
	free(places->place);
	*places = (struct lg_places){0};
}

static enum lg_status no_memory(const struct search *search)
{
	return lg_fail(search->err, LG_E_MEMORY, "no memory to look for %zu holders",
		       search->seeds_made);
}

static void push_group(struct lg_trail *trail, const struct lg_group *group)
{
	lg_trail_push(trail, &(struct lg_trail_step){
		.key = group->key,
		.count = group->count,
		.object = group->largest,
		.retained_bytes = group->retained_bytes,
	});
}

/*
 * The step to a group. What several hold has no reference of its parent to
 * show: the shortest way from there to its largest member stands for it.
 */
static enum lg_status push_step(const struct search *search, struct lg_trail *trail,
				const struct lg_group *group)
{
	enum lg_status status;
	uint32_t before;

	if (group->key.label.kind != LG_STEP_SHARED) {
		push_group(trail, group);
		return LG_OK;
	}
	status = lg_analysis_need_shortest(search->analysis, search->err);
	if (status != LG_OK)
		return status;
	before = search->analysis->shortest->parent[group->largest];
	status = lg_trail_shortest_from(search->analysis, group->holder, before, trail,
					search->err);
	if (status != LG_OK)
		return status;
	struct lg_group own = *group;
	own.key.label = lg_reference_key(search->analysis, before, group->largest).label;
	push_group(trail, &own);
	return LG_OK;
}

static enum lg_status add_seed(struct search *search, struct lg_seed *seed)
{
	if (search->seeds_made == LG_MAX_SEEDS) {
		free_seed(seed);
		return LG_OK;
	}
	if (seed->trail.failed ||
	    !lg_reserve(search->seed, search->seed_capacity, search->seed_count + 1)) {
		free_seed(seed);
		return no_memory(search);
	}
	search->seed[search->seed_count++] = *seed;
	search->seeds_made++;
	return LG_OK;
}

/* A seed for part of a shared group: count members, all with the same holders. */
static enum lg_status seed_shared_part(struct search *search, const struct lg_trail *trail,
				       const struct lg_group *group, const uint32_t *member,
				       uint32_t count, uint64_t bytes)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	struct lg_group part = *group;
	struct lg_seed seed = {
		.member_count = count, .bytes = bytes, .shared = true, .parent = group->holder,
	};
	enum lg_status status;

	part.count = count;
	part.retained_bytes = bytes;
	part.largest = member[0];
	for (uint32_t i = 1; i < count; i++)
		if (retained[member[i]] > retained[part.largest])
			part.largest = member[i];
	seed.member = lg_alloc(count, sizeof *seed.member);
	if (!seed.member || !lg_trail_copy(trail, &seed.trail)) {
		free_seed(&seed);
		return no_memory(search);
	}
	memcpy(seed.member, member, count * sizeof *seed.member);
	status = push_step(search, &seed.trail, &part);
	if (status != LG_OK) {
		free_seed(&seed);
		return status;
	}
	return add_seed(search, &seed);
}

/* Seeds for those sets of holders that matter; *taken is what they retain. */
static enum lg_status seed_shared(struct search *search, const struct lg_trail *trail,
				  const struct lg_group *group, uint32_t *member, uint64_t *taken)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	lg_cleanup(lg_free) uint64_t *set = NULL;
	uint32_t count = (uint32_t)group->count;
	enum lg_status status = lg_split_shared(search->analysis, group->holder, member, count,
						&set, search->err);

	for (uint32_t i = 0, end; status == LG_OK && i < count; i = end) {
		uint64_t bytes = 0;

		for (end = i; end < count && set[end] == set[i]; end++)
			bytes += retained[member[end]];
		if (bytes < search->threshold)
			continue;
		status = seed_shared_part(search, trail, group, member + i, end - i, bytes);
		*taken += bytes;
	}
	return status;
}

/* A seed for a group of the children of `node`; `except` (0: none) is left out. */
static enum lg_status seed_group(struct search *search, const struct lg_trail *trail,
				 const struct lg_group *from, uint32_t node, uint32_t except,
				 uint64_t *taken)
{
	struct lg_group group = *from;
	lg_cleanup(lg_free) uint32_t *member = NULL;
	struct lg_seed seed = {.bytes = group.retained_bytes, .parent = node};
	uint32_t count = 0;
	enum lg_status status = lg_group_members(search->analysis, &node, 1, &group, &member,
						 search->err);

	if (status != LG_OK)
		return status;
	if (group.key.label.kind == LG_STEP_SHARED && !except)
		return seed_shared(search, trail, &group, member, taken);
	for (uint32_t i = 0; i < group.count; i++)
		if (member[i] != except)
			member[count++] = member[i];
	if (count < group.count) {
		seed.bytes -= search->analysis->dominators->retained_bytes[except];
		group.retained_bytes = seed.bytes;
		group.count = count;
		if (group.largest == except && count)
			group.largest = member[0];
	}
	if (count == 0)
		return LG_OK;
	if (!lg_trail_copy(trail, &seed.trail))
		return no_memory(search);
	status = push_step(search, &seed.trail, &group);
	if (status != LG_OK) {
		free_seed(&seed);
		return status;
	}
	seed.member = lg_take(member);
	seed.member_count = count;
	*taken += seed.bytes;
	return add_seed(search, &seed);
}

/* A single object on the way down. */
struct descent {
	uint32_t node;
	uint64_t base;   /* what is left to explain: retained by the top, without what was split off */
	uint64_t split;  /* bytes split off so far, by other seeds */
	struct lg_trail trail;
	uint64_t split_before[LG_MAX_TRAIL_STEPS]; /* at the arrival at each step's object */
};

static void free_descent(struct descent *descent)
{
	lg_trail_free(&descent->trail);
}

static uint32_t heaviest_child(const struct search *search, struct lg_group_key *key)
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
static enum lg_status split_group(struct search *search, struct descent *descent,
				  const struct lg_group *group, uint32_t except)
{
	uint64_t rest = group->retained_bytes, taken = 0;
	enum lg_status status;

	if (except)
		rest -= search->analysis->dominators->retained_bytes[except];
	if (rest < search->threshold)
		return LG_OK;
	status = seed_group(search, &descent->trail, group, descent->node, except, &taken);
	descent->base -= taken < descent->base ? taken : descent->base;
	descent->split += taken;
	return status;
}

/* Split off the groups that weigh enough, but not the heaviest child's: those named, or the others. */
static enum lg_status split_others(struct search *search, struct descent *descent,
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

static bool keeps_most(const struct search *search, const struct descent *descent, uint32_t child)
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

/*
 * The step of the accumulation point: the last one, but of a chain that
 * repeats (a linked list) what holds its first.
 */
static size_t accumulation_of(const struct lg_trail *trail, size_t start)
{
	size_t chain = chain_of(trail);

	return chain != LG_NONE && chain > start ? chain - 1 : trail->count - 1;
}

static const struct lg_group *group_of(const struct search *search, const struct lg_group_key *key)
{
	for (size_t i = 0; i < search->grouper.count; i++)
		if (lg_keys_equal(&search->grouper.group[i].key, key))
			return &search->grouper.group[i];
	return NULL;
}

static enum lg_status follow(struct search *search, struct descent *descent,
			     const struct lg_group_key *key, uint32_t child)
{
	struct lg_trail *trail = &descent->trail;
	enum lg_status status = push_step(search, trail, &(struct lg_group){
		.key = *key,
		.count = 1,
		.largest = child,
		.holder = descent->node,
		.retained_bytes = search->analysis->dominators->retained_bytes[child],
	});

	if (status == LG_OK && trail->count && trail->step[trail->count - 1].object == child)
		descent->split_before[trail->count - 1] = descent->split;
	descent->node = child;
	return status;
}

/*
 * One step down, or *stop. Heavy parts beside the way become seeds: those with
 * a name of their own in any case, items only where one of them is followed.
 */
static enum lg_status descend_once(struct search *search, struct descent *descent, bool *stop)
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

/* What the next step of the evidence is: most of what the set retains, or nothing. */
static bool choose_evidence(const struct search *search, uint32_t member_count, uint64_t bytes,
			    bool rest, struct lg_group *chosen)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	const struct lg_grouper *g = &search->grouper;
	size_t first = 0;

	/* Of a rest, what was split off is told elsewhere. */
	while (rest && first < g->count && g->group[first].retained_bytes >= search->threshold)
		first++;
	if (first == g->count)
		return false;
	*chosen = g->group[first];
	if (!rest && member_count == 1 && chosen->count > 1 &&
	    (double)retained[chosen->largest] >= EVIDENCE_SHARE * (double)bytes) {
		chosen->count = 1;
		chosen->retained_bytes = retained[chosen->largest];
	}
	return (double)chosen->retained_bytes >= EVIDENCE_SHARE * (double)bytes;
}

/* Merge downwards from the members, as long as one group is most of what there is. */
static enum lg_status add_evidence(struct search *search, struct lg_place *place,
				   uint32_t **member, uint32_t count)
{
	size_t limit = place->trail.count + MAX_EVIDENCE_STEPS;
	uint64_t bytes = place->bytes;
	bool rest = place->rest;

	while (place->trail.count < limit && !place->trail.more) {
		struct lg_group chosen;
		uint32_t *next = NULL;
		enum lg_status status = lg_group_children(search->analysis, &search->grouper,
							  *member, count, search->err);

		if (status != LG_OK)
			return status;
		if (!choose_evidence(search, count, bytes, rest, &chosen))
			return LG_OK;
		status = push_step(search, &place->trail, &chosen);
		if (status != LG_OK || chosen.key.label.kind == LG_STEP_SHARED)
			return status;
		if (chosen.count == 1) {
			(*member)[0] = chosen.largest;
		} else {
			status = lg_group_members(search->analysis, *member, count, &chosen, &next,
						  search->err);
			if (status != LG_OK)
				return status;
			free(*member);
			*member = next;
		}
		count = (uint32_t)chosen.count;
		bytes = chosen.retained_bytes;
		rest = false;
	}
	return LG_OK;
}

static enum lg_status add_place(struct search *search, struct lg_place *place, uint32_t **member,
				uint32_t count)
{
	struct lg_places *places = search->places;
	enum lg_status status = add_evidence(search, place, member, count);

	/* A __dict__ as the last word tells nothing. */
	while (place->trail.count > place->accumulation + 1 &&
	       place->trail.step[place->trail.count - 1].key.label.kind == LG_REF_DICT)
		place->trail.count--;
	if (status == LG_OK && !lg_reserve(places->place, places->capacity, places->count + 1))
		status = no_memory(search);
	if (status == LG_OK && place->trail.failed)
		status = no_memory(search);
	if (status != LG_OK) {
		free_place(place);
		return status;
	}
	places->place[places->count++] = *place;
	return LG_OK;
}

/* From one object downwards to where its bytes pile up. */
static enum lg_status place_single(struct search *search, struct lg_seed *seed)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	lg_cleanup(free_descent) struct descent descent = {
		.node = seed->member[0], .base = seed->bytes, .trail = seed->trail,
	};
	size_t start = seed->trail.count - 1;
	struct lg_place place = {
		.shared = seed->shared, .parent = seed->parent, .sample = seed->member[0],
	};
	bool stop = false;
	uint64_t split;

	seed->trail = (struct lg_trail){0};
	descent.split_before[start] = 0;
	while (!stop) {
		enum lg_status status = descend_once(search, &descent, &stop);

		if (status != LG_OK)
			return status;
	}
	place.accumulation = accumulation_of(&descent.trail, start);
	seed->member[0] = descent.trail.step[place.accumulation].object;
	split = descent.split - descent.split_before[place.accumulation];
	place.bytes = retained[seed->member[0]] - split;
	place.rest = split > 0;
	if (place.bytes < search->threshold)
		return LG_OK;
	descent.trail.count = place.accumulation + 1;
	place.trail = descent.trail;
	descent.trail = (struct lg_trail){0};
	return add_place(search, &place, &seed->member, 1);
}

static enum lg_status place_many(struct search *search, struct lg_seed *seed)
{
	struct lg_place place = {
		.trail = seed->trail,
		.accumulation = seed->trail.count - 1,
		.bytes = seed->bytes,
		.shared = seed->shared,
		.parent = seed->parent,
		.sample = seed->trail.step[seed->trail.count - 1].object,
	};

	seed->trail = (struct lg_trail){0};
	return add_place(search, &place, &seed->member, seed->member_count);
}

static enum lg_status seed_top(struct search *search)
{
	struct lg_trail empty = {0};
	uint32_t top = 0;
	size_t count = 0;
	enum lg_status status = lg_group_children(search->analysis, &search->grouper, &top, 1,
						  search->err);

	while (count < search->grouper.count &&
	       search->grouper.group[count].retained_bytes >= search->threshold)
		count++;
	for (size_t i = 0; status == LG_OK && i < count; i++) {
		uint64_t taken = 0;

		status = seed_group(search, &empty, &search->grouper.group[i], 0, 0, &taken);
	}
	return status;
}

static int compare_places(const void *left, const void *right)
{
	const struct lg_place *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->sample > b->sample) - (a->sample < b->sample);
}

enum lg_status lg_places_find(struct lg_analysis *analysis, uint64_t threshold,
			      struct lg_places *out, struct lg_error *err)
{
	lg_cleanup(free_search) struct search search = {
		.analysis = analysis, .err = err, .threshold = threshold ? threshold : 1,
		.places = out,
	};
	enum lg_status status;

	*out = (struct lg_places){0};
	status = seed_top(&search);
	while (status == LG_OK && search.seed_count) {
		lg_cleanup(free_seed) struct lg_seed seed = search.seed[--search.seed_count];

		status = seed.member_count == 1 ? place_single(&search, &seed) :
						  place_many(&search, &seed);
	}
	if (status != LG_OK)
		lg_places_free(out);
	else if (out->count)
		qsort(out->place, out->count, sizeof *out->place, compare_places);
	return status;
}
