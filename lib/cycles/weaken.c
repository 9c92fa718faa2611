/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/names.h"
#include "analysis/trail.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "cycles/find.h"
#include "graph/visit.h"

/* References that are weakened as one: of holders of a type, under a name. */
struct candidate {
	uint32_t type; /* of the holder */
	struct lg_label label;
	uint32_t owner; /* whose attribute it is: the holder, or that whose __dict__ it is */
	int rank;
};

#define MAX_CANDIDATES 4

static int by_rank(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	return (a->rank < b->rank) - (a->rank > b->rank);
}

/*
 * An attribute, or an entry of a container, that leads to an instance of a class
 * made by somebody: those alone can be referred to weakly, for sure.
 */
static bool can_be_weak(const struct lg_analysis *analysis, uint32_t target, struct lg_label label)
{
	return !analysis->type_plain[analysis->snapshot->type[target]] &&
	       (label.kind == LG_REF_ATTR || label.kind == LG_REF_KEY_STR ||
		label.kind == LG_REF_KEY_TYPE || label.kind == LG_REF_ITEM);
}

static size_t gather(const struct lg_analysis *analysis, const struct lg_cycle *cycle,
		     struct candidate *out)
{
	const struct lg_dominators *d = analysis->dominators;
	bool reached = d->immediate[cycle->node[0]] != LG_NONE;
	size_t count = 0;

	for (size_t i = 0; i < cycle->count; i++) {
		uint32_t before = cycle->node[(i + cycle->count - 1) % cycle->count];
		uint32_t holder = cycle->node[i], target = cycle->node[(i + 1) % cycle->count];
		struct lg_label label = lg_reference_key(analysis, holder, target).label;
		struct candidate own = {analysis->snapshot->type[holder], label, holder, 0};

		if (!can_be_weak(analysis, target, label))
			continue;
		if (lg_reference_key(analysis, before, holder).label.kind == LG_REF_DICT)
			own.owner = before;
		own.rank = 2 * lg_label_is_named(label) +
			   (reached && lg_dominates(d, target, holder));
		out[count++] = own;
	}
	if (count)
		qsort(out, count, sizeof *out, by_rank);
	return count < MAX_CANDIDATES ? count : MAX_CANDIDATES;
}

/* Peels off what nothing refers to any more (Kahn, "Topological sorting", 1962). */
struct peeling {
	const struct lg_analysis *analysis;
	const struct lg_knots *knots;
	const struct candidate *without;
	uint32_t component;
	uint32_t *referrers; /* node: references to it from the component */
	uint32_t *member, *queue;
	uint32_t count, tail;
};

static void release(struct peeling *p)
{
	free(p->referrers);
	free(p->member);
	free(p->queue);
}

static bool counts(const struct peeling *p, uint32_t node, uint32_t reference, uint32_t target)
{
	const struct lg_analysis *analysis = p->analysis;
	struct lg_label label;

	if (target >= analysis->snapshot->inner_count ||
	    p->knots->component[target] != p->component)
		return false;
	if (analysis->snapshot->type[node] != p->without->type)
		return true;
	label = lg_label_of(analysis, node, reference);
	return label.kind != p->without->label.kind || label.name != p->without->label.name;
}

static bool count_reference(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct peeling *p = context;

	if (counts(p, node, reference, target))
		p->referrers[target]++;
	return true;
}

static bool take_reference(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct peeling *p = context;

	if (counts(p, node, reference, target) && --p->referrers[target] == 0)
		p->queue[p->tail++] = target;
	return true;
}

/* Has the component no cycle without the candidate's references? */
static bool is_broken(struct peeling *p, const struct candidate *candidate)
{
	p->without = candidate;
	p->tail = 0;
	for (uint32_t i = 0; i < p->count; i++)
		p->referrers[p->member[i]] = 0;
	for (uint32_t i = 0; i < p->count; i++)
		lg_graph_visit(p->analysis->graph, p->member[i], count_reference, p);
	for (uint32_t i = 0; i < p->count; i++)
		if (p->referrers[p->member[i]] == 0)
			p->queue[p->tail++] = p->member[i];
	for (uint32_t i = 0; i < p->tail; i++)
		lg_graph_visit(p->analysis->graph, p->queue[i], take_reference, p);
	return p->tail == p->count;
}

static bool prepare(struct peeling *p, const struct lg_knot *knot)
{
	const struct lg_snapshot *s = p->analysis->snapshot;

	p->component = knot->component;
	p->referrers = lg_alloc_zero(s->inner_count, sizeof *p->referrers);
	p->member = lg_alloc(knot->size, sizeof *p->member);
	p->queue = lg_alloc(knot->size, sizeof *p->queue);
	if (!p->referrers || !p->member || !p->queue)
		return false;
	for (uint32_t v = 1; v < s->inner_count && p->count < knot->size; v++)
		if (p->knots->component[v] == knot->component)
			p->member[p->count++] = v;
	return true;
}

/* The first candidate that breaks all cycles; 0, the best one, where none does. */
static enum lg_status choose(struct peeling *p, const struct lg_knot *knot,
			     const struct candidate *candidate, size_t count, size_t *chosen,
			     bool *breaks_all, struct lg_error *err)
{
	*chosen = 0;
	if (knot->size > LG_MAX_WEAKENED_NODES)
		return LG_OK;
	if (!prepare(p, knot))
		return lg_fail(err, LG_E_MEMORY, "no memory for a cycle of %u objects", knot->size);
	for (size_t i = 0; i < count && !*breaks_all; i++) {
		*breaks_all = is_broken(p, &candidate[i]);
		*chosen = *breaks_all ? i : 0;
	}
	return LG_OK;
}

enum lg_status lg_cycle_weaken(const struct lg_analysis *analysis, const struct lg_knots *knots,
			       const struct lg_knot *knot, const struct lg_cycle *cycle,
			       struct lg_pool *pool, const char **out, bool *breaks_all,
			       struct lg_error *err)
{
	lg_cleanup(lg_free) struct candidate *candidate =
		lg_alloc(cycle->count, sizeof *candidate);
	lg_cleanup(release) struct peeling peeling = {.analysis = analysis, .knots = knots};
	struct lg_buffer text = {0};
	size_t count, chosen;
	enum lg_status status;
	uint32_t owner;

	*out = "";
	*breaks_all = false;
	if (!candidate)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cycle of %zu", cycle->count);
	count = cycle->count ? gather(analysis, cycle, candidate) : 0;
	if (count == 0)
		return LG_OK;
	status = choose(&peeling, knot, candidate, count, &chosen, breaks_all, err);
	if (status != LG_OK)
		return status;
	owner = candidate[chosen].owner;
	if (lg_bit_get(analysis->is_class, owner))
		lg_label_text(analysis, (struct lg_label){LG_STEP_CLASS, owner, 0}, true, &text);
	else
		lg_type_text(analysis, analysis->snapshot->type[owner], &text);
	lg_label_text(analysis, candidate[chosen].label, true, &text);
	*out = lg_buffer_keep(&text, pool);
	return LG_OK;
}
