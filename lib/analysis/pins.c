/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/accounting.h"
#include "analysis/names.h"
#include "analysis/pins.h"
#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"

#define TYPES_OF_AN_ARENA 3

/* Live blocks and bytes of each arena, and the arena of each pool. */
struct arenas {
	uint64_t *live_bytes, *live_blocks; /* by arena */
	uint32_t *of_pool;
};

static void free_arenas(struct arenas *arenas)
{
	free(arenas->live_bytes);
	free(arenas->live_blocks);
	free(arenas->of_pool);
}

/* Both tables ascend, and each pool lies in an arena: that is validated. */
static enum lg_status sum_arenas(const struct lg_snapshot *s, struct arenas *out,
				 struct lg_error *err)
{
	uint32_t arena = 0;

	out->live_bytes = lg_alloc_zero(s->arena_count, sizeof *out->live_bytes);
	out->live_blocks = lg_alloc_zero(s->arena_count, sizeof *out->live_blocks);
	out->of_pool = lg_alloc(s->pool_count, sizeof *out->of_pool);
	if (!out->live_bytes || !out->live_blocks || !out->of_pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u arenas of pymalloc",
			       s->arena_count);
	for (uint32_t i = 0; i < s->pool_count; i++) {
		const struct lg_arena_pool *pool = &s->pools[i];

		while (s->arenas[arena].address + s->arenas[arena].bytes <= pool->address)
			arena++;
		out->of_pool[i] = arena;
		out->live_blocks[arena] += pool->live;
		out->live_bytes[arena] += (uint64_t)pool->live * pool->block_bytes;
	}
	return LG_OK;
}

/* ---- by type and root ---- */

/* What the virtual root dominates directly, by position: whose subtree is a position in? */
static uint32_t top_of(const uint32_t *top, uint32_t count, const struct lg_dominators *d,
		       uint32_t node)
{
	uint32_t end;

	if (d->position[node] == LG_NONE)
		return LG_NONE;
	end = lg_bisect(at, count, d->position[top[at]] <= d->position[node]);
	return end ? top[end - 1] : LG_NONE;
}

struct pinned {
	uint32_t type, object, top; /* top: under the root, LG_NONE: garbage */
	uint64_t bytes;
};

struct pin_search {
	const struct lg_analysis *analysis;
	uint32_t *top;
	uint32_t top_count;
	struct pinned *pinned;
	size_t count, capacity;
};

static void free_search(struct pin_search *search)
{
	free(search->top);
	free(search->pinned);
}

static enum lg_status list_tops(struct pin_search *search, struct lg_error *err)
{
	const struct lg_dominators *d = search->analysis->dominators;

	search->top = lg_alloc(d->reached_count, sizeof *search->top);
	if (!search->top)
		return lg_fail(err, LG_E_MEMORY, "no memory for the roots of %u objects",
			       d->reached_count);
	for (uint32_t p = lg_child_first(d, 0); p < lg_child_end(d, 0); p = lg_child_next(d, p))
		search->top[search->top_count++] = d->order[p];
	return LG_OK;
}

static enum lg_status list_pinned(struct pin_search *search, const struct arenas *arenas,
				  const bool *sparse, struct lg_error *err)
{
	const struct lg_snapshot *s = search->analysis->snapshot;
	uint32_t near = 0;

	for (uint32_t i = 1; i < s->object_count; i++) {
		uint32_t pool = lg_is_heap_object(s, i) ? lg_pool_of(s, s->address[i], &near) : LG_NONE;
		uint32_t node;

		if (pool == LG_NONE || !sparse[arenas->of_pool[pool]])
			continue;
		if (!lg_reserve(search->pinned, search->capacity, search->count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu objects in arenas",
				       search->count + 1);
		node = lg_analysis_node(search->analysis, i);
		search->pinned[search->count++] = (struct pinned){
			.type = s->type[i],
			.object = i,
			.top = top_of(search->top, search->top_count, search->analysis->dominators,
				      node),
			.bytes = s->shallow_bytes[i],
		};
	}
	return LG_OK;
}

static int by_type_and_top(const void *left, const void *right)
{
	const struct pinned *a = left, *b = right;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return (a->top > b->top) - (a->top < b->top);
}

static const char *top_text(const struct lg_analysis *analysis, uint32_t top, struct lg_pool *pool)
{
	const struct lg_root *root;
	struct lg_buffer text = {0};

	if (top == LG_NONE)
		return lg_pool_text(pool, "garbage", 7);
	root = lg_analysis_root(analysis, top);
	if (root) {
		lg_root_text(analysis, root, &text);
	} else {
		lg_buffer_add(&text, "several roots, by ");
		lg_object_type_text(analysis, top, 1, &text);
	}
	return lg_buffer_keep(&text, pool);
}

/* Keep it where it is among the first by count. */
static void rank(struct lg_pins *out, const struct lg_pin *pin)
{
	size_t at = out->pin_count;

	while (at > 0 && out->pin[at - 1].count < pin->count)
		at--;
	if (at == LG_PINS)
		return;
	if (out->pin_count < LG_PINS)
		out->pin_count++;
	for (size_t i = out->pin_count - 1; i > at; i--)
		out->pin[i] = out->pin[i - 1];
	out->pin[at] = *pin;
}

/* Runs of one type, and in them of one root; the object of a pin is one under its largest root. */
static void rank_types(const struct pin_search *search, struct lg_pins *out)
{
	for (size_t first = 0, end; first < search->count; first = end) {
		struct lg_pin pin = {0};

		for (end = first; end < search->count &&
				  search->pinned[end].type == search->pinned[first].type;) {
			size_t run = end;

			while (end < search->count &&
			       search->pinned[end].type == search->pinned[run].type &&
			       search->pinned[end].top == search->pinned[run].top)
				pin.bytes += search->pinned[end++].bytes;
			if (end - run > pin.root_count) {
				pin.root_count = end - run;
				pin.object = search->pinned[run].object;
			}
		}
		pin.count = end - first;
		rank(out, &pin);
	}
}

static void name_pins(const struct pin_search *search, struct lg_pool *pool, struct lg_pins *out)
{
	const struct lg_analysis *analysis = search->analysis;

	for (size_t i = 0; i < out->pin_count; i++) {
		struct lg_pin *pin = &out->pin[i];
		struct lg_buffer type = {0};
		uint32_t node = lg_analysis_node(analysis, pin->object);

		lg_type_text(analysis, analysis->snapshot->type[pin->object], &type);
		pin->type = lg_buffer_keep(&type, pool);
		pin->root = top_text(analysis,
				     top_of(search->top, search->top_count, analysis->dominators, node),
				     pool);
	}
}

enum lg_status lg_pins_find(const struct lg_analysis *analysis, struct lg_pool *pool,
			    struct lg_pins *out, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(free_arenas) struct arenas arenas = {0};
	lg_cleanup(free_search) struct pin_search search = { .analysis = analysis };
	lg_cleanup(lg_free) bool *sparse = lg_alloc_zero(s->arena_count, sizeof *sparse);
	enum lg_status status = sum_arenas(s, &arenas, err);

	*out = (struct lg_pins){0};
	if (status == LG_OK && !sparse)
		status = lg_fail(err, LG_E_MEMORY, "no memory for %u arenas", s->arena_count);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < s->arena_count; i++) {
		uint64_t resident = s->arenas[i].resident_bytes;

		sparse[i] = arenas.live_bytes[i] && arenas.live_bytes[i] <= resident / 2;
		if (!sparse[i])
			continue;
		out->arenas++;
		out->blocks += arenas.live_blocks[i];
		out->live_bytes += arenas.live_bytes[i];
		out->free_bytes += resident - arenas.live_bytes[i];
	}
	if (out->arenas == 0)
		return LG_OK;
	status = list_tops(&search, err);
	if (status == LG_OK)
		status = list_pinned(&search, &arenas, sparse, err);
	if (status != LG_OK)
		return status;
	out->objects = search.count;
	if (search.count)
		qsort(search.pinned, search.count, sizeof *search.pinned, by_type_and_top);
	rank_types(&search, out);
	name_pins(&search, pool, out);
	return LG_OK;
}

