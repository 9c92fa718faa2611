/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/search.h"
#include "base/array.h"
#include "base/cleanup.h"

/* A group that is this much of the set above it is told as evidence. */
#define EVIDENCE_SHARE 0.5
#define MAX_EVIDENCE_STEPS 12

static void free_search(struct lg_search *search)
{
	for (size_t i = 0; i < search->seed_count; i++)
		lg_seed_free(&search->seed[i]);
	free(search->seed);
	lg_grouper_free(&search->grouper);
}

void lg_place_free(struct lg_place *place)
{
	lg_trail_free(&place->trail);
	free(place->pile);
}

void lg_places_free(struct lg_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		lg_place_free(&places->place[i]);
	free(places->place);
	*places = (struct lg_places){0};
}

static void free_descent(struct lg_descent *descent)
{
	lg_trail_free(&descent->trail);
}

/* Of a rest, what was split off is told elsewhere. */
static bool is_told_apart(const struct lg_search *search, const struct lg_place *place,
			  const struct lg_group *group)
{
	return group->retained_bytes >= search->threshold &&
	       (place->items_apart || lg_label_is_named(group->key.label));
}

/* What the next step of the evidence is: most of what the set retains, or nothing. */
static bool choose_evidence(const struct lg_search *search, const struct lg_place *place,
			    uint32_t member_count, uint64_t bytes, bool rest,
			    struct lg_group *chosen)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	const struct lg_grouper *g = &search->grouper;
	size_t first = 0;

	while (rest && first < g->count && is_told_apart(search, place, &g->group[first]))
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

static enum lg_status keep_pile(struct lg_search *search, struct lg_place *place,
				const uint32_t *member, uint32_t count)
{
	if (!search->places->keep_piles)
		return LG_OK;
	free(place->pile);
	place->pile_count = 0;
	place->pile = lg_alloc(count, sizeof *place->pile);
	if (!place->pile)
		return lg_search_no_memory(search);
	memcpy(place->pile, member, count * sizeof *member);
	place->pile_count = count;
	return LG_OK;
}

/* The pile is what holds all of it until more than one is met on the way down, or a chain. */
static enum lg_status keep_larger_pile(struct lg_search *search, struct lg_place *place,
				       const uint32_t *member, uint32_t count)
{
	const struct lg_trail_step *first = place->trail.step + place->accumulation + 1;
	bool chain = place->trail.count > place->accumulation + 1 && first->repeat > 2;

	if (place->pile_count > 1 || (count == 1 && !chain))
		return LG_OK;
	return keep_pile(search, place, count == 1 ? &first->object : member, count);
}

/* Evidence that several hold is the last word; it may be what piles up. */
static enum lg_status keep_shared(struct lg_search *search, struct lg_place *place,
				  const uint32_t *member, uint32_t count,
				  const struct lg_group *chosen)
{
	lg_cleanup(lg_free) uint32_t *found = NULL;
	enum lg_status status = LG_OK;

	if (!search->places->keep_piles)
		return LG_OK;
	status = lg_group_members(search->analysis, member, count, chosen, &found, search->err);
	if (status != LG_OK)
		return status;
	return keep_larger_pile(search, place, found, (uint32_t)chosen->count);
}

/* Merge downwards from the members, as long as one group is most of what there is. */
static enum lg_status add_evidence(struct lg_search *search, struct lg_place *place,
				   uint32_t **member, uint32_t count)
{
	size_t limit = place->trail.count + MAX_EVIDENCE_STEPS;
	uint64_t bytes = place->bytes;
	bool rest = place->rest;
	enum lg_status status = keep_pile(search, place, *member, count);

	while (status == LG_OK && place->trail.count < limit && !place->trail.more) {
		struct lg_group chosen;
		uint32_t *next = NULL;

		status = lg_group_children(search->analysis, &search->grouper, *member, count,
					   search->err);
		if (status != LG_OK)
			return status;
		if (!choose_evidence(search, place, count, bytes, rest, &chosen))
			return LG_OK;
		status = lg_push_step(search, &place->trail, &chosen);
		if (status != LG_OK)
			return status;
		if (chosen.key.label.kind == LG_STEP_SHARED)
			return keep_shared(search, place, *member, count, &chosen);
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
		status = keep_larger_pile(search, place, *member, count);
	}
	return status;
}

