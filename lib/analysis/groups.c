/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/groups.h"
#include "base/array.h"
#include "base/cleanup.h"

#define FIRST_SLOTS 64

void lg_grouper_free(struct lg_grouper *grouper)
{
	free(grouper->group);
	free(grouper->slot);
	*grouper = (struct lg_grouper){0};
}

/*
 * Children of the virtual root. A module, class or thread stands alone; what C
 * code or a table of the interpreter holds is merged by its name.
 */
static struct lg_label label_at_top(const struct lg_analysis *analysis, uint32_t child)
{
	const struct lg_snapshot *s = analysis->snapshot;
	const struct lg_root *root = lg_analysis_root(analysis, child);

	if (!root && lg_bit_get(analysis->is_class, child))
		return (struct lg_label){LG_STEP_CLASS, child, 0};
	if (!root)
		return (struct lg_label){LG_STEP_SHARED, 0, 0};
	if (root->kind != LG_ROOT_MODULE && root->kind != LG_ROOT_CLASS &&
	    root->kind != LG_ROOT_THREAD) {
		/* The first root of that kind and name stands for all of them. */
		return (struct lg_label){LG_STEP_ROOT, analysis->root_alias[root - s->roots], 0};
	}
	return (struct lg_label){LG_STEP_ROOT, (uint32_t)(root - s->roots), 0};
}

struct lg_group_key lg_key_of(const struct lg_analysis *analysis, uint32_t parent, uint32_t child)
{
	const struct lg_frame *frame =
		analysis->suspended_count ? lg_analysis_suspended(analysis, child) : NULL;
	const struct lg_frame *place = frame ? frame : lg_analysis_waiting(analysis, child);
	struct lg_group_key key = {
		.type = analysis->type_alias[analysis->snapshot->type[child]],
		.function = frame ? frame->function : 0,
		.file = place ? place->file : 0,
		.line = place ? place->line : 0,
	};

	if (parent == 0)
		key.label = label_at_top(analysis, child);
	else if (analysis->via[child] == LG_NONE)
		key.label = (struct lg_label){LG_STEP_SHARED, 0, 0};
	else
		key.label = lg_label_of(analysis, parent, analysis->via[child]);
	return key;
}

bool lg_keys_equal(const struct lg_group_key *a, const struct lg_group_key *b)
{
	return a->label.kind == b->label.kind && a->label.name == b->label.name &&
	       a->type == b->type && a->function == b->function && a->file == b->file &&
	       a->line == b->line;
}

static size_t hash_key(const struct lg_group_key *key)
{
	uint64_t hash = key->label.kind + 0x9e3779b97f4a7c15u * (1 + (uint64_t)key->label.name);

	hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u + key->type;
	hash = (hash ^ hash >> 32) * 0x94d049bb133111ebu + key->function;
	hash = (hash ^ hash >> 30) * 0x9e3779b97f4a7c15u + (key->file ^ (uint64_t)key->line << 32);
	return (size_t)(hash ^ hash >> 31);
}

/* The slot of a key: of its group, or the free one where it would go. */
static uint32_t *slot_of(const struct lg_grouper *grouper, const struct lg_group_key *key)
{
	size_t mask = grouper->slot_count - 1;
	size_t i = hash_key(key) & mask;

	while (grouper->slot[i] && !lg_keys_equal(&grouper->group[grouper->slot[i] - 1].key, key))
		i = (i + 1) & mask;
	return &grouper->slot[i];
}

static bool grow_slots(struct lg_grouper *grouper)
{
	size_t count = grouper->slot_count ? grouper->slot_count * 2 : FIRST_SLOTS;
	uint32_t *fresh = calloc(count, sizeof *fresh);

	if (!fresh)
		return false;
	free(grouper->slot);
	grouper->slot = fresh;
	grouper->slot_count = count;
	for (size_t g = 0; g < grouper->count; g++)
		*slot_of(grouper, &grouper->group[g].key) = (uint32_t)g + 1;
	return true;
}

