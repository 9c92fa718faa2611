/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "formats/heapsnapshot/sheet.h"

/* Of edge_types in heapsnapshot.c. */
enum edge_type {
	EDGE_CONTEXT = 0,
	EDGE_ELEMENT = 1,
	EDGE_PROPERTY = 2,
	EDGE_INTERNAL = 3,
	EDGE_WEAK = 6
};

static const uint8_t edge_type_of[] = {
	[LG_REF_OTHER] = EDGE_INTERNAL,   [LG_REF_ATTR] = EDGE_PROPERTY,
	[LG_REF_KEY_STR] = EDGE_PROPERTY, [LG_REF_KEY_TYPE] = EDGE_PROPERTY,
	[LG_REF_ITEM] = EDGE_ELEMENT,     [LG_REF_DICT_KEY] = EDGE_INTERNAL,
	[LG_REF_LOCAL] = EDGE_CONTEXT,    [LG_REF_CELL] = EDGE_CONTEXT,
	[LG_REF_DEFAULT] = EDGE_CONTEXT,  [LG_REF_FRAME] = EDGE_CONTEXT,
	[LG_REF_DICT] = EDGE_PROPERTY,    [LG_REF_TYPE] = EDGE_INTERNAL,
	[LG_REF_WEAK] = EDGE_WEAK,        [LG_REF_CONTEXT] = EDGE_CONTEXT,
};
_Static_assert(sizeof edge_type_of == LG_REF_KIND_COUNT, "a type for each kind");

/* What an edge is called by: a label, or the number of an element. */
struct edge {
	enum edge_type type;
	uint64_t number;
	struct lg_label label;
	uint64_t to;
};

static void put_edge(struct lg_sheet *sheet, const struct edge *edge)
{
	struct lg_stream *stream = sheet->stream;

	lg_stream_text(stream, sheet->edge_count ? "\n," : "\n");
	lg_stream_number(stream, edge->type);
	lg_stream_char(stream, ',');
	lg_stream_number(stream, edge->type == EDGE_ELEMENT ? edge->number
							    : lg_sheet_label(sheet, edge->label));
	lg_stream_char(stream, ',');
	lg_stream_number(stream, edge->to * LG_NODE_FIELDS);
}

/*
 * Of merged objects an edge to each target is enough, and none to themselves;
 * a weak one would stand for strong ones that follow.
 */
static void meet(struct lg_sheet *sheet, uint64_t from, struct edge edge)
{
	if (sheet->merging) {
		if (edge.to == from || edge.type == EDGE_WEAK || sheet->seen[edge.to] == from + 1)
			return;
		sheet->seen[edge.to] = (uint32_t)from + 1;
	}
	if (!sheet->counting)
		put_edge(sheet, &edge);
	sheet->edge_count++;
}

static void meet_element(struct lg_sheet *sheet, uint64_t from, uint64_t number, uint64_t to)
{
	meet(sheet, from, (struct edge){.type = EDGE_ELEMENT, .number = number, .to = to});
}

static void meet_roots(struct lg_sheet *sheet, uint64_t from, uint8_t kind)
{
	const struct lg_analysis *analysis = sheet->analysis;
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		uint32_t object = lg_graph_node(analysis->graph, s->roots[i].object);
		struct lg_label label = {LG_STEP_ROOT, analysis->root_alias[i], 0};

		if (s->roots[i].kind == kind)
			meet(sheet, from,
			     (struct edge){EDGE_PROPERTY, 0, label, lg_sheet_node(sheet, object)});
	}
}

static void meet_garbage(struct lg_sheet *sheet, uint64_t from)
{
	const struct lg_garbage *garbage = sheet->garbage;
	uint64_t number = 0;

	for (uint32_t i = 0; i < garbage->group_count; i++)
		if (!garbage->group[i].shared)
			meet_element(sheet, from, number++,
				     lg_sheet_node(sheet, garbage->group[i].head));
}

/*
 * What refers to the __dict__ of a module that is a root refers to the module,
 * as everywhere in leakgraph; only the module itself keeps its dict. So Chrome
 * finds the dominators that leakgraph finds.
 */
static uint32_t target_of(const struct lg_analysis *analysis, uint32_t object, uint32_t reference)
{
	uint32_t target = analysis->snapshot->ref_target[reference];
	uint32_t node = lg_analysis_node(analysis, target);

	return node == object ? target : node;
}

