/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "profile/paths.h"

#define FIRST_SLOTS 1024 /* a power of two */

/*
 * How often a path may pass through one type before it is led back: labels of
 * a graph of nodes (left, right, parent, ...) make as many paths as they have
 * orders.
 */
#define MAX_VISITS 3

/* A step that was made: from `from`, by `label` to `type`, it leads to `to`. */
struct lg_path_step {
	uint32_t from, label, type, to;
};
#define FREE_STEP UINT32_MAX /* as `to` */

void lg_paths_free(struct lg_paths *paths)
{
	free(paths->row);
	free(paths->step);
	*paths = (struct lg_paths){0};
}

static size_t hash_step(uint32_t from, uint32_t label, uint32_t type)
{
	uint64_t hash = ((uint64_t)from << 32 | label) * 0x9e3779b97f4a7c15u;

	hash = (hash ^ hash >> 29 ^ type) * 0xbf58476d1ce4e5b9u;
	return (size_t)(hash ^ hash >> 32);
}

/* The step's place, or the free one where it would go. */
static struct lg_path_step *find_step(const struct lg_paths *paths, uint32_t from, uint32_t label,
				      uint32_t type)
{
	size_t mask = paths->step_slots - 1;
	size_t i = hash_step(from, label, type) & mask;

	while (paths->step[i].to != FREE_STEP &&
	       (paths->step[i].from != from || paths->step[i].label != label ||
		paths->step[i].type != type))
		i = (i + 1) & mask;
	return &paths->step[i];
}

/* For the two steps that a call may add; at most half full. */
static bool make_room(struct lg_paths *paths)
{
	struct lg_path_step *old = paths->step;
	size_t old_slots = paths->step_slots;

	if (2 * (paths->step_count + 2) <= old_slots)
		return true;
	paths->step_slots = old_slots ? 2 * old_slots : FIRST_SLOTS;
	paths->step = lg_alloc(paths->step_slots, sizeof *paths->step);
	if (!paths->step) {
		paths->step = old;
		paths->step_slots = old_slots;
		return false;
	}
	for (size_t i = 0; i < paths->step_slots; i++)
		paths->step[i].to = FREE_STEP;
	for (size_t i = 0; i < old_slots; i++)
		if (old[i].to != FREE_STEP)
			*find_step(paths, old[i].from, old[i].label, old[i].type) = old[i];
	free(old);
	return true;
}

static uint32_t add_row(struct lg_paths *paths, uint32_t parent, uint32_t label, uint32_t type,
			bool nameless)
{
	if (!lg_reserve(paths->row, paths->capacity, paths->count + 1)) {
		paths->failed = true;
		return 0;
	}
	paths->row[paths->count] = (struct lg_path_row){
		.parent = parent,
		.label = label,
		.type = type,
		.depth = parent == LG_NONE ? 0 : paths->row[parent].depth + 1,
		.nameless = nameless,
	};
	return (uint32_t)paths->count++;
}

/*
 * Where the path has been before: the nearest row that the same step led to,
 * or, of a type that it passed through often enough, the nearest of that type.
 */
static uint32_t lead_back(const struct lg_paths *paths, uint32_t parent, uint32_t label,
			  uint32_t type)
{
	uint32_t visits = 0, nearest = LG_NONE;

	for (uint32_t at = parent; at != LG_NONE; at = paths->row[at].parent) {
		const struct lg_path_row *row = &paths->row[at];

		if (row->type != type)
			continue;
		if (row->label == label)
			return at;
		visits++;
		if (nearest == LG_NONE)
			nearest = at;
	}
	return visits >= MAX_VISITS ? nearest : LG_NONE;
}

/* Beyond the bounds a row stands for all of a type, beside `at`. */
static uint32_t step_elsewhere(struct lg_paths *paths, uint32_t at, uint32_t type)
{
	uint32_t above = paths->row[at].parent;
	struct lg_path_step *step;
	uint32_t row;

	if (paths->row[at].type == type && paths->row[at].label == paths->elsewhere)
		return at;
	if (above == LG_NONE || paths->count >= paths->max_rows + paths->max_rows / 8)
		return at;
	step = find_step(paths, above, paths->elsewhere, type);
	if (step->to != FREE_STEP)
		return step->to;
	row = add_row(paths, above, paths->elsewhere, type, true);
	if (!paths->failed)
		*step = (struct lg_path_step){above, paths->elsewhere, type, row};
	paths->step_count += !paths->failed;
	return row;
}

static uint32_t root_above(const struct lg_paths *paths, uint32_t at)
{
	while (paths->row[at].depth > 1)
		at = paths->row[at].parent;
	return at;
}

static uint32_t lead(struct lg_paths *paths, uint32_t parent, uint32_t label, uint32_t type,
		     bool nameless)
{
	/* A step elsewhere is one already: of a profile whose rows are stepped again. */
	uint32_t back = label == paths->elsewhere ? LG_NONE : lead_back(paths, parent, label, type);

	if (back != LG_NONE)
		return back;
	if (parent != LG_NONE && paths->row[parent].depth + 1 >= LG_PROFILE_MAX_STEPS)
		return step_elsewhere(paths, parent, type);
	if (parent != LG_NONE && paths->count >= paths->max_rows)
		return step_elsewhere(paths, root_above(paths, parent), type);
	return add_row(paths, parent, label, type, nameless);
}

uint32_t lg_paths_step(struct lg_paths *paths, uint32_t parent, uint32_t label, uint32_t type,
		       bool nameless)
{
	struct lg_path_step *step;
	uint32_t to;

	if (paths->failed || !make_room(paths)) {
		paths->failed = true;
		return 0;
	}
	step = find_step(paths, parent, label, type);
	if (step->to != FREE_STEP)
		return step->to;
	to = lead(paths, parent, label, type, nameless);
	if (paths->failed)
		return 0;
	/* Looked for again: the step elsewhere may have taken its place. */
	*find_step(paths, parent, label, type) = (struct lg_path_step){parent, label, type, to};
	paths->step_count++;
	return to;
}

static int compare_texts(const struct lg_intern *strings, uint32_t a, uint32_t b)
{
	return lg_text_compare(lg_intern_text(strings, a), lg_intern_text(strings, b));
}

bool lg_paths_prefer(const struct lg_paths *paths, const struct lg_intern *strings, uint32_t a,
		     uint32_t b)
{
	const struct lg_path_row *row = paths->row;
	int order;

	if (a == b)
		return false;
	if (row[a].depth != row[b].depth)
		return row[a].depth < row[b].depth;
	while (row[a].parent != row[b].parent) {
		a = row[a].parent;
		b = row[b].parent;
	}
	if (row[a].nameless != row[b].nameless)
		return row[b].nameless;
	order = compare_texts(strings, row[a].label, row[b].label);
	return order ? order < 0 : compare_texts(strings, row[a].type, row[b].type) < 0;
}
