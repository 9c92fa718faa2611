/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/cycle.h"
#include "analysis/subject.h"
#include "analysis/routes.h"
#include "analysis/sites.h"
#include "analysis/weak.h"
#include "base/array.h"
#include "base/cleanup.h"

#define DEFAULT_TOP 5

LG_DEFINE_CLEANUP(lg_where_free, struct lg_where *)

void lg_where_free(struct lg_where *where)
{
	if (!where)
		return;
	lg_pool_free(where->pool);
	free(where);
}

static void describe(const struct lg_analysis *analysis, const struct lg_subject *asked,
		     struct lg_where *where)
{
	const struct lg_snapshot *s = analysis->snapshot;
	struct lg_buffer type = {0};

	where->one_object = asked->one_object;
	where->count = asked->count;
	for (uint32_t i = 0; i < asked->count; i++) {
		uint32_t node = lg_analysis_node(analysis, asked->node[i]);

		where->shallow_bytes += s->shallow_bytes[asked->node[i]];
		where->unreached += analysis->dominators->immediate[node] == LG_NONE;
	}
	where->subject = lg_subject_text(analysis, asked, where->pool);
	if (!asked->one_object) {
		lg_type_text(analysis, asked->type, &type);
		where->type = lg_buffer_keep(&type, where->pool);
		return;
	}
	where->object = asked->object;
	where->address = s->address[asked->object];
	lg_sites_of(analysis, asked->object, where->pool, &where->allocated,
		    &where->allocated_count);
	lg_object_type_text(analysis, asked->object, 1, &type);
	where->type = lg_buffer_keep(&type, where->pool);
}

static enum lg_status measure(struct lg_analysis *analysis, const struct lg_subject *asked,
			      struct lg_where *where, struct lg_error *err)
{
	enum lg_status status = LG_OK;
	uint32_t node = lg_analysis_node(analysis, asked->node[0]);

	if (!asked->one_object)
		return lg_set_retained(analysis->graph, asked->node, asked->count,
				       &where->retained_bytes, err);
	where->retained_bytes = analysis->dominators->retained_bytes[node];
	status = lg_analysis_need_referrers(analysis, err);
	if (status == LG_OK)
		where->referrers =
			analysis->referrers->first[node + 1] - analysis->referrers->first[node];
	return status;
}

/* Objects of the same type whose merged shortest path is that of the node. */
static enum lg_status count_alike(struct lg_routes *routes, uint32_t node, uint64_t *out,
				  struct lg_error *err)
{
	const struct lg_snapshot *s = routes->analysis->snapshot;
	uint64_t wanted, signature;
	enum lg_status status = lg_route_signature(routes, node, &wanted, err);

	*out = 0;
	for (uint32_t i = 1; status == LG_OK && wanted && i < s->object_count; i++) {
		if (s->type[i] != s->type[node])
			continue;
		status = lg_route_signature(routes, i, &signature, err);
		*out += signature == wanted;
	}
	return status;
}

static enum lg_status find_cycle(struct lg_analysis *analysis, const struct lg_subject *asked,
				 struct lg_where *where, struct lg_error *err)
{
	where->cycle_text = "";
	for (uint32_t i = 0; where->unreached && i < asked->count; i++) {
		uint32_t node = lg_analysis_node(analysis, asked->node[i]);

		if (analysis->dominators->immediate[node] == LG_NONE)
			return lg_cycle_text(analysis, node, where->pool, &where->cycle_text, err);
	}
	return LG_OK;
}

/* Of those that a root reaches. */
static void count_without_other(const struct lg_analysis *analysis, const struct lg_subject *asked,
				struct lg_where *where)
{
	where->ignoring = analysis->shortest_via != NULL;
	for (uint32_t i = 0; where->ignoring && i < asked->count; i++) {
		uint32_t node = lg_analysis_node(analysis, asked->node[i]);

		where->no_other += analysis->dominators->immediate[node] != LG_NONE &&
				   analysis->shortest->parent[node] == LG_NONE;
	}
}

static enum lg_status find_paths(struct lg_analysis *analysis, const struct lg_subject *asked,
				 uint32_t top, struct lg_where *where, struct lg_error *err)
{
	lg_cleanup(lg_routes_free) struct lg_routes shortest = {0}, dominators = {0};
	enum lg_status status = lg_routes_open(analysis, false, &shortest, err);

	if (status == LG_OK)
		status = lg_routes_merge(&shortest, asked->node, asked->count, top, where->pool,
					 &where->shortest, &where->shortest_count,
					 &where->shortest_more, err);
	if (status == LG_OK && asked->one_object)
		status = count_alike(&shortest, lg_analysis_node(analysis, asked->object),
				     &where->alike, err);
	count_without_other(analysis, asked, where);
	if (status == LG_OK)
		status = lg_routes_open(analysis, true, &dominators, err);
	if (status == LG_OK)
		status = lg_routes_merge(&dominators, asked->node, asked->count, top, where->pool,
					 &where->dominators, &where->dominators_count,
					 &where->dominators_more, err);
	return status;
}

enum lg_status lg_where_build(struct lg_analysis *analysis, const char *text, uint32_t top,
			      struct lg_where **out, struct lg_error *err)
{
	lg_cleanup(lg_where_free_slot) struct lg_where *where = calloc(1, sizeof *where);
	lg_cleanup(lg_subject_free) struct lg_subject asked = {0};
	enum lg_status status;

	*out = NULL;
	if (where)
		where->pool = lg_pool_new();
	if (!where || !where->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for paths");
	status = lg_subject_resolve(analysis, text, &asked, err);
	if (status != LG_OK)
		return status;
	lg_analysis_summary(analysis, where->pool, &where->summary);
	describe(analysis, &asked, where);
	status = measure(analysis, &asked, where, err);
	if (status == LG_OK)
		status = find_cycle(analysis, &asked, where, err);
	if (status == LG_OK)
		status = lg_weak_referrers(analysis, asked.node, asked.count, where->pool,
					   &where->weak, &where->weak_text, err);
	if (status == LG_OK)
		status = find_paths(analysis, &asked, top ? top : DEFAULT_TOP, where, err);
	if (status == LG_OK)
		status = lg_pool_check(where->pool, err);
	if (status == LG_OK)
		*out = lg_take(where);
	return status;
}
