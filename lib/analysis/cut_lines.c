/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/cut_lines.h"
#include "analysis/holders.h"
#include "analysis/trail.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "graph/visit.h"

/* A place and what it may free, by which the places to tell are chosen. */
struct candidate {
	const struct lg_cut_place *place;
	uint64_t weight;
	struct lg_freed freed; /* alone; only of those told */
};

static int by_weight(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return (a->place->reference > b->place->reference) -
	       (a->place->reference < b->place->reference);
}

static int by_freed(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->freed.bytes != b->freed.bytes)
		return a->freed.bytes > b->freed.bytes ? -1 : 1;
	return by_weight(left, right);
}

static struct candidate *weigh(const struct lg_analysis *analysis, const struct lg_cut *cut)
{
	const uint64_t *retained = analysis->dominators->retained_bytes;
	struct candidate *c = lg_alloc_zero(cut->place_count, sizeof *c);

	for (uint32_t i = 0; c && i < cut->place_count; i++) {
		c[i].place = &cut->place[i];
		for (uint32_t k = 0; k < cut->place[i].count; k++)
			c[i].weight += retained[lg_analysis_node(
				analysis,
				analysis->snapshot->ref_target[cut->place[i].reference[k]])];
	}
	if (c)
		qsort(c, cut->place_count, sizeof *c, by_weight);
	return c;
}

struct count {
	uint32_t target, references;
};

static bool count_target(void *context, uint32_t node, uint32_t reference, uint32_t target)
{
	struct count *count = context;

	(void)node;
	(void)reference;
	count->references += target == count->target;
	return true;
}

/*
 * Where a reference is the only way to what it leads to, the dominator tree
 * knows what goes with it. So it is of a cut of one name, and mostly the cut is
 * then the top of a heap.
 */
static bool frees_subtree(const struct lg_analysis *analysis, const struct lg_cut_place *place,
			  struct lg_freed *out)
{
	const struct lg_dominators *d = analysis->dominators;
	struct count count = {.target = place->target};

	if (place->count != 1 || d->immediate[place->target] != place->holder ||
	    lg_bit_get(analysis->also_held, place->target))
		return false;
	lg_graph_visit(analysis->graph, place->holder, count_target, &count);
	*out = (struct lg_freed){d->retained_bytes[place->target], d->subtree[place->target]};
	for (uint32_t i = 0; i < analysis->graph->folded_count; i++)
		out->objects += d->immediate[analysis->graph->representative[i]] != LG_NONE &&
				lg_dominates(d, place->target, analysis->graph->representative[i]);
	return count.references == 1;
}

/* Those told each alone; the others, if any, are one removal, for what all free together. */
static enum lg_status free_each(const struct lg_analysis *analysis, struct candidate *c,
				uint32_t count, uint32_t told, struct lg_freed *together,
				struct lg_error *err)
{
	lg_cleanup(lg_free) struct lg_removal *removal = lg_alloc_zero(told + 1, sizeof *removal);
	lg_cleanup(lg_free) struct lg_freed *alone = lg_alloc_zero(told + 1, sizeof *alone);
	lg_cleanup(lg_free) uint32_t *rest = NULL;
	uint32_t *reference = NULL, used = 0;
	enum lg_status status;

	if (count == 1 && told == 1 && frees_subtree(analysis, c->place, together)) {
		c->freed = *together;
		return LG_OK;
	}
	for (uint32_t i = told; i < count; i++)
		used += c[i].place->count;
	rest = reference = lg_alloc(used, sizeof *rest);
	if (!removal || !alone || !rest)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cut of %u places", count);
	for (uint32_t i = 0; i < told; i++)
		removal[i] = (struct lg_removal){c[i].place->reference, c[i].place->count, NULL, 0};
	removal[told] = (struct lg_removal){rest, used, NULL, 0};
	for (uint32_t i = told; i < count; i++) {
		memcpy(reference, c[i].place->reference, c[i].place->count * sizeof *reference);
		reference += c[i].place->count;
	}
	status = lg_what_if_each(analysis->graph, removal, used ? told + 1 : told, alone, together,
				 err);
	for (uint32_t i = 0; status == LG_OK && i < told; i++)
		c[i].freed = alone[i];
	return status;
}

/* Entries are told by a value's label rather than by a key's. */
#define MAX_ENTRIES_SEEN 16

static uint32_t telling_reference(const struct lg_analysis *analysis,
				  const struct lg_cut_place *place)
{
	for (uint32_t k = 0; k < place->count && k < MAX_ENTRIES_SEEN; k++)
		if (analysis->snapshot->ref_kind[place->reference[k]] != LG_REF_DICT_KEY)
			return place->reference[k];
	return place->reference[0];
}

