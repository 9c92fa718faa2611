/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/sites.h"
#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "base/text.h"

LG_DEFINE_CLEANUP(lg_analysis_free, struct lg_analysis *)

const struct lg_snapshot *lg_analysis_snapshot(const struct lg_analysis *analysis)
{
	return analysis->snapshot;
}

/* Back to what lg_analysis_start() made. */
static void drop_graph(struct lg_analysis *analysis)
{
	lg_graph_free(analysis->graph);
	lg_dominators_free(analysis->dominators);
	lg_shortest_free(analysis->shortest);
	lg_shortest_free(analysis->shortest_of_all);
	free(analysis->shortest_via);
	lg_referrers_free(analysis->referrers);
	lg_children_free(analysis->children);
	free(analysis->via);
	free(analysis->also_held);
	free(analysis->is_namespace);
	free(analysis->is_root);
	free(analysis->root_order);
	free(analysis->root_alias);
	free(analysis->suspended);
	free(analysis->waiting);
	free(analysis->tasks);
	free(analysis->line_of_site);
	free(analysis->type_part);
	free(analysis->quality);
	*analysis = (struct lg_analysis){
		.snapshot = analysis->snapshot,
		.is_class = analysis->is_class,
		.type_plain = analysis->type_plain,
		.type_alias = analysis->type_alias,
	};
}

void lg_analysis_free(struct lg_analysis *analysis)
{
	if (!analysis)
		return;
	drop_graph(analysis);
	free(analysis->is_class);
	free(analysis->type_plain);
	free(analysis->type_alias);
	free(analysis);
}

/* How much a kind of reference tells a reader: the lower the better. */
static unsigned kind_rank(uint8_t kind)
{
	static const uint8_t rank[LG_REF_KIND_COUNT] = {
		[LG_REF_ATTR] = 0, [LG_REF_KEY_STR] = 1, [LG_REF_LOCAL] = 2,    [LG_REF_FRAME] = 2,
		[LG_REF_CELL] = 2, [LG_REF_DEFAULT] = 2, [LG_REF_KEY_TYPE] = 3, [LG_REF_ITEM] = 4,
		[LG_REF_DICT] = 5, [LG_REF_OTHER] = 6,   [LG_REF_DICT_KEY] = 7, [LG_REF_TYPE] = 8,
		[LG_REF_WEAK] = 9,
	};

	return kind < LG_REF_KIND_COUNT ? rank[kind] : 9;
}

/* A reference from elsewhere. What hangs below the target goes when it goes. */
static void note_other(const struct lg_analysis *analysis, uint32_t holder, uint32_t target,
		       uint64_t *also_held)
{
	const struct lg_dominators *d = analysis->dominators;

	if (d->immediate[target] != LG_NONE && d->immediate[holder] != LG_NONE &&
	    !lg_dominates(d, target, holder))
		lg_bit_set(also_held, target);
}

static void label_edges_of(const struct lg_analysis *analysis, uint32_t object,
			   const uint32_t *parent, uint32_t *via, uint64_t *also_held)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t holder = lg_analysis_node(analysis, object);

	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		uint32_t target;

		if (!lg_ref_is_strong(s->ref_kind[r]))
			continue;
		target = lg_analysis_node(analysis, s->ref_target[r]);
		if (target == holder)
			continue;
		if (parent[target] != holder) {
			if (also_held)
				note_other(analysis, holder, target, also_held);
			continue;
		}
		if (via[target] == LG_NONE ||
		    kind_rank(s->ref_kind[r]) < kind_rank(s->ref_kind[via[target]]))
			via[target] = r;
	}
}

enum lg_status lg_label_edges(const struct lg_analysis *analysis, const uint32_t *parent,
			      uint32_t *via, uint64_t *also_held, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;

	if (s->inner_count > s->object_count)
		return lg_fail(err, LG_E_INTERNAL, "%u inner objects of %u", s->inner_count,
			       s->object_count);
	memset(via, 0xff, (size_t)s->object_count * sizeof *via);
	for (uint32_t object = 1; object < s->inner_count; object++)
		label_edges_of(analysis, object, parent, via, also_held);
	return LG_OK;
}

static void mark_namespaces(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t r = 0; r < s->reference_count; r++)
		if (s->ref_kind[r] == LG_REF_DICT)
			lg_bit_set(analysis->is_namespace,
				   lg_analysis_node(analysis, s->ref_target[r]));
	for (uint32_t i = 0; i < analysis->graph->folded_count; i++)
		lg_bit_set(analysis->is_namespace, analysis->graph->representative[i]);
}

