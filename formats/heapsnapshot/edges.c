/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/heapsnapshot/sheet.h"

#define OBJECTS_A_CHECK 65536

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

static void put_edge(struct lg_sheet *sheet, enum edge_type type, uint64_t name, uint64_t ordinal,
		     bool first)
{
	struct lg_stream *stream = sheet->stream;

	lg_stream_text(stream, first ? "\n" : "\n,");
	lg_stream_number(stream, type);
	lg_stream_char(stream, ',');
	lg_stream_number(stream, name);
	lg_stream_char(stream, ',');
	lg_stream_number(stream, ordinal * LG_NODE_FIELDS);
}

static void put_roots(struct lg_sheet *sheet, uint8_t kind)
{
	const struct lg_analysis *analysis = sheet->analysis;
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++) {
		struct lg_label label = {LG_STEP_ROOT, analysis->root_alias[i], 0};
		uint32_t object = lg_graph_node(analysis->graph, s->roots[i].object);

		if (s->roots[i].kind == kind)
			put_edge(sheet, EDGE_PROPERTY, lg_sheet_label(sheet, label),
				 lg_sheet_ordinal(object), false);
	}
}

static void put_garbage(struct lg_sheet *sheet)
{
	const struct lg_garbage *garbage = sheet->garbage;
	uint64_t number = 0;

	for (uint32_t i = 0; i < garbage->group_count; i++)
		if (!garbage->group[i].shared)
			put_edge(sheet, EDGE_ELEMENT, number++,
				 lg_sheet_ordinal(garbage->group[i].head), false);
}

static void put_synthetic(struct lg_sheet *sheet)
{
	put_edge(sheet, EDGE_ELEMENT, 1, LG_NODE_GC_ROOTS, true);
	put_edge(sheet, EDGE_ELEMENT, 2, LG_NODE_GARBAGE, false);
	for (unsigned kind = 0; kind < LG_ROOT_KIND_COUNT; kind++)
		put_edge(sheet, EDGE_ELEMENT, kind + 1, LG_NODE_ROOTS + kind, false);
	for (uint8_t kind = 0; kind < LG_ROOT_KIND_COUNT; kind++)
		put_roots(sheet, kind);
	put_garbage(sheet);
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

static void put_references(struct lg_sheet *sheet, uint32_t object)
{
	const struct lg_analysis *analysis = sheet->analysis;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t holder = lg_analysis_node(analysis, object);
	uint64_t items = 0;

	for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++) {
		enum edge_type type = edge_type_of[s->ref_kind[r]];
		uint64_t name = type == EDGE_ELEMENT
					? items++
					: lg_sheet_label(sheet, lg_label_of(analysis, holder, r));

		put_edge(sheet, type, name, lg_sheet_ordinal(target_of(analysis, object, r)),
			 false);
	}
}

enum lg_status lg_sheet_edges(struct lg_sheet *sheet, struct lg_error *err)
{
	const struct lg_snapshot *s = sheet->analysis->snapshot;
	enum lg_status status = LG_OK;

	put_synthetic(sheet);
	for (uint32_t object = 1; object < s->inner_count && status == LG_OK; object++) {
		put_references(sheet, object);
		if (object % OBJECTS_A_CHECK == 0)
			status =
				lg_sheet_check(sheet, "writing references",
					       s->first_reference[object], s->reference_count, err);
	}
	return status == LG_OK ? lg_sheet_check(sheet, "writing references", s->reference_count,
						s->reference_count, err)
			       : status;
}