/* ---- single arenas ---- */

struct order {
	uint64_t live_bytes;
	uint32_t arena;
};

static int by_live(const void *left, const void *right)
{
	const struct order *a = left, *b = right;

	if (a->live_bytes != b->live_bytes)
		return a->live_bytes < b->live_bytes ? -1 : 1;
	return (a->arena > b->arena) - (a->arena < b->arena);
}

/* Objects of the arena, by type: "120 × str, 7 × app.Session". */
static enum lg_status tell_types(const struct lg_analysis *analysis, uint64_t start, uint64_t end,
				 struct lg_pool *pool, struct lg_arena_row *out,
				 struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint64_t *count = lg_alloc_zero(s->type_count, sizeof *count);
	struct lg_buffer text = {0};
	char number[LG_NUMBER_TEXT_BYTES];

	if (!count)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", s->type_count);
	for (uint32_t i = 1; i < s->object_count; i++)
		if (s->address[i] >= start && s->address[i] < end && lg_is_heap_object(s, i)) {
			count[s->type[i]]++;
			out->objects++;
		}
	for (int told = 0; told < TYPES_OF_AN_ARENA; told++) {
		uint32_t most = 0;

		for (uint32_t t = 1; t < s->type_count; t++)
			if (count[t] > count[most])
				most = t;
		if (count[most] == 0)
			break;
		lg_buffer_format(&text, "%s%s × ", told ? ", " : "",
				 lg_count_text(count[most], number));
		lg_type_text(analysis, most, &text);
		count[most] = 0;
	}
	out->types = lg_buffer_keep(&text, pool);
	return LG_OK;
}

enum lg_status lg_arenas_tell(const struct lg_analysis *analysis, uint32_t top,
			      struct lg_pool *pool, struct lg_memory_report *out,
			      struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(free_arenas) struct arenas arenas = {0};
	lg_cleanup(lg_free) struct order *order = lg_alloc(s->arena_count, sizeof *order);
	enum lg_status status = sum_arenas(s, &arenas, err);
	uint32_t count = 0;

	if (status == LG_OK && !order)
		status = lg_fail(err, LG_E_MEMORY, "no memory for %u arenas", s->arena_count);
	if (status != LG_OK)
		return status;
	/* One without a live block is pinned by nothing: pymalloc itself has it in store. */
	for (uint32_t i = 0; i < s->arena_count; i++)
		if (arenas.live_bytes[i])
			order[count++] = (struct order){ arenas.live_bytes[i], i };
	if (count)
		qsort(order, count, sizeof *order, by_live);
	if (top > count)
		top = count;
	out->arena = lg_pool_array(pool, top, sizeof *out->arena);
	for (uint32_t i = 0; out->arena && i < top && status == LG_OK; i++) {
		const struct lg_arena *arena = &s->arenas[order[i].arena];

		out->arena[i] = (struct lg_arena_row){
			.address = arena->address,
			.resident_bytes = arena->resident_bytes,
			.live_bytes = order[i].live_bytes,
			.live_blocks = arenas.live_blocks[order[i].arena],
			.pools = arena->pools,
			.free_pools = arena->free_pools,
		};
		status = tell_types(analysis, arena->address, arena->address + arena->bytes, pool,
				    &out->arena[i], err);
		out->arena_count++;
	}
	return status;
}