static int compare_names(const void *left, const void *right, void *context)
{
	const struct lg_type *types = context;
	uint32_t l = *(const uint32_t *)left, r = *(const uint32_t *)right;

	if (types[l].name != types[r].name)
		return types[l].name < types[r].name ? -1 : 1;
	if (types[l].module != types[r].module)
		return types[l].module < types[r].module ? -1 : 1;
	return (l > r) - (l < r);
}

static bool find_type_aliases(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint32_t *order = lg_alloc(s->type_count, sizeof *order);

	if (!order)
		return false;
	for (uint32_t i = 0; i < s->type_count; i++)
		order[i] = i;
	qsort_r(order, s->type_count, sizeof *order, compare_names, s->types);
	for (uint32_t i = 0, first = 0; i < s->type_count; i++) {
		const struct lg_type *type = &s->types[order[i]], *before = &s->types[order[first]];

		if (type->name != before->name || type->module != before->module)
			first = i;
		analysis->type_alias[order[i]] = order[first];
	}
	return true;
}

static enum lg_status mark_types(struct lg_analysis *analysis, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;

	analysis->is_class = lg_alloc_zero(lg_bit_words(s->object_count), sizeof *analysis->is_class);
	analysis->type_plain = lg_alloc_zero(s->type_count, 1);
	analysis->type_alias = lg_alloc(s->type_count, sizeof *analysis->type_alias);
	if (!analysis->is_class || !analysis->type_plain || !analysis->type_alias ||
	    !find_type_aliases(analysis))
		return lg_fail(err, LG_E_MEMORY, "no memory for the marks of %u types", s->type_count);
	for (uint32_t t = 0; t < s->type_count; t++) {
		const struct lg_type *type = &s->types[t];

		if (type->object < s->object_count)
			lg_bit_set(analysis->is_class, type->object);
		analysis->type_plain[t] = (type->flags & LG_TYPE_PSEUDO) || !type->module ||
					  lg_text_is(lg_snapshot_string(s, type->module), "builtins");
	}
	return LG_OK;
}

static bool is_module(const struct lg_analysis *analysis, uint32_t object)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t type = s->type[object];

	return analysis->type_plain[type] &&
	       lg_text_is(lg_snapshot_string(s, s->types[type].name), "module");
}

uint32_t lg_analysis_module_copy(const struct lg_analysis *analysis, uint32_t module)
{
	const struct lg_snapshot *s = analysis->snapshot;

	if (module >= s->inner_count || !is_module(analysis, module))
		return LG_NONE;
	for (uint32_t r = s->first_reference[module]; r < s->first_reference[module + 1]; r++)
		if (s->ref_kind[r] == LG_REF_OTHER &&
		    lg_text_is(lg_snapshot_string(s, s->ref_name[r]), "m_copy"))
			return lg_analysis_node(analysis, s->ref_target[r]);
	return LG_NONE;
}

/* What a module's copy of its dict holds reads as the module's attributes. */
static void mark_module_copies(struct lg_analysis *analysis)
{
	for (uint32_t object = 1; object < analysis->snapshot->inner_count; object++) {
		uint32_t copy = lg_analysis_module_copy(analysis, object);

		if (copy != LG_NONE)
			lg_bit_set(analysis->is_namespace, copy);
	}
}

static unsigned root_rank(uint8_t kind)
{
	static const uint8_t rank[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_MODULE] = 0,      [LG_ROOT_THREAD] = 1, [LG_ROOT_CLASS] = 2,
		[LG_ROOT_INTERPRETER] = 3, [LG_ROOT_OTHER] = 4,  [LG_ROOT_INTERNED] = 5,
		[LG_ROOT_C_CODE] = 6,
	};

	return kind < LG_ROOT_KIND_COUNT ? rank[kind] : 7;
}

static int compare_roots(const void *left, const void *right, void *context)
{
	const struct lg_analysis *analysis = context;
	uint32_t l = *(const uint32_t *)left, r = *(const uint32_t *)right;
	const struct lg_root *a = &analysis->snapshot->roots[l], *b = &analysis->snapshot->roots[r];
	uint32_t node_a = lg_analysis_node(analysis, a->object);
	uint32_t node_b = lg_analysis_node(analysis, b->object);

	if (node_a != node_b)
		return node_a < node_b ? -1 : 1;
	if (root_rank(a->kind) != root_rank(b->kind))
		return root_rank(a->kind) < root_rank(b->kind) ? -1 : 1;
	return (l > r) - (l < r);
}

