/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/heapsnapshot/sheet.h"

#define NODE_SYNTHETIC 9 /* of node_types in heapsnapshot.c */

/* Rows of numbers: the first without a comma. */
static void put_node(struct lg_sheet *sheet, uint64_t type, uint64_t name, uint64_t id,
		     uint64_t self_bytes, uint64_t edges)
{
	const uint64_t field[] = {type, name, id, self_bytes, edges};
	struct lg_stream *stream = sheet->stream;

	lg_stream_text(stream, id == 1 ? "\n" : "\n,");
	for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
		lg_stream_number(stream, field[i]);
		lg_stream_char(stream, ',');
	}
	/* trace_node_id, detachedness: neither is known of Python. */
	lg_stream_text(stream, "0,0");
}

static uint64_t roots_of_kind(const struct lg_snapshot *s, uint8_t kind)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < s->root_count; i++)
		count += s->roots[i].kind == kind;
	return count;
}

/* Those that nothing but their own cycle refers to. */
static uint64_t garbage_heads(const struct lg_garbage *garbage)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < garbage->group_count; i++)
		count += !garbage->group[i].shared;
	return count;
}

static uint64_t edges_of_synthetic(const struct lg_sheet *sheet, uint64_t node)
{
	switch (node) {
	case LG_NODE_TOP:
		return 2;
	case LG_NODE_GC_ROOTS:
		return LG_ROOT_KIND_COUNT;
	case LG_NODE_GARBAGE:
		return garbage_heads(sheet->garbage);
	default:
		return roots_of_kind(sheet->analysis->snapshot, (uint8_t)(node - LG_NODE_ROOTS));
	}
}

uint64_t lg_sheet_edges_of(const struct lg_sheet *sheet, uint64_t node)
{
	const struct lg_snapshot *s = sheet->analysis->snapshot;
	uint32_t object;

	if (sheet->merging)
		return sheet->edges_of[node];
	if (node < LG_NODE_SMALLER)
		return edges_of_synthetic(sheet, node);
	object = lg_sheet_object(sheet, node);
	return object < s->inner_count ? s->first_reference[object + 1] - s->first_reference[object]
				       : 0;
}

/* Of a node and what is merged into it. */
static uint64_t self_bytes(const struct lg_sheet *sheet, uint64_t node)
{
	const struct lg_snapshot *s = sheet->analysis->snapshot;
	const struct lg_merge *merge = &sheet->merge;
	uint64_t bytes = 0;

	if (!sheet->merging)
		return node < LG_NODE_SMALLER ? 0 : s->shallow_bytes[lg_sheet_object(sheet, node)];
	for (uint32_t i = merge->first[node]; i < merge->first[node + 1]; i++)
		bytes += s->shallow_bytes[merge->part[i]];
	return bytes;
}

/*
 * Odd numbers are objects, 2N+1 for #N (and the top, whose number is 1 in V8's
 * files, too); even ones are what Chrome can't be asked about.
 */
enum lg_status lg_sheet_nodes(struct lg_sheet *sheet, struct lg_error *err)
{
	uint64_t nodes = lg_sheet_node_count(sheet), synthetic = lg_sheet_synthetic(sheet);
	enum lg_status status = LG_OK;

	for (uint64_t node = 0; node < synthetic; node++)
		put_node(sheet, NODE_SYNTHETIC, node, node == LG_NODE_TOP ? 1 : 2 * node,
			 self_bytes(sheet, node), lg_sheet_edges_of(sheet, node));
	for (uint64_t node = synthetic; node < nodes && status == LG_OK; node++) {
		uint32_t object = lg_sheet_object(sheet, node);
		uint32_t type = sheet->analysis->snapshot->type[object];

		put_node(sheet, sheet->node_type[type], (uint64_t)LG_NODE_COUNT + type,
			 2 * (uint64_t)object + 1, self_bytes(sheet, node),
			 lg_sheet_edges_of(sheet, node));
		if (node % LG_NODES_A_CHECK == 0)
			status = lg_sheet_check(sheet, "writing objects", node, nodes, err);
	}
	return status;
}
