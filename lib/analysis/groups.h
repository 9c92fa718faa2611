/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_GROUPS_H
#define LG_ANALYSIS_GROUPS_H

#include "analysis/names.h"

/* Siblings are equal when this is. */
struct lg_group_key {
	struct lg_label label; /* `exact` is no part of it */
	uint32_t type;         /* LG_NONE: of any */
	uint32_t function;     /* string: of a suspended frame, else 0 */
	uint32_t file, line;   /* where it is suspended, or the task waits, else 0 */
};

/* Equal children of a set of nodes of the dominator tree. */
struct lg_group {
	struct lg_group_key key;
	uint64_t count;
	uint64_t retained_bytes;
	uint64_t retained_objects;
	uint64_t shallow_bytes;
	uint32_t largest; /* the member that retains most */
	uint32_t holder;  /* its parent */
};

/* Groups children; reused from call to call. Zero-initialised. */
struct lg_grouper {
	struct lg_group *group;
	size_t count, capacity;
	uint32_t *slot; /* hash: 1 + index of the group, 0 free */
	size_t slot_count;
	bool failed;
};
void lg_grouper_free(struct lg_grouper *grouper);
void lg_grouper_clear(struct lg_grouper *grouper);

/*
 * The group of a key; a new one counts nothing yet, and has this member and its
 * holder. Valid until the next call. NULL where memory is out.
 */
struct lg_group *lg_grouper_group(struct lg_grouper *grouper, const struct lg_group_key *key,
				  uint32_t holder, uint32_t member);

/* Count a member of its group in. False where memory is out. */
bool lg_grouper_add(const struct lg_analysis *analysis, struct lg_grouper *grouper,
		    const struct lg_group_key *key, uint32_t holder, uint32_t member);
/* The largest first: by bytes, then as first met. */
void lg_grouper_sort(struct lg_grouper *grouper);

/* The key of a node among the children of its parent in the dominator tree. */
struct lg_group_key lg_key_of(const struct lg_analysis *analysis, uint32_t parent, uint32_t child);
bool lg_keys_equal(const struct lg_group_key *a, const struct lg_group_key *b);

/*
 * Group the children of all members, largest group first (by bytes, then
 * as first met). O(children + groups log groups).
 */
enum lg_status lg_group_children(const struct lg_analysis *analysis, struct lg_grouper *grouper,
				 const uint32_t *member, uint32_t member_count,
				 struct lg_error *err) LG_MUST_CHECK;

/* The children of the members that have this key; the caller frees *out. */
enum lg_status lg_group_members(const struct lg_analysis *analysis, const uint32_t *member,
				uint32_t member_count, const struct lg_group *group, uint32_t **out,
				struct lg_error *err) LG_MUST_CHECK;

#endif
