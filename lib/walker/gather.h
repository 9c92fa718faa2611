/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_GATHER_H
#define LG_WALKER_GATHER_H

#include <stddef.h>
#include <stdlib.h>

#include "cpython/roots.h"
#include "leakgraph/snapshot.h"
#include "walker/abi.h"

/*
 * The columns of a snapshot while they grow from what the walker streams.
 * Inner objects and leaves grow apart and are joined at the end.
 */
struct lg_object_columns {
	uint64_t *address, *bytes;
	uint32_t *type, *refcount;
	uint8_t *flags;
	size_t count;
	size_t address_capacity, bytes_capacity, type_capacity, refcount_capacity, flags_capacity;
};

struct lg_gather {
	const struct lg_root_set *roots;
	struct lg_intern *strings;

	struct lg_object_columns inner; /* with the virtual root and the pseudo objects */
	struct lg_object_columns leaf;
	uint32_t *first; /* of inner.count + 1 */
	size_t first_capacity;
	uint32_t *target, *name;
	uint8_t *kind;
	size_t reference_count, target_capacity, name_capacity, kind_capacity;

	uint32_t *leaf_name; /* string of a leaf that is a name, by leaf number */
	size_t leaf_name_count, leaf_name_capacity;
	uint32_t *text_name; /* string of a text, by its number */
	size_t text_name_count, text_name_capacity;

	struct lg_walker_type *type;
	size_t type_count, type_capacity;
	struct lg_walker_patch *patch;
	size_t patch_count, patch_capacity;
	struct lg_walker_suspended *suspended;
	size_t suspended_count, suspended_capacity;
	uint64_t *content; /* of leaves, as far as it is known */
	size_t content_count, content_capacity;
	struct lg_walker_container *container;
	size_t container_count, container_capacity;
	struct lg_walker_stack *stack;
	size_t stack_count, stack_capacity;

	uint32_t *seed; /* numbers of held and roots, in this order, once known */
	bool started;   /* the pseudo objects have their rows */
};

/* Types that stand before those of the target. */
enum {
	LG_PSEUDO_ROOT = 0,
	LG_PSEUDO_THREAD,
	LG_PSEUDO_FRAME,
	LG_PSEUDO_UNREADABLE,
	LG_PSEUDO_TYPES
};

void lg_gather_free(struct lg_gather *gather);

/* Rows of the virtual root, threads and frames; gather->seed is there. */
enum lg_status lg_gather_start(struct lg_gather *gather, struct lg_error *err) LG_MUST_CHECK;

/* Take all rows of the window; its columns are empty after it. */
enum lg_status lg_gather_window(struct lg_gather *gather, struct lg_walker *window,
				struct lg_error *err) LG_MUST_CHECK;

/* Join everything into the snapshot's columns, and empty the gather. */
enum lg_status lg_gather_finish(struct lg_gather *gather, const struct lg_python *python,
				const struct lg_maps *maps, struct lg_snapshot *snapshot,
				struct lg_error *err) LG_MUST_CHECK;

/* The frames of suspended generators, coroutines and greenlets, up to a cap, into snapshot->frames. */
enum lg_status lg_gather_suspended(struct lg_gather *gather, const struct lg_python *python,
				   struct lg_snapshot *snapshot, struct lg_error *err) LG_MUST_CHECK;

/* A class, by its name. */
struct lg_class_name {
	const char *module, *name;
};
#define LG_MAX_KINDS 8

/* Which of some classes the types of a gather are or derive from, and how many objects are of any. */
struct lg_kinds {
	uint8_t *of_type; /* 1 + number of the class, 0: none */
	size_t objects;
};

/* `count` is at most LG_MAX_KINDS; *out is zeroed by the caller, and released with lg_kinds_free(). */
enum lg_status lg_gather_kinds(struct lg_gather *gather, const struct lg_python *python,
			       const struct lg_class_name *names, size_t count,
			       struct lg_kinds *out, struct lg_error *err) LG_MUST_CHECK;

static inline void lg_kinds_free(struct lg_kinds *kinds)
{
	free(kinds->of_type);
}

/* Of inner object i, a Python object. */
static inline uint8_t lg_kind_of(const struct lg_gather *gather, const struct lg_kinds *kinds,
				 size_t i)
{
	uint32_t position = gather->inner.type[i];

	return position && position <= gather->type_count ? kinds->of_type[position - 1] : 0;
}

/* asyncio's tasks into snapshot->tasks; references and types are joined, objects not yet. */
enum lg_status lg_gather_tasks(struct lg_gather *gather, const struct lg_python *python,
			       struct lg_snapshot *snapshot, struct lg_error *err) LG_MUST_CHECK;

/* What takes only so many items, into snapshot->bounds; objects are not joined yet. */
enum lg_status lg_gather_bounds(struct lg_gather *gather, const struct lg_python *python,
				struct lg_snapshot *snapshot, struct lg_error *err) LG_MUST_CHECK;

/* How full containers are, into snapshot->containers; objects are joined. */
enum lg_status lg_gather_containers(const struct lg_gather *gather, struct lg_snapshot *snapshot,
				    struct lg_error *err) LG_MUST_CHECK;

/* The index of an object by the number the walker gave it; 0 where there is none. */
static inline uint32_t lg_gather_index(const struct lg_gather *gather, uint32_t number)
{
	uint32_t leaf = number & LG_WALKER_NUMBER_MASK;

	if (number & LG_WALKER_LEAF)
		return leaf < gather->leaf.count ? (uint32_t)gather->inner.count + leaf : 0;
	return number < gather->inner.count ? number : 0;
}

static inline uint32_t lg_gather_type(const struct lg_gather *gather, uint32_t position)
{
	if (position == 0 || position > gather->type_count)
		return LG_PSEUDO_UNREADABLE;
	return LG_PSEUDO_TYPES + position - 1;
}

#endif