struct lg_group *lg_grouper_group(struct lg_grouper *grouper, const struct lg_group_key *key,
				  uint32_t holder, uint32_t member)
{
	uint32_t *slot;

	if (grouper->count >= grouper->slot_count / 2 && !grow_slots(grouper))
		return NULL;
	slot = slot_of(grouper, key);
	if (!*slot) {
		if (!lg_reserve(grouper->group, grouper->capacity, grouper->count + 1))
			return NULL;
		grouper->group[grouper->count++] = (struct lg_group){
			.key = *key,
			.largest = member,
			.holder = holder,
		};
		*slot = (uint32_t)grouper->count;
	}
	return &grouper->group[*slot - 1];
}

bool lg_grouper_add(const struct lg_analysis *analysis, struct lg_grouper *grouper,
		    const struct lg_group_key *key, uint32_t holder, uint32_t member)
{
	uint64_t retained = analysis->dominators->retained_bytes[member];
	struct lg_group *group = lg_grouper_group(grouper, key, holder, member);

	if (!group)
		return false;
	if (retained > analysis->dominators->retained_bytes[group->largest]) {
		group->largest = member;
		group->holder = holder;
		group->key.label.exact = key->label.exact;
	}
	group->count++;
	group->retained_bytes += retained;
	group->retained_objects += analysis->dominators->subtree[member];
	group->shallow_bytes += analysis->snapshot->shallow_bytes[member];
	return true;
}

static bool add_child(const struct lg_analysis *analysis, struct lg_grouper *grouper,
		      uint32_t parent, uint32_t child)
{
	struct lg_group_key key = lg_key_of(analysis, parent, child);

	return lg_grouper_add(analysis, grouper, &key, parent, child);
}

static int compare_groups(const void *left, const void *right)
{
	const struct lg_group *a = left, *b = right;

	if (a->retained_bytes != b->retained_bytes)
		return a->retained_bytes > b->retained_bytes ? -1 : 1;
	return (a->largest > b->largest) - (a->largest < b->largest);
}

void lg_grouper_sort(struct lg_grouper *grouper)
{
	if (grouper->count > 1)
		qsort(grouper->group, grouper->count, sizeof *grouper->group, compare_groups);
}

/* At the cost of what is in it: chains of a million steps come through here. */
void lg_grouper_clear(struct lg_grouper *grouper)
{
	if (grouper->slot_count > FIRST_SLOTS * 16) {
		free(grouper->slot);
		grouper->slot = NULL;
		grouper->slot_count = 0;
	} else if (grouper->slot) {
		memset(grouper->slot, 0, grouper->slot_count * sizeof *grouper->slot);
	}
	grouper->count = 0;
}

enum lg_status lg_group_children(const struct lg_analysis *analysis, struct lg_grouper *grouper,
				 const uint32_t *member, uint32_t member_count,
				 struct lg_error *err)
{
	const struct lg_dominators *d = analysis->dominators;

	lg_grouper_clear(grouper);
	for (uint32_t m = 0; m < member_count; m++) {
		uint32_t end = lg_child_end(d, member[m]);

		for (uint32_t p = lg_child_first(d, member[m]); p < end; p = lg_child_next(d, p))
			if (!add_child(analysis, grouper, member[m], d->order[p]))
				return lg_fail(err, LG_E_MEMORY, "no memory for %zu groups",
					       grouper->count);
	}
	lg_grouper_sort(grouper);
	return LG_OK;
}

enum lg_status lg_group_members(const struct lg_analysis *analysis, const uint32_t *member,
				uint32_t member_count, const struct lg_group *group, uint32_t **out,
				struct lg_error *err)
{
	const struct lg_dominators *d = analysis->dominators;
	lg_cleanup(lg_free) uint32_t *found = lg_alloc(group->count, sizeof *found);
	uint64_t used = 0;

	*out = NULL;
	if (!found)
		return lg_fail(err, LG_E_MEMORY, "no memory for %llu objects",
			       (unsigned long long)group->count);
	for (uint32_t m = 0; m < member_count && used < group->count; m++) {
		uint32_t end = lg_child_end(d, member[m]);

		for (uint32_t p = lg_child_first(d, member[m]); p < end && used < group->count;
		     p = lg_child_next(d, p)) {
			struct lg_group_key key = lg_key_of(analysis, member[m], d->order[p]);

			if (lg_keys_equal(&key, &group->key))
				found[used++] = d->order[p];
		}
	}
	*out = lg_take(found);
	return LG_OK;
}
