/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cycles/find.h"
#include "graph/components.h"

LG_DEFINE_CLEANUP(lg_garbage_free, struct lg_garbage *)

void lg_knots_release(struct lg_knots *knots)
{
	free(knots->component);
	free(knots->knot);
}

/* What is expected to refer to one another, and lives on. Garbage is never expected. */
static uint64_t *mark_expected(const struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint64_t *expected = lg_alloc_zero(lg_bit_words(s->inner_count), sizeof *expected);
	lg_cleanup(lg_free) uint8_t *type = lg_alloc_zero(s->type_count, 1);

	if (!expected || !type) {
		free(expected);
		return NULL;
	}
	for (uint32_t t = 0; t < s->type_count; t++)
		type[t] = lg_type_is_expected(analysis, t);
	for (uint32_t v = 1; v < s->inner_count; v++)
		if (analysis->dominators->immediate[v] != LG_NONE &&
		    (type[s->type[v]] || lg_bit_get(analysis->is_class, v)))
			lg_bit_set(expected, v);
	for (uint32_t i = 0; i < s->task_count; i++)
		if (s->tasks[i].object < s->inner_count &&
		    analysis->dominators->immediate[s->tasks[i].object] != LG_NONE)
			lg_bit_set(expected, s->tasks[i].object);
	return expected;
}

/* gc.garbage, the list; LG_NONE where there is none. */
static uint32_t list_of_garbage(const struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		struct lg_text name = lg_snapshot_string(s, s->roots[i].name);

		if (s->roots[i].kind == LG_ROOT_INTERPRETER && lg_text_is(name, "gc.garbage"))
			return lg_analysis_node(analysis, s->roots[i].object);
	}
	return LG_NONE;
}

struct finder {
	const struct lg_analysis *analysis;
	struct lg_knots *knots;
	uint32_t *knot_of; /* component: 1 + index of its knot, 0: none */
	uint32_t in_gc_garbage; /* the list */
	bool tracking;     /* the dump says what the collector tracks */
};

static bool is_better_head(const struct lg_analysis *analysis, uint32_t node, uint32_t head)
{
	const uint64_t *retained = analysis->dominators->retained_bytes;
	bool telling = lg_type_is_telling(analysis, node);

	if (telling != lg_type_is_telling(analysis, head))
		return telling;
	return retained[node] > retained[head];
}

static enum lg_cycle_kind kind_of(const struct finder *f, uint32_t node)
{
	const struct lg_dominators *d = f->analysis->dominators;

	if (d->immediate[node] != LG_NONE)
		return f->in_gc_garbage != LG_NONE && lg_dominates(d, f->in_gc_garbage, node)
			       ? LG_CYCLE_UNCOLLECTABLE
			       : LG_CYCLE_REACHED;
	/* What holds members, and is not tracked itself, hides them from the collector. */
	return f->tracking && !(f->analysis->snapshot->flags[node] & LG_OBJECT_TRACKED)
		       ? LG_CYCLE_UNCOLLECTABLE
		       : LG_CYCLE_GARBAGE;
}

static void add_member(struct finder *f, uint32_t node)
{
	const struct lg_dominators *d = f->analysis->dominators;
	const uint32_t *component = f->knots->component;
	struct lg_knot *knot = &f->knots->knot[f->knot_of[component[node]] - 1];
	enum lg_cycle_kind kind = kind_of(f, node);
	uint32_t above = d->immediate[node];

	if (knot->size++ == 0) {
		knot->component = component[node];
		knot->head = node;
		knot->kind = kind;
		knot->told = above != LG_NONE;
	} else if (is_better_head(f->analysis, node, knot->head)) {
		knot->head = node;
	}
	if (kind == LG_CYCLE_UNCOLLECTABLE)
		knot->kind = kind;
	if (above != LG_NONE &&
	    (above == 0 || component[above] != component[node]))
		knot->bytes += d->retained_bytes[node];
}

static bool make_knots(struct finder *f, uint32_t components)
{
	const struct lg_analysis *analysis = f->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t used = 0;

	for (uint32_t v = 1; v < s->inner_count; v++) {
		uint32_t *size = &f->knot_of[f->knots->component[v]];

		*size += *size < 2;
		f->tracking |= (s->flags[v] & LG_OBJECT_TRACKED) != 0;
	}
	f->knot_of[0] = 0;
	for (uint32_t c = 1; c <= components; c++)
		f->knot_of[c] = f->knot_of[c] > 1 ? ++used : 0;
	f->knots->knot = lg_alloc_zero(used, sizeof *f->knots->knot);
	if (!f->knots->knot)
		return false;
	f->knots->count = used;
	for (uint32_t v = 1; v < s->inner_count; v++)
		if (f->knot_of[f->knots->component[v]])
			add_member(f, v);
	return true;
}

/* Bytes of a piece of garbage are those of the group that hangs on it. */
static enum lg_status weigh_garbage(struct finder *f, struct lg_error *err)
{
	const struct lg_analysis *analysis = f->analysis;
	lg_cleanup(lg_garbage_free_slot) struct lg_garbage *garbage = NULL;
	enum lg_status status =
		lg_garbage_build(analysis->graph, analysis->dominators, &garbage, err);

	for (uint32_t g = 0; status == LG_OK && g < garbage->group_count; g++) {
		const struct lg_garbage_group *group = &garbage->group[g];
		uint32_t knot = group->head < analysis->snapshot->inner_count
					? f->knot_of[f->knots->component[group->head]]
					: 0;

		if (!knot)
			continue;
		f->knots->knot[knot - 1].bytes += group->bytes;
		f->knots->knot[knot - 1].told = true;
	}
	return status;
}

enum lg_status lg_knots_find(const struct lg_analysis *analysis, struct lg_knots *out,
			     struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint64_t *expected = mark_expected(analysis);
	lg_cleanup(lg_free) uint32_t *knot_of = NULL;
	struct finder f = {
		.analysis = analysis,
		.knots = out,
		.in_gc_garbage = list_of_garbage(analysis),
	};
	uint32_t components;
	enum lg_status status;

	out->component = lg_alloc_zero(s->inner_count, sizeof *out->component);
	if (!expected || !out->component)
		return lg_fail(err, LG_E_MEMORY, "no memory for the cycles of %u objects",
			       s->inner_count);
	status = lg_components(analysis->graph, expected, out->component, &components, err);
	if (status != LG_OK)
		return status;
	f.knot_of = knot_of = lg_alloc_zero((size_t)components + 1, sizeof *knot_of);
	if (!knot_of || !make_knots(&f, components))
		return lg_fail(err, LG_E_MEMORY, "no memory for %u components", components);
	return weigh_garbage(&f, err);
}