static int compare_aliases(const void *left, const void *right, void *context)
{
	const struct lg_root *roots = context;
	uint32_t l = *(const uint32_t *)left, r = *(const uint32_t *)right;

	if (roots[l].kind != roots[r].kind)
		return roots[l].kind < roots[r].kind ? -1 : 1;
	if (roots[l].name != roots[r].name)
		return roots[l].name < roots[r].name ? -1 : 1;
	if (roots[l].interpreter != roots[r].interpreter)
		return roots[l].interpreter < roots[r].interpreter ? -1 : 1;
	return (l > r) - (l < r);
}

/* root_order lends its memory; it is filled anew after this. */
static void find_aliases(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t *order = analysis->root_order, first = 0;

	for (uint32_t i = 0; i < s->root_count; i++)
		order[i] = i;
	qsort_r(order, s->root_count, sizeof *order, compare_aliases, s->roots);
	for (uint32_t i = 0; i < s->root_count; i++) {
		const struct lg_root *root = &s->roots[order[i]], *before = &s->roots[order[first]];

		if (root->kind != before->kind || root->name != before->name ||
		    root->interpreter != before->interpreter)
			first = i;
		analysis->root_alias[order[i]] = order[first];
	}
}

static void sort_tables(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;

	find_aliases(analysis);
	for (uint32_t i = 0; i < s->root_count; i++) {
		analysis->root_order[i] = i;
		lg_bit_set(analysis->is_root, lg_analysis_node(analysis, s->roots[i].object));
	}
	qsort_r(analysis->root_order, s->root_count, sizeof *analysis->root_order, compare_roots,
		analysis);
	lg_sort_waiting(analysis);
}

const struct lg_root *lg_analysis_root(const struct lg_analysis *analysis, uint32_t node)
{
	const struct lg_snapshot *s = analysis->snapshot;
	const uint32_t *order = analysis->root_order;

	if (!lg_bit_get(analysis->is_root, node))
		return NULL;
	return &s->roots[order[lg_bisect(
		at, s->root_count,
		lg_analysis_node(analysis, s->roots[order[at]].object) < node)]];
}

enum lg_status lg_analysis_need_shortest(struct lg_analysis *analysis, uint32_t node,
					 struct lg_error *err)
{
	enum lg_status status = LG_OK;

	if (!analysis->shortest)
		status = lg_shortest_start(analysis->graph, &analysis->shortest, err);
	return status == LG_OK ? lg_shortest_reach(analysis->shortest, node, err) : status;
}

enum lg_status lg_analysis_need_referrers(struct lg_analysis *analysis, struct lg_error *err)
{
	if (analysis->referrers)
		return LG_OK;
	return lg_referrers_build(analysis->graph, &analysis->referrers, err);
}

static void add_up(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 1; i < s->object_count; i++) {
		analysis->object_bytes += s->shallow_bytes[i];
		analysis->object_count += !(s->flags[i] & LG_OBJECT_PSEUDO);
	}
}

static bool reserve_tables(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;

	analysis->is_root =
		lg_alloc_zero(lg_bit_words(s->object_count), sizeof *analysis->is_root);
	analysis->root_order = lg_alloc(s->root_count, sizeof *analysis->root_order);
	analysis->root_alias = lg_alloc(s->root_count, sizeof *analysis->root_alias);
	analysis->suspended = lg_alloc(s->frame_count, sizeof *analysis->suspended);
	analysis->waiting = lg_alloc(s->frame_count, sizeof *analysis->waiting);
	analysis->line_of_site = lg_alloc(s->site_count, sizeof *analysis->line_of_site);
	analysis->tasks = lg_alloc(s->task_count, sizeof *analysis->tasks);
	return analysis->is_root && analysis->root_order && analysis->root_alias && analysis->suspended &&
	       analysis->waiting && analysis->line_of_site && analysis->tasks;
}

enum lg_status lg_analysis_tables(struct lg_analysis *analysis, struct lg_error *err)
{
	enum lg_status status = analysis->type_plain ? LG_OK : mark_types(analysis, err);

	if (status != LG_OK)
		return status;
	if (!reserve_tables(analysis))
		return lg_fail(err, LG_E_MEMORY, "no memory for the analysis of %u objects",
			       analysis->snapshot->object_count);
	lg_sort_sites(analysis);
	if (!analysis->dominators)
		return LG_OK;
	sort_tables(analysis);
	analysis->reached_bytes = analysis->dominators->retained_bytes[0];
	return LG_OK;
}

