/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/sums.h"
#include "base/array.h"
#include "base/cleanup.h"

LG_DEFINE_CLEANUP(lg_overview_free, struct lg_overview *)

/* Kinds whose labels say something only with a name: "->", "local". */
static bool needs_name(uint8_t kind)
{
	return kind == LG_REF_OTHER || kind == LG_REF_ATTR || kind == LG_REF_LOCAL ||
	       kind == LG_REF_CELL || kind == LG_REF_DEFAULT || kind == LG_REF_CONTEXT;
}

static void count_references(const struct lg_snapshot *s, struct lg_quality *out)
{
	for (uint32_t r = 0; r < s->reference_count; r++) {
		struct lg_label_sum *sum = &out->label[s->ref_kind[r]];
		bool labelled = s->ref_name[r] || !needs_name(s->ref_kind[r]);

		sum->count++;
		sum->labelled += labelled;
		out->labelled += labelled;
	}
}

static void count_objects(const struct lg_snapshot *s, struct lg_quality *out)
{
	for (uint32_t i = 1; i < s->object_count; i++) {
		if (s->flags[i] & LG_OBJECT_PSEUDO)
			continue;
		out->inner += i < s->inner_count;
		out->tracked += (s->flags[i] & LG_OBJECT_TRACKED) != 0;
		out->immortal += (s->flags[i] & LG_OBJECT_IMMORTAL) != 0;
		out->partial += (s->flags[i] & LG_OBJECT_PARTIAL) != 0;
	}
}

/*
 * Does the entry stand for a reference that counts? Modules and threads are
 * named by their roots, but held by sys.modules and by nobody; C code is what
 * is left over, but where it is told which.
 */
static bool counts(uint8_t kind)
{
	return kind == LG_ROOT_OTHER || kind == LG_ROOT_CLASS || kind == LG_ROOT_INTERPRETER ||
	       kind == LG_ROOT_INTERNED;
}

static uint32_t *known_references(const struct lg_snapshot *s)
{
	uint32_t *known = lg_alloc_zero(s->object_count, sizeof *known);

	for (uint32_t r = 0; known && r < s->reference_count; r++)
		if (lg_ref_is_strong(s->ref_kind[r]))
			known[s->ref_target[r]]++;
	for (uint32_t i = 0; known && i < s->root_count; i++) {
		const struct lg_root *root = &s->roots[i];

		if (counts(root->kind))
			known[root->object]++;
		else if (root->kind == LG_ROOT_C_CODE && root->name)
			known[root->object] += root->excess;
	}
	return known;
}

/* 0 is a refcount that was not recorded, the largest number one that did not fit. */
static bool has_refcount(const struct lg_snapshot *s, uint32_t object)
{
	return s->flags[object] & LG_OBJECT_TRACKED && !(s->flags[object] & LG_OBJECT_IMMORTAL) &&
	       s->refcount[object] != 0 && s->refcount[object] != UINT32_MAX;
}

static void count_refcounts(const struct lg_snapshot *s, const uint32_t *known,
			    struct lg_quality *out)
{
	for (uint32_t i = 1; i < s->object_count; i++) {
		if (!has_refcount(s, i))
			continue;
		out->refcounts++;
		out->refcounts_explained += s->refcount[i] == known[i];
		out->refcounts_larger += s->refcount[i] > known[i];
		if (s->refcount[i] > known[i])
			out->references_missing += s->refcount[i] - known[i];
	}
}

enum lg_status lg_analysis_need_quality(struct lg_analysis *analysis, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) struct lg_quality *quality = NULL;
	lg_cleanup(lg_free) uint32_t *known = NULL;

	if (analysis->quality)
		return LG_OK;
	quality = lg_alloc_zero(1, sizeof *quality);
	known = known_references(s);
	if (!quality || !known)
		return lg_fail(err, LG_E_MEMORY, "no memory for an overview of %u objects",
			       s->object_count);
	count_references(s, quality);
	count_objects(s, quality);
	count_refcounts(s, known, quality);
	analysis->quality = lg_take(quality);
	return LG_OK;
}

static void tell_quality(const struct lg_quality *quality, struct lg_overview *out)
{
	out->inner = quality->inner;
	out->tracked = quality->tracked;
	out->immortal = quality->immortal;
	out->partial = quality->partial;
	memcpy(out->label, quality->label, sizeof out->label);
	out->labelled = quality->labelled;
	out->refcounts = quality->refcounts;
	out->refcounts_explained = quality->refcounts_explained;
	out->refcounts_larger = quality->refcounts_larger;
	out->references_missing = quality->references_missing;
}

static void count_tables(const struct lg_snapshot *s, struct lg_overview *out)
{
	out->types = s->type_count;
	out->strings = s->strings.count;
	out->string_bytes = s->strings.offset[s->strings.count];
	out->threads = s->thread_count;
	out->tasks = s->task_count;
	out->sites = s->site_count;
	out->allocations = s->allocation_count;
	for (uint32_t i = 0; i < s->frame_count; i++)
		if (s->frames[i].thread == LG_NONE)
			out->suspended++;
		else
			out->frames++;
	for (uint32_t i = 0; i < s->root_count; i++)
		out->roots[s->roots[i].kind]++;
}

enum lg_status lg_overview_build(struct lg_analysis *analysis, struct lg_overview **out,
				 struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_overview_free_slot) struct lg_overview *overview = calloc(1, sizeof *overview);
	enum lg_status status = lg_analysis_need_quality(analysis, err);

	*out = NULL;
	if (status != LG_OK)
		return status;
	if (overview)
		overview->pool = lg_pool_new();
	if (!overview || !overview->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for an overview of %u objects",
			       s->object_count);
	lg_analysis_summary(analysis, overview->pool, &overview->summary);
	tell_quality(analysis->quality, overview);
	count_tables(s, overview);
	if (lg_pool_check(overview->pool, err) != LG_OK)
		return LG_E_MEMORY;
	*out = lg_take(overview);
	return LG_OK;
}

void lg_overview_free(struct lg_overview *overview)
{
	if (!overview)
		return;
	lg_pool_free(overview->pool);
	free(overview);
}
