/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/cycle.h"
#include "analysis/garbage.h"
#include "analysis/histogram.h"
#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"

#define TOP_TYPES 5
#define TOP_PILES 5

LG_DEFINE_CLEANUP(lg_garbage_free, struct lg_garbage *)
LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

static int compare_piles(const void *left, const void *right)
{
	const struct lg_garbage_pile *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->object > b->object) - (a->object < b->object);
}

/* Of the untracked members of a group so many are asked whether they lie in a cycle. */
#define MAX_UNTRACKED 8

/* Looked at of a group, for a name. */
#define MAX_NAMED 64

/*
 * What a group is called by: its head, or where that is a list or dict, an
 * object of the program's own that is kept by it.
 */
static uint32_t telling_member(const struct lg_analysis *analysis, const struct lg_garbage *garbage,
			       const struct lg_garbage_group *group)
{
	for (uint32_t i = 0; i < group->count && i < MAX_NAMED; i++)
		if (lg_type_is_telling(analysis, garbage->node[group->first + i]))
			return garbage->node[group->first + i];
	return group->head;
}

/* Groups come largest first, so the first one of a type is the example. */
static void add_group(const struct lg_analysis *analysis, const struct lg_garbage *garbage,
		      const struct lg_garbage_group *group, struct lg_garbage_pile *pile,
		      uint32_t *pile_of_type, size_t *used)
{
	uint32_t head = telling_member(analysis, garbage, group);
	uint32_t type = analysis->snapshot->type[head];
	struct lg_garbage_pile *own;

	if (!pile_of_type[type]) {
		pile[*used] = (struct lg_garbage_pile){
			.object = head,
			.cycle = group->cycle_count,
		};
		pile_of_type[type] = (uint32_t)++ * used;
	}
	own = &pile[pile_of_type[type] - 1];
	own->heads++;
	own->objects += group->count;
	own->bytes += group->bytes;
}

static uint32_t signature_of(const struct lg_analysis *analysis, uint32_t type)
{
	lg_cleanup(lg_pool_free_slot) struct lg_pool *pool = lg_pool_new();
	struct lg_signature words = {.pool = pool};

	if (!pool)
		return 0;
	lg_signature_of_garbage(analysis, type, &words);
	return lg_signature_hash(&words);
}

/* The dump says what the collector tracks if it tracks anything. O(objects). */
static bool says_tracked(const struct lg_snapshot *s)
{
	for (uint32_t i = 1; i < s->inner_count; i++)
		if (s->flags[i] & LG_OBJECT_TRACKED)
			return true;
	return false;
}

static bool refers_to_tracked(const struct lg_snapshot *s, uint32_t object)
{
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++)
		if (lg_ref_is_strong(s->ref_kind[r]) &&
		    s->flags[s->ref_target[r]] & LG_OBJECT_TRACKED)
			return true;
	return false;
}

/* The group that a node is of. O(garbage). */
static const struct lg_garbage_group *group_of(const struct lg_garbage *garbage, uint32_t node)
{
	for (uint32_t g = 0; g < garbage->group_count; g++)
		for (uint32_t i = 0; i < garbage->group[g].count; i++)
			if (garbage->node[garbage->group[g].first + i] == node)
				return &garbage->group[g];
	return NULL;
}

/*
 * A member of a cycle that the collector does not track: what it refers to looks as if somebody
 * held it. (What is untracked as it refers to strings and numbers only is in no cycle.)
 */
static enum lg_status find_untracked(const struct lg_analysis *analysis,
				     const struct lg_garbage *garbage, uint32_t example,
				     uint32_t *out, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	const struct lg_garbage_group *group = says_tracked(s) ? group_of(garbage, example) : NULL;
	uint32_t asked = 0;

	*out = 0;
	for (uint32_t i = 0; group && i < group->count && asked < MAX_UNTRACKED; i++) {
		uint32_t node = garbage->node[group->first + i];
		lg_cleanup(lg_cycle_release) struct lg_cycle cycle = {0};
		enum lg_status status;

		if (node >= s->inner_count || s->flags[node] & LG_OBJECT_TRACKED ||
		    !refers_to_tracked(s, node))
			continue;
		asked++;
		status = lg_cycle_find(analysis, node, NULL, &cycle, err);
		if (status != LG_OK)
			return status;
		if (cycle.count) {
			*out = node;
			return LG_OK;
		}
	}
	return LG_OK;
}

static enum lg_status tell_untracked(const struct lg_analysis *analysis,
				     const struct lg_garbage *garbage, struct lg_pool *pool,
				     struct lg_garbage_summary *out, struct lg_error *err)
{
	struct lg_buffer type = {0};
	uint32_t untracked;
	enum lg_status status =
		find_untracked(analysis, garbage, out->pile[0].object, &untracked, err);

