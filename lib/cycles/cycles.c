/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/word_map.h"
#include "cycles/find.h"

#define DEFAULT_TOP 5

LG_DEFINE_CLEANUP(lg_cycles_free, struct lg_cycles *)

void lg_cycles_free(struct lg_cycles *cycles)
{
	if (!cycles)
		return;
	lg_pool_free(cycles->pool);
	free(cycles);
}

/* Knots of one kind around one type; `knot` is the one that keeps most. */
struct bundle {
	const struct lg_knot *knot;
	uint64_t components, objects, largest, bytes;
};

/* By kind, and then the largest first. */
static int by_bytes(const void *left, const void *right)
{
	const struct bundle *a = left, *b = right;

	if (a->knot->kind != b->knot->kind)
		return a->knot->kind < b->knot->kind ? -1 : 1;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->knot->head > b->knot->head) - (a->knot->head < b->knot->head);
}

static void add_knot(struct bundle *bundle, const struct lg_knot *knot)
{
	if (!bundle->knot || knot->bytes > bundle->knot->bytes)
		bundle->knot = knot;
	bundle->components++;
	bundle->objects += knot->size;
	bundle->bytes += knot->bytes;
	if (knot->size > bundle->largest)
		bundle->largest = knot->size;
}

static enum lg_status bundle_up(const struct lg_analysis *analysis, const struct lg_knots *knots,
				struct bundle **out, size_t *count, struct lg_cycles *cycles,
				struct lg_error *err)
{
	lg_cleanup(lg_word_map_free) struct lg_word_map known = {0};
	size_t capacity = 0;

	for (size_t i = 0; i < knots->count; i++) {
		const struct lg_knot *knot = &knots->knot[i];
		uint64_t key = 1 + ((uint64_t)analysis->snapshot->type[knot->head] << 2 |
				    (uint64_t)knot->kind);
		const uint32_t *found = lg_word_map_find(&known, key);
		size_t at = found ? *found : *count;

		if (!knot->told)
			continue;
		if (!found) {
			if (!lg_reserve(*out, capacity, *count + 1) ||
			    !lg_word_map_set(&known, key, (uint32_t)*count))
				return lg_fail(err, LG_E_MEMORY, "no memory for %zu cycles", i);
			(*out)[(*count)++] = (struct bundle){0};
		}
		add_knot(&(*out)[at], knot);
		cycles->components[knot->kind]++;
		cycles->objects[knot->kind] += knot->size;
		cycles->bytes[knot->kind] += knot->bytes;
	}
	if (*count)
		qsort(*out, *count, sizeof **out, by_bytes);
	return LG_OK;
}

static enum lg_status tell(const struct lg_analysis *analysis, const struct lg_knots *knots,
			   const struct bundle *bundle, struct lg_pool *pool,
			   struct lg_cycle_row *out, struct lg_error *err)
{
	lg_cleanup(lg_cycle_release) struct lg_cycle cycle = {0};
	struct lg_buffer type = {0};
	enum lg_status status =
		lg_cycle_find(analysis, bundle->knot->head, knots->component, &cycle, err);

	lg_type_text(analysis, analysis->snapshot->type[bundle->knot->head], &type);
	*out = (struct lg_cycle_row){
		.kind = bundle->knot->kind,
		.type = lg_buffer_keep(&type, pool),
		.components = bundle->components,
		.objects = bundle->objects,
		.largest = bundle->largest,
		.bytes = bundle->bytes,
		.object = bundle->knot->head,
		.cycle_text = "",
		.weak = "",
	};
	if (status == LG_OK)
		status = lg_cycle_tell(analysis, &cycle, pool, &out->cycle_text, err);
	if (status == LG_OK)
		status = lg_cycle_weaken(analysis, knots, bundle->knot, &cycle, pool, &out->weak,
					 &out->breaks_all, err);
	return status;
}

static enum lg_status fill(struct lg_analysis *analysis, uint32_t top, struct lg_cycles *cycles,
			   struct lg_error *err)
{
	lg_cleanup(lg_knots_release) struct lg_knots knots = {0};
	lg_cleanup(lg_free) struct bundle *bundle = NULL;
	size_t count = 0;
	uint32_t told[LG_CYCLE_KIND_COUNT] = {0};
	enum lg_status status = lg_knots_find(analysis, &knots, err);

	if (status == LG_OK)
		status = bundle_up(analysis, &knots, &bundle, &count, cycles, err);
	if (status != LG_OK)
		return status;
	cycles->row_total = count;
	cycles->row = lg_pool_array(cycles->pool, count, sizeof *cycles->row);
	for (size_t i = 0; cycles->row && i < count && status == LG_OK; i++)
		if (told[bundle[i].knot->kind]++ < top)
			status = tell(analysis, &knots, &bundle[i], cycles->pool,
				      &cycles->row[cycles->row_count++], err);
	return status;
}

enum lg_status lg_cycles_build(struct lg_analysis *analysis, uint32_t top, struct lg_cycles **out,
			       struct lg_error *err)
{
	lg_cleanup(lg_cycles_free_slot) struct lg_cycles *cycles = calloc(1, sizeof *cycles);
	enum lg_status status;

	*out = NULL;
	if (cycles)
		cycles->pool = lg_pool_new();
	if (!cycles || !cycles->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for cycles");
	lg_analysis_summary(analysis, cycles->pool, &cycles->summary);
	status = fill(analysis, top ? top : DEFAULT_TOP, cycles, err);
	if (status == LG_OK)
		status = lg_pool_check(cycles->pool, err);
	if (status == LG_OK)
		*out = lg_take(cycles);
	return status;
}