/* Garbage keeps nothing that a root reaches, though in Chrome it hangs on a root of its own. */
static bool is_kept_without(const struct lg_analysis *analysis, uint32_t holder, uint32_t target)
{
	const uint32_t *immediate = analysis->dominators->immediate;

	return immediate[holder] == LG_NONE &&
	       immediate[lg_analysis_node(analysis, target)] != LG_NONE;
}

static void meet_references(struct lg_sheet *sheet, uint64_t from, uint32_t object)
{
	const struct lg_analysis *analysis = sheet->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t holder = lg_analysis_node(analysis, object);
	uint64_t items = 0;

	if (object >= s->inner_count)
		return;
	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		struct edge edge = {.type = edge_type_of[s->ref_kind[r]]};

		if (is_kept_without(analysis, holder, s->ref_target[r]))
			edge.type = EDGE_WEAK;
		if (edge.type == EDGE_ELEMENT)
			edge.number = items++;
		else
			edge.label = lg_label_of(analysis, holder, r);
		edge.to = lg_sheet_node(sheet, target_of(analysis, object, r));
		meet(sheet, from, edge);
	}
}

static void meet_parts(struct lg_sheet *sheet, uint64_t from)
{
	const struct lg_merge *merge = &sheet->merge;

	for (uint32_t i = merge->first[from]; i < merge->first[from + 1]; i++)
		meet_references(sheet, from, merge->part[i]);
}

static void meet_synthetic(struct lg_sheet *sheet, uint64_t from)
{
	switch (from) {
	case LG_NODE_TOP:
		meet_element(sheet, from, 1, LG_NODE_GC_ROOTS);
		meet_element(sheet, from, 2, LG_NODE_GARBAGE);
		break;
	case LG_NODE_GC_ROOTS:
		for (unsigned kind = 0; kind < LG_ROOT_KIND_COUNT; kind++)
			meet_element(sheet, from, kind + 1, LG_NODE_ROOTS + kind);
		if (sheet->merging)
			meet_element(sheet, from, LG_ROOT_KIND_COUNT + 1, LG_NODE_SMALLER);
		break;
	case LG_NODE_GARBAGE:
		meet_garbage(sheet, from);
		break;
	case LG_NODE_SMALLER:
		break;
	default:
		meet_roots(sheet, from, (uint8_t)(from - LG_NODE_ROOTS));
	}
}

static void meet_edges(struct lg_sheet *sheet, uint64_t from)
{
	bool synthetic = from < lg_sheet_synthetic(sheet);

	if (synthetic)
		meet_synthetic(sheet, from);
	if (sheet->merging)
		meet_parts(sheet, from);
	else if (!synthetic)
		meet_references(sheet, from, lg_sheet_object(sheet, from));
}

/* Each target of merged objects is counted once: for that they must all be met. */
enum lg_status lg_sheet_count_edges(struct lg_sheet *sheet, struct lg_error *err)
{
	uint32_t nodes = sheet->merge.node_count;
	enum lg_status status = LG_OK;

	sheet->edges_of = lg_alloc(nodes, sizeof *sheet->edges_of);
	sheet->seen = lg_alloc_zero(nodes, sizeof *sheet->seen);
	if (!sheet->edges_of || !sheet->seen)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u nodes", nodes);
	sheet->counting = true;
	for (uint32_t node = 0; node < nodes && status == LG_OK; node++) {
		uint64_t before = sheet->edge_count;

		meet_edges(sheet, node);
		sheet->edges_of[node] = (uint32_t)(sheet->edge_count - before);
		if (node % LG_NODES_A_CHECK == 0)
			status = lg_sheet_check(sheet, "merging objects", node, nodes, err);
	}
	sheet->counting = false;
	sheet->edge_count = 0;
	memset(sheet->seen, 0, nodes * sizeof *sheet->seen);
	return status;
}

enum lg_status lg_sheet_edges(struct lg_sheet *sheet, struct lg_error *err)
{
	uint64_t nodes = lg_sheet_node_count(sheet);
	enum lg_status status = LG_OK;

	for (uint64_t node = 0; node < nodes && status == LG_OK; node++) {
		meet_edges(sheet, node);
		if (node % LG_NODES_A_CHECK == 0)
			status = lg_sheet_check(sheet, "writing references", node, nodes, err);
	}
	return status == LG_OK ? lg_sheet_check(sheet, "writing references", nodes, nodes, err)
			       : status;
}