static enum lg_status add_place(struct lg_search *search, struct lg_place *place, uint32_t **member,
				uint32_t count)
{
	struct lg_places *places = search->places;
	enum lg_status status = add_evidence(search, place, member, count);

	/* A __dict__ as the last word tells nothing. */
	while (place->trail.count > place->accumulation + 1 &&
	       place->trail.step[place->trail.count - 1].key.label.kind == LG_REF_DICT)
		place->trail.count--;
	if (status == LG_OK && !lg_reserve(places->place, places->capacity, places->count + 1))
		status = lg_search_no_memory(search);
	if (status == LG_OK && place->trail.failed)
		status = lg_search_no_memory(search);
	if (status != LG_OK) {
		lg_place_free(place);
		return status;
	}
	places->place[places->count++] = *place;
	return LG_OK;
}

/* From one object downwards to where its bytes pile up. */
static enum lg_status place_single(struct lg_search *search, struct lg_seed *seed)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	lg_cleanup(free_descent) struct lg_descent descent = {
		.node = seed->member[0],
		.base = seed->bytes,
		.trail = seed->trail,
	};
	size_t start = seed->trail.count - 1;
	struct lg_place place = {.parent = seed->parent, .sample = seed->member[0]};
	enum lg_status status;
	uint32_t node;
	uint64_t split;

	seed->trail = (struct lg_trail){0};
	descent.split_before[start] = 0;
	status = lg_descend(search, &descent);
	if (status != LG_OK)
		return status;
	place.accumulation = lg_accumulation_of(&descent.trail, start);
	node = descent.node;
	if (place.accumulation + 1 < descent.trail.count)
		node = descent.trail.step[place.accumulation].last;
	split = descent.split - descent.split_before[place.accumulation];
	place.bytes = split < retained[node] ? retained[node] - split : 0;
	place.rest = split > 0;
	place.items_apart = node != descent.node;
	/* Below what several hold, one holds again. */
	place.shared = seed->shared && node == place.sample;
	place.node = node;
	seed->member[0] = node;
	if (place.bytes < search->threshold)
		return LG_OK;
	descent.trail.count = place.accumulation + 1;
	place.trail = descent.trail;
	descent.trail = (struct lg_trail){0};
	return add_place(search, &place, &seed->member, 1);
}

static enum lg_status place_many(struct lg_search *search, struct lg_seed *seed)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	struct lg_place place = {
		.trail = seed->trail,
		.accumulation = seed->trail.count - 1,
		.bytes = seed->bytes,
		.shared = seed->shared,
		.parent = seed->parent,
		.sample = seed->member[0],
	};

	for (uint32_t i = 1; i < seed->member_count; i++)
		if (retained[seed->member[i]] > retained[place.sample])
			place.sample = seed->member[i];
	place.node = place.sample;
	seed->trail = (struct lg_trail){0};
	return add_place(search, &place, &seed->member, seed->member_count);
}

/* Below this part of all bytes a place is none. */
#define THRESHOLD_PART 200

uint64_t lg_places_threshold(const struct lg_analysis *analysis)
{
	return analysis->object_bytes / THRESHOLD_PART + 1;
}

static int compare_places(const void *left, const void *right)
{
	const struct lg_place *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->sample > b->sample) - (a->sample < b->sample);
}

static enum lg_status place_seeds(struct lg_search *search)
{
	enum lg_status status = LG_OK;

	while (status == LG_OK && search->seed_count) {
		lg_cleanup(lg_seed_free) struct lg_seed seed = search->seed[--search->seed_count];

		status = seed.member_count == 1 ? place_single(search, &seed)
						: place_many(search, &seed);
	}
	return status;
}

static void drop_light(struct lg_places *places, uint64_t threshold)
{
	size_t kept = 0;

	for (size_t i = 0; i < places->count; i++) {
		if (places->place[i].bytes < threshold)
			lg_place_free(&places->place[i]);
		else
			places->place[kept++] = places->place[i];
	}
	places->count = kept;
}

enum lg_status lg_places_find(struct lg_analysis *analysis, uint64_t threshold,
			      struct lg_places *out, struct lg_error *err)
{
	lg_cleanup(free_search) struct lg_search search = {
		.analysis = analysis,
		.err = err,
		.threshold = threshold ? threshold : 1,
		.places = out,
	};
	enum lg_status status;

	*out = (struct lg_places){.keep_piles = out->keep_piles};
	threshold = search.threshold;
	status = lg_seed_top(&search);
	if (status == LG_OK)
		status = place_seeds(&search);
	if (status == LG_OK)
		status = lg_seed_light_threads(&search);
	if (status == LG_OK)
		status = place_seeds(&search);
	if (status == LG_OK)
		status = lg_places_merge_threads(analysis, out, err);
	if (status == LG_OK)
		drop_light(out, threshold);
	if (status != LG_OK)
		lg_places_free(out);
	else if (out->count)
		qsort(out->place, out->count, sizeof *out->place, compare_places);
	return status;
}