static enum lg_status pass_over_objects(struct lg_analysis *analysis,
					const struct lg_progress *progress, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	size_t words = lg_bit_words(s->object_count);

	analysis->via = lg_alloc(s->object_count, sizeof *analysis->via);
	analysis->also_held = lg_alloc_zero(words, sizeof *analysis->also_held);
	analysis->is_namespace = lg_alloc_zero(words, sizeof *analysis->is_namespace);
	if (!analysis->via || !analysis->also_held || !analysis->is_namespace)
		return lg_fail(err, LG_E_MEMORY, "no memory for the analysis of %u objects",
			       s->object_count);
	if (lg_progress_report(progress, "naming references", 0, s->reference_count, "references"))
		return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	mark_namespaces(analysis);
	mark_module_copies(analysis);
	add_up(analysis);
	return lg_label_edges(analysis, analysis->dominators->immediate, analysis->via,
			      analysis->also_held, err);
}

enum lg_status lg_analysis_start(const struct lg_snapshot *snapshot, struct lg_analysis **out,
				 struct lg_error *err)
{
	lg_cleanup(lg_analysis_free_slot) struct lg_analysis *analysis =
		calloc(1, sizeof *analysis);
	enum lg_status status;

	*out = NULL;
	if (!analysis)
		return lg_fail(err, LG_E_MEMORY, "no memory for an analysis");
	analysis->snapshot = snapshot;
	status = mark_types(analysis, err);
	if (status == LG_OK)
		*out = lg_take(analysis);
	return status;
}

enum lg_status lg_analysis_need_graph(struct lg_analysis *analysis,
				      const struct lg_progress *progress, struct lg_error *err)
{
	enum lg_status status;

	/* What is made last tells whether all is there. */
	if (analysis->via)
		return LG_OK;
	status = lg_graph_build(analysis->snapshot, progress, &analysis->graph, err);
	if (status == LG_OK)
		status = lg_dominators_build(analysis->graph, progress, &analysis->dominators, err);
	if (status == LG_OK)
		status = lg_analysis_tables(analysis, err);
	if (status == LG_OK)
		status = pass_over_objects(analysis, progress, err);
	if (status != LG_OK)
		drop_graph(analysis);
	return status;
}

enum lg_status lg_analysis_open(const struct lg_snapshot *snapshot,
				const struct lg_progress *progress, struct lg_analysis **out,
				struct lg_error *err)
{
	lg_cleanup(lg_analysis_free_slot) struct lg_analysis *analysis = NULL;
	enum lg_status status = lg_analysis_start(snapshot, &analysis, err);

	*out = NULL;
	if (status == LG_OK)
		status = lg_analysis_need_graph(analysis, progress, err);
	if (status == LG_OK)
		*out = lg_take(analysis);
	return status;
}

static const char *info_text(const struct lg_analysis *analysis, struct lg_pool *pool,
			     uint32_t string, size_t columns)
{
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, lg_snapshot_string(analysis->snapshot, string), 0, columns);
	return lg_buffer_keep(&buffer, pool);
}

#define COMMAND_LINE_COLUMNS 1000

void lg_analysis_summary(const struct lg_analysis *analysis, struct lg_pool *pool,
			 struct lg_summary *out)
{
	const struct lg_snapshot_info *info = &analysis->snapshot->info;
	/* No object lies in the pages of a file. */
	uint64_t base = info->anonymous_bytes ? info->anonymous_bytes : info->rss_bytes;

	*out = (struct lg_summary){
		.command_line = info_text(analysis, pool, info->command_line, COMMAND_LINE_COLUMNS),
		.python_version = info_text(analysis, pool, info->python_version, LG_NAME_COLUMNS),
		.executable = info_text(analysis, pool, info->executable, COMMAND_LINE_COLUMNS),
		.producer = info_text(analysis, pool, info->producer, LG_NAME_COLUMNS),
		.pid = info->pid,
		.inner_pid = info->inner_pid,
		.taken_at_ns = info->taken_at_ns,
		.pause_ns = info->pause_ns,
		.walk_ns = info->walk_ns,
		.rss_bytes = info->rss_bytes,
		.anonymous_bytes = info->anonymous_bytes,
		.faults = info->faults,
		.attempts = info->attempts,
		.source = info->source,
		.missing_files = info->missing_files,
		.missing_bytes = info->missing_bytes,
		.gc_running = info->gc_running != 0,
		.objects = analysis->object_count,
		.references = analysis->snapshot->reference_count,
		.object_bytes = analysis->object_bytes,
		.reached_bytes = analysis->reached_bytes,
		.explained = base ? (double)analysis->object_bytes / (double)base : 0,
	};
}
