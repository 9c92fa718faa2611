/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/search.h"
#include "base/array.h"
#include "base/cleanup.h"

void lg_seed_free(struct lg_seed *seed)
{
	lg_trail_free(&seed->trail);
	free(seed->member);
	*seed = (struct lg_seed){0};
}

enum lg_status lg_search_no_memory(const struct lg_search *search)
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

enum lg_status lg_push_step(const struct lg_search *search, struct lg_trail *trail,
			    const struct lg_group *group)
{
	enum lg_status status;
	uint32_t before;

	if (group->key.label.kind != LG_STEP_SHARED) {
		push_group(trail, group);
		return LG_OK;
	}
	status = lg_analysis_need_shortest(search->analysis, group->largest, search->err);
	if (status != LG_OK)
		return status;
	before = search->analysis->shortest->parent[group->largest];
	status =
		lg_trail_shortest_from(search->analysis, group->holder, before, trail, search->err);
	if (status != LG_OK)
		return status;
	struct lg_group own = *group;
	own.key.label = lg_reference_key(search->analysis, before, group->largest).label;
	push_group(trail, &own);
	return LG_OK;
}

static enum lg_status add_seed(struct lg_search *search, struct lg_seed *seed)
{
	if (search->seeds_made == LG_MAX_SEEDS) {
		lg_seed_free(seed);
		return LG_OK;
	}
	if (seed->trail.failed ||
	    !lg_reserve(search->seed, search->seed_capacity, search->seed_count + 1)) {
		lg_seed_free(seed);
		return lg_search_no_memory(search);
	}
	search->seed[search->seed_count++] = *seed;
	search->seeds_made++;
	return LG_OK;
}

/* A seed for part of a shared group: count members, all with the same holders. */
static enum lg_status seed_shared_part(struct lg_search *search, const struct lg_trail *trail,
				       const struct lg_group *group, const uint32_t *member,
				       uint32_t count, uint64_t bytes)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	struct lg_group part = *group;
	struct lg_seed seed = {
		.member_count = count,
		.bytes = bytes,
		.shared = true,
		.parent = group->holder,
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
		lg_seed_free(&seed);
		return lg_search_no_memory(search);
	}
	memcpy(seed.member, member, count * sizeof *seed.member);
	status = lg_push_step(search, &seed.trail, &part);
	if (status != LG_OK) {
		lg_seed_free(&seed);
		return status;
	}
	return add_seed(search, &seed);
}

/* Seeds for those sets of holders that matter; *taken is what they retain. */
static enum lg_status seed_shared(struct lg_search *search, const struct lg_trail *trail,
				  const struct lg_group *group, uint32_t *member, uint64_t *taken)
{
	const uint64_t *retained = search->analysis->dominators->retained_bytes;
	lg_cleanup(lg_free) uint64_t *set = NULL;
	uint32_t count = (uint32_t)group->count;
	enum lg_status status =
		lg_split_shared(search->analysis, group->holder, member, count, &set, search->err);

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

enum lg_status lg_seed_group(struct lg_search *search, const struct lg_trail *trail,
			     const struct lg_group *from, uint32_t node, uint32_t except,
			     uint64_t *taken)
{
	struct lg_group group = *from;
	lg_cleanup(lg_free) uint32_t *member = NULL;
	struct lg_seed seed = {.bytes = group.retained_bytes, .parent = node};
	uint32_t count = 0;
	enum lg_status status =
		lg_group_members(search->analysis, &node, 1, &group, &member, search->err);

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
		return lg_search_no_memory(search);
	status = lg_push_step(search, &seed.trail, &group);
	if (status != LG_OK) {
		lg_seed_free(&seed);
		return status;
	}
	seed.member = lg_take(member);
	seed.member_count = count;
	*taken += seed.bytes;
	return add_seed(search, &seed);
}

static enum lg_status seed_top_group(struct lg_search *search, const struct lg_group *group)
{
	struct lg_trail empty = {0};
	uint64_t taken = 0;

	return lg_seed_group(search, &empty, group, 0, 0, &taken);
}

/* The heaviest stand first. */
static enum lg_status group_top(struct lg_search *search, size_t *heavy)
{
	uint32_t top = 0;
	enum lg_status status =
		lg_group_children(search->analysis, &search->grouper, &top, 1, search->err);

	*heavy = 0;
	while (*heavy < search->grouper.count &&
	       search->grouper.group[*heavy].retained_bytes >= search->threshold)
		++*heavy;
	return status;
}

enum lg_status lg_seed_top(struct lg_search *search)
{
	size_t heavy;
	enum lg_status status = group_top(search, &heavy);

	for (size_t i = 0; status == LG_OK && i < heavy; i++)
		status = seed_top_group(search, &search->grouper.group[i]);
	return status;
}

static bool is_thread(const struct lg_search *search, const struct lg_group *group)
{
	const struct lg_label *label = &group->key.label;

	return label->kind == LG_STEP_ROOT &&
	       search->analysis->snapshot->roots[label->name].kind == LG_ROOT_THREAD;
}

enum lg_status lg_seed_light_threads(struct lg_search *search)
{
	const struct lg_group *group;
	uint64_t bytes = 0;
	size_t heavy, threads = 0, end;
	enum lg_status status = group_top(search, &heavy);

	group = search->grouper.group;
	end = search->grouper.count;
	for (size_t i = heavy; status == LG_OK && i < end; i++)
		if (is_thread(search, &group[i])) {
			bytes += group[i].retained_bytes;
			threads++;
		}
	if (status != LG_OK || bytes < search->threshold)
		return status;
	search->threshold = search->threshold / threads + 1;
	for (size_t i = heavy; status == LG_OK && i < end; i++)
		if (is_thread(search, &group[i]) && group[i].retained_bytes >= search->threshold)
			status = seed_top_group(search, &group[i]);
	return status;
}
