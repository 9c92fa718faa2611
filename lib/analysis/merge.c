/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/seeds.h"
#include "base/array.h"
#include "base/cleanup.h"

/*
 * A pool of threads that all run the same code leaks in each of them: places
 * whose trails differ in nothing but the thread at their root are told as one.
 * The largest of them stands for all.
 */

static bool is_of_thread(const struct lg_analysis *analysis, const struct lg_place *place)
{
	const struct lg_label *label = &place->trail.step[0].key.label;

	return place->accumulation > 0 && label->kind == LG_STEP_ROOT &&
	       analysis->snapshot->roots[label->name].kind == LG_ROOT_THREAD;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_steps(const struct lg_trail_step *a, const struct lg_trail_step *b)
{
	int order = compare_numbers(a->key.label.kind, b->key.label.kind);

	if (!order)
		order = compare_numbers(a->key.label.name, b->key.label.name);
	if (!order)
		order = compare_numbers(a->key.type, b->key.type);
	if (!order)
		order = compare_numbers(a->key.function, b->key.function);
	if (!order)
		order = compare_numbers(a->key.file, b->key.file);
	if (!order)
		order = compare_numbers(a->key.line, b->key.line);
	if (!order)
		order = compare_numbers(a->repeat > 1, b->repeat > 1);
	return order ? order : compare_numbers(a->period, b->period);
}

/* Down to what holds it all; the evidence below may differ. */
static int compare_ways(const struct lg_place *a, const struct lg_place *b)
{
	int order = compare_numbers(a->accumulation, b->accumulation);

	if (!order)
		order = compare_numbers(a->shared, b->shared);
	for (size_t i = 1; !order && i <= a->accumulation; i++)
		order = compare_steps(&a->trail.step[i], &b->trail.step[i]);
	return order;
}

static uint32_t root_of(const struct lg_place *place)
{
	return place->trail.step[0].key.label.name;
}

/* Those of threads first, by their way, the largest of equal ones in front. */
static int compare_places(const void *left, const void *right, void *context)
{
	const struct lg_place *a = left, *b = right;
	bool thread_a = is_of_thread(context, a), thread_b = is_of_thread(context, b);
	int order;

	if (thread_a != thread_b)
		return thread_a ? -1 : 1;
	order = thread_a ? compare_ways(a, b) : 0;
	if (!order)
		order = compare_numbers(b->bytes, a->bytes);
	return order ? order : compare_numbers(a->sample, b->sample);
}

/* Where the trails part below what holds it all: at the start of a block of steps. */
static size_t common_steps(const struct lg_trail *a, const struct lg_trail *b, size_t from)
{
	size_t common = from, end;

	for (size_t i = from; i < a->count && i < b->count; i = end) {
		end = i + (a->step[i].repeat > 1 ? a->step[i].period : 1);
		if (end > a->count || end > b->count)
			return common;
		for (size_t k = i; k < end; k++)
			if (compare_steps(&a->step[k], &b->step[k]) != 0)
				return common;
		common = end;
	}
	return common;
}

static void add_place(struct lg_place *to, const struct lg_place *from)
{
	struct lg_trail *trail = &to->trail;
	size_t common = common_steps(trail, &from->trail, to->accumulation + 1);

	if (common < trail->count)
		trail->more = false;
	trail->count = common;
	for (size_t i = 1; i < common; i++) {
		trail->step[i].count += from->trail.step[i].count;
		trail->step[i].retained_bytes += from->trail.step[i].retained_bytes;
	}
	to->bytes += from->bytes;
	to->rest = to->rest || from->rest;
}

static int compare_roots(const void *left, const void *right)
{
	return compare_numbers(*(const uint32_t *)left, *(const uint32_t *)right);
}

/* Of places that stand side by side; `root` has room for their roots. */
static uint64_t count_threads(const struct lg_place *place, size_t count, uint32_t *root)
{
	uint64_t threads = 1;

	for (size_t i = 0; i < count; i++)
		root[i] = root_of(&place[i]);
	qsort(root, count, sizeof *root, compare_roots);
	for (size_t i = 1; i < count; i++)
		threads += root[i] != root[i - 1];
	return threads;
}

static bool add_pile(struct lg_place *to, const struct lg_place *from)
{
	size_t capacity = to->pile_count;

	if (!from->pile_count)
		return true;
	if (!lg_reserve(to->pile, capacity, (size_t)to->pile_count + from->pile_count))
		return false;
	memcpy(to->pile + to->pile_count, from->pile, from->pile_count * sizeof *from->pile);
	to->pile_count += from->pile_count;
	return true;
}

static bool merge_run(struct lg_place *place, size_t count, uint64_t threads)
{
	struct lg_trail_step *root = &place->trail.step[0];
	bool whole = true;

	for (size_t i = 1; i < count; i++) {
		add_place(place, &place[i]);
		whole = add_pile(place, &place[i]) && whole;
		root->retained_bytes += place[i].trail.step[0].retained_bytes;
		lg_place_free(&place[i]);
	}
	root->count = threads;
	return whole;
}

enum lg_status lg_places_merge_threads(struct lg_analysis *analysis, struct lg_places *places,
				       struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *root = NULL;
	struct lg_place *place = places->place;
	size_t kept = 0;
	bool whole = true;

	if (places->count < 2)
		return LG_OK;
	root = lg_alloc(places->count, sizeof *root);
	if (!root)
		return lg_fail(err, LG_E_MEMORY, "no memory to merge %zu places", places->count);
	qsort_r(place, places->count, sizeof *place, compare_places, analysis);
	for (size_t i = 0, end; i < places->count; i = end) {
		uint64_t threads;

		end = i + 1;
		while (is_of_thread(analysis, &place[i]) && end < places->count &&
		       is_of_thread(analysis, &place[end]) &&
		       compare_ways(&place[i], &place[end]) == 0)
			end++;
		threads = count_threads(place + i, end - i, root);
		if (threads > 1)
			whole = merge_run(place + i, end - i, threads) && whole;
		for (size_t k = i; k < (threads > 1 ? i + 1 : end); k++)
			place[kept++] = place[k];
	}
	places->count = kept;
	return whole ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory for what piles up in threads");
}