	if (status == LG_OK && untracked) {
		lg_object_type_text(analysis, untracked, 1, &type);
		out->untracked = lg_buffer_keep(&type, pool);
	}
	return status;
}

static enum lg_status pile_up(const struct lg_analysis *analysis, const struct lg_garbage *garbage,
			      struct lg_pool *pool, struct lg_garbage_summary *out,
			      struct lg_error *err)
{
	uint32_t types = analysis->snapshot->type_count;
	lg_cleanup(lg_free) struct lg_garbage_pile *pile = lg_alloc(types, sizeof *pile);
	lg_cleanup(lg_free) uint32_t *pile_of_type = lg_alloc_zero(types, sizeof *pile_of_type);
	enum lg_status status;
	size_t used = 0;

	if (!pile || !pile_of_type)
		return lg_fail(err, LG_E_MEMORY, "no memory for the garbage of %u types", types);
	for (uint32_t g = 0; g < garbage->group_count; g++) {
		out->cycles += garbage->group[g].cycle_count > 1;
		add_group(analysis, garbage, &garbage->group[g], pile, pile_of_type, &used);
	}
	qsort(pile, used, sizeof *pile, compare_piles);
	if (used > TOP_PILES)
		used = TOP_PILES;
	out->pile = lg_pool_array(pool, used, sizeof *out->pile);
	for (size_t i = 0; out->pile && i < used; i++) {
		struct lg_buffer name = {0};

		out->pile[i] = pile[i];
		lg_object_type_text(analysis, pile[i].object, pile[i].heads, &name);
		out->pile[i].type = lg_buffer_keep(&name, pool);
		out->pile[i].cycle_text = "";
		out->pile[i].signature = lg_signature_text(
			signature_of(analysis, analysis->snapshot->type[pile[i].object]), pool);
	}
	out->pile_count = out->pile ? used : 0;
	/* One example is enough for a screen. */
	if (out->pile_count == 0)
		return LG_OK;
	status = lg_cycle_text(analysis, out->pile[0].object, pool, &out->pile[0].cycle_text, err);
	return status == LG_OK ? tell_untracked(analysis, garbage, pool, out, err) : status;
}

enum lg_status lg_garbage_summarize(const struct lg_analysis *analysis, struct lg_pool *pool,
				    struct lg_garbage_summary *out, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_garbage_free_slot) struct lg_garbage *garbage = NULL;
	lg_cleanup(lg_free) struct lg_type_sum *sum = lg_sums_new(analysis);
	enum lg_status status;
	uint32_t total;

	*out = (struct lg_garbage_summary){.untracked = ""};
	if (!sum)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", s->type_count);
	status = lg_garbage_build(analysis->graph, analysis->dominators, &garbage, err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < garbage->node_count; i++) {
		uint32_t node = garbage->node[i];

		sum[s->type[node]].count++;
		sum[s->type[node]].shallow_bytes += s->shallow_bytes[node];
	}
	out->objects = garbage->node_count;
	out->bytes = garbage->bytes;
	out->share = analysis->object_bytes
			     ? (double)garbage->bytes / (double)analysis->object_bytes
			     : 0;
	total = lg_sums_finish(analysis, sum, LG_BY_SHALLOW, TOP_TYPES, pool, &out->type);
	out->type_count = total < TOP_TYPES ? total : TOP_TYPES;
	return pile_up(analysis, garbage, pool, out, err);
}

/* Of a type: is this its signature? Each type is asked once. */
enum answer { NOT_ASKED, NO, YES };

enum lg_status lg_garbage_signed(const struct lg_analysis *analysis, uint32_t signature,
				 struct lg_object_list *out, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_garbage_free_slot) struct lg_garbage *garbage = NULL;
	lg_cleanup(lg_free) uint8_t *answer = lg_alloc_zero(s->type_count, sizeof *answer);
	enum lg_status status;

	if (!answer)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", s->type_count);
	status = lg_garbage_build(analysis->graph, analysis->dominators, &garbage, err);
	for (uint32_t g = 0; status == LG_OK && g < garbage->group_count; g++) {
		uint32_t head = telling_member(analysis, garbage, &garbage->group[g]);
		uint32_t type = s->type[head];

		if (answer[type] == NOT_ASKED)
			answer[type] = signature_of(analysis, type) == signature ? YES : NO;
		if (answer[type] == NO)
			continue;
		if (!lg_reserve(out->object, out->capacity, out->count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu objects", out->count);
		out->object[out->count++] = head;
	}
	return status;
}
