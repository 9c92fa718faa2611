/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/holders.h"
#include "analysis/trail.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "waste/survey.h"

LG_DEFINE_CLEANUP(lg_waste_free, struct lg_waste *)

static enum lg_status say_what_is_known(const struct lg_snapshot *s, struct lg_waste *out,
					struct lg_error *err)
{
	out->equals_known = s->equal_count != 0;
	out->containers_known = s->container_count != 0;
	for (uint32_t t = 0; t < s->type_count; t++)
		out->slots_known |= s->types[t].slotted_bytes != 0;
	if (out->equals_known || out->containers_known || out->slots_known)
		return LG_OK;
	return lg_fail(err, LG_E_NOT_FOUND,
		       "the dump does not say which contents are equal, how full containers are and "
		       "what slots would spare: a new one of `leakgraph dump` does");
}

static enum lg_status survey_heap(struct lg_waste_survey *survey, struct lg_error *err)
{
	const struct lg_snapshot *s = survey->analysis->snapshot;
	enum lg_status status = lg_keepers_find(survey->analysis, &survey->keepers, err);

	if (status != LG_OK)
		return status;
	survey->code = lg_waste_type(survey->analysis, "code");
	survey->no_pymalloc = s->info.pymalloc == LG_PYMALLOC_UNUSED;
	survey->claimed = lg_alloc_zero(lg_bit_words(s->object_count), sizeof *survey->claimed);
	if (!survey->claimed)
		return lg_fail(err, LG_E_MEMORY, "no memory to survey %u objects", s->object_count);
	status = lg_waste_find_slots(survey, err);
	if (status == LG_OK)
		status = lg_waste_find_boxed(survey, err);
	if (status == LG_OK)
		status = lg_waste_find_equal(survey, err);
	if (status == LG_OK)
		status = lg_waste_find_containers(survey, err);
	return status;
}

static int compare_found(const void *left, const void *right)
{
	const struct lg_waste_found *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->example > b->example) - (a->example < b->example);
}

static void add_up(const struct lg_waste_survey *survey, struct lg_waste *out)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct lg_waste_found *found = &survey->found[i];

		out->kind[found->kind].count += found->count;
		out->kind[found->kind].bytes += found->bytes;
		out->total.count += found->count;
		out->total.bytes += found->bytes;
	}
}

LG_DEFINE_CLEANUP(lg_trail_free, struct lg_trail *)

static enum lg_status path_of(const struct lg_waste_survey *survey, uint32_t object,
			      struct lg_pool *pool, const char **out, struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	struct lg_path path;
	enum lg_status status = lg_trail_dominators((struct lg_analysis *)survey->analysis, object,
						    &trail, err);

	if (status != LG_OK)
		return status;
	lg_trail_show(survey->analysis, &trail, true, pool, &path, NULL, 0);
	*out = lg_path_keep(&path, pool);
	return LG_OK;
}

static enum lg_status show(const struct lg_waste_survey *survey, const struct lg_waste_found *found,
			   struct lg_pool *pool, struct lg_waste_row *out, struct lg_error *err)
{
	struct lg_buffer type = {0}, keeper = {0}, label = {0};

	*out = (struct lg_waste_row){
		.kind = (enum lg_waste_kind)found->kind,
		.count = found->count,
		.bytes = found->bytes,
		.of = found->of,
		.example = found->example,
	};
	lg_type_text(survey->analysis, found->type, &type);
	lg_keeper_text(survey->analysis, &survey->keepers.keeper[found->keeper], &keeper);
	if (found->kind != LG_WASTE_SLOTS && found->label.kind != LG_STEP_SHARED)
		lg_label_text(survey->analysis, found->label, true, &label);
	out->type = lg_buffer_keep(&type, pool);
	out->keeper = lg_buffer_keep(&keeper, pool);
	out->label = lg_buffer_keep(&label, pool);
	return path_of(survey, found->example, pool, &out->path_text, err);
}

static enum lg_status show_rows(const struct lg_waste_survey *survey, uint32_t top,
				struct lg_waste *out, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	if (survey->count)
		qsort(survey->found, survey->count, sizeof *survey->found, compare_found);
	out->row_total = survey->count;
	out->row_count = top && top < survey->count ? top : survey->count;
	out->row = lg_pool_array(out->pool, out->row_count, sizeof *out->row);
	for (size_t i = 0; out->row && i < out->row_count && status == LG_OK; i++)
		status = show(survey, &survey->found[i], out->pool, &out->row[i], err);
	return status == LG_OK ? lg_pool_check(out->pool, err) : status;
}

enum lg_status lg_waste_build(struct lg_analysis *analysis, uint32_t top, struct lg_waste **out,
			      struct lg_error *err)
{
	lg_cleanup(lg_waste_free_slot) struct lg_waste *waste = calloc(1, sizeof *waste);
	lg_cleanup(lg_waste_survey_release) struct lg_waste_survey survey = { .analysis = analysis };
	enum lg_status status;

	*out = NULL;
	if (waste)
		waste->pool = lg_pool_new();
	if (!waste || !waste->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a report of waste");
	lg_analysis_summary(analysis, waste->pool, &waste->summary);
	status = say_what_is_known(analysis->snapshot, waste, err);
	if (status == LG_OK)
		status = survey_heap(&survey, err);
	if (status != LG_OK)
		return status;
	add_up(&survey, waste);
	status = show_rows(&survey, top, waste, err);
	if (status == LG_OK)
		*out = lg_take(waste);
	return status;
}

void lg_waste_free(struct lg_waste *waste)
{
	if (!waste)
		return;
	lg_pool_free(waste->pool);
	free(waste);
}