/*
 * The way to a holder. A class is named by itself, and not by one of the
 * modules that have it.
 */
static enum lg_status push_way(const struct lg_analysis *analysis, const struct lg_cut *cut,
			       uint32_t holder, struct lg_trail *trail, struct lg_error *err)
{
	uint32_t class = holder;

	while (class != 0 && !lg_bit_get(analysis->is_class, class))
		class = cut->parent[class];
	if (class != 0)
		lg_trail_push(trail, &(struct lg_trail_step){
					     .key = {.label = {LG_STEP_CLASS, class, 0},
						     .type = analysis->snapshot->type[class]},
					     .count = 1,
					     .object = class,
				     });
	return lg_trail_along(analysis, cut->parent, class, holder, trail, err);
}

static enum lg_status tell(const struct lg_cut_names *names, const struct lg_cut *cut,
			   const struct candidate *c, struct lg_pool *pool, struct lg_cut_line *out,
			   struct lg_error *err)
{
	const struct lg_analysis *analysis = names->analysis;
	const struct lg_cut_place *place = c->place;
	uint32_t reference = telling_reference(analysis, place);
	uint32_t target = lg_analysis_node(analysis, analysis->snapshot->ref_target[reference]);
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	struct lg_trail_step step = {.count = place->count, .object = target};
	struct lg_buffer remark = {0};
	enum lg_status status = push_way(analysis, cut, place->holder, &trail, err);

	if (status != LG_OK)
		return status;
	if (trail.count && place->holders > 1)
		trail.step[trail.count - 1].count = place->holders;
	step.key = lg_reference_key(analysis, place->holder, target);
	step.key.label = lg_label_of(analysis, place->holder, reference);
	lg_cut_remark(names, place->holder, step.key.label, &remark);
	lg_trail_push(&trail, &step);
	if (trail.failed || trail.count == 0)
		return lg_fail(err, LG_E_MEMORY, "no memory for a path");
	lg_trail_show(analysis, &trail, false, pool, &out->path, NULL, 0);
	if (out->path.count == 0)
		return lg_pool_check(pool, err);
	out->path.hop[out->path.count - 1].named_type = false;
	out->path_text = lg_path_keep(&out->path, pool);
	out->cut = lg_cut_text(&out->path, lg_trail_root_kind(analysis, &trail),
			       out->path.hop[0].label, out->path.count - 1, pool);
	out->remark = lg_buffer_keep(&remark, pool);
	out->references = place->count;
	out->holders = place->holders;
	out->bytes = c->freed.bytes;
	out->objects = c->freed.objects;
	return LG_OK;
}

static enum lg_status tell_all(const struct lg_cut_names *names, uint32_t top,
			       struct lg_pool *pool, struct lg_cut_told *out, struct lg_error *err)
{
	const struct lg_cut *cut = out->cut;
	uint32_t told = cut->place_count < top ? cut->place_count : top;
	lg_cleanup(lg_free) struct candidate *c = weigh(names->analysis, cut);
	enum lg_status status;

	out->line = lg_pool_array(pool, told, sizeof *out->line);
	if (!c || !out->line)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cut of %u places",
			       cut->place_count);
	status = free_each(names->analysis, c, cut->place_count, told, &out->together, err);
	if (status == LG_OK && told)
		qsort(c, told, sizeof *c, by_freed);
	for (uint32_t i = 0; i < told && status == LG_OK; i++)
		status = tell(names, cut, &c[i], pool, &out->line[out->count++], err);
	return status;
}

enum lg_status lg_cut_tell(struct lg_analysis *analysis, const uint32_t *node, uint32_t count,
			   uint32_t top, struct lg_pool *pool, struct lg_cut_told *out,
			   struct lg_error *err)
{
	lg_cleanup(lg_cut_names_release) struct lg_cut_names names = {0};
	struct lg_cut_rule rule = lg_cut_names_rule(&names);
	enum lg_status status = lg_analysis_need_referrers(analysis, err);

	if (status == LG_OK)
		status = lg_cut_names_make(analysis, &names, err);
	if (status == LG_OK)
		status = lg_cut_find(analysis->graph, analysis->dominators, analysis->referrers,
				     &rule, node, count, &out->cut, err);
	if (status == LG_OK)
		status = tell_all(&names, top, pool, out, err);
	return status;
}

void lg_cut_told_release(struct lg_cut_told *told)
{
	lg_cut_free(told->cut);
}
