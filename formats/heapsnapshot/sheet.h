/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_HEAPSNAPSHOT_SHEET_H
#define LG_HEAPSNAPSHOT_SHEET_H

#include "analysis/names.h"
#include "base/stream.h"
#include "base/word_map.h"
#include "formats/heapsnapshot/merge.h"

/* Nodes that are no objects; the roots' follow LG_NODE_ROOTS in the order of enum lg_root_kind. */
enum {
	LG_NODE_TOP,      /* refers to the next and to the garbage */
	LG_NODE_GC_ROOTS, /* refers to the kinds of roots */
	LG_NODE_ROOTS,
	LG_NODE_GARBAGE = LG_NODE_ROOTS + LG_ROOT_KIND_COUNT,
	LG_NODE_SMALLER, /* there only where small objects are merged */
	LG_NODE_COUNT
};

/* Fields of a node; a reference names its target by the place of its first field. */
#define LG_NODE_FIELDS 7

/*
 * A snapshot while it is written. Strings are numbered: the nodes above, the
 * types, and then labels in the order in which edges first use them.
 */
struct lg_sheet {
	const struct lg_analysis *analysis;
	const struct lg_progress *progress;
	struct lg_stream *stream;
	struct lg_garbage *garbage;
	uint8_t *node_type; /* of each type of the snapshot */
	struct lg_word_map number_of_label;
	struct lg_label *label;
	size_t label_count, label_capacity;
	bool no_memory; /* for labels */

	bool merging;
	struct lg_merge merge;
	uint32_t *edges_of; /* node: how many, each target once */
	uint32_t *seen;     /* node: the last that had an edge to it, and one */

	bool counting;       /* edges are counted, not written */
	uint64_t edge_count; /* of those met */
};

static inline uint32_t lg_sheet_synthetic(const struct lg_sheet *sheet)
{
	return sheet->merging ? LG_NODE_COUNT : LG_NODE_SMALLER;
}

/* The node of an object. */
static inline uint64_t lg_sheet_node(const struct lg_sheet *sheet, uint32_t object)
{
	if (sheet->merging)
		return sheet->merge.node[object];
	return (uint64_t)object - 1 + LG_NODE_SMALLER;
}

static inline uint64_t lg_sheet_node_count(const struct lg_sheet *sheet)
{
	if (sheet->merging)
		return sheet->merge.node_count;
	return lg_sheet_node(sheet, sheet->analysis->snapshot->object_count);
}

/* The object of a node that is one. */
static inline uint32_t lg_sheet_object(const struct lg_sheet *sheet, uint64_t node)
{
	return sheet->merging ? sheet->merge.head[node] : (uint32_t)(node - LG_NODE_SMALLER) + 1;
}

/* To be asked now and then: can and shall it go on? */
#define LG_NODES_A_CHECK 65536
enum lg_status lg_sheet_check(const struct lg_sheet *sheet, const char *stage, uint64_t done,
			      uint64_t total, struct lg_error *err) LG_MUST_CHECK;

/* How many edges a node has. Where objects are merged, they have been counted before. */
uint64_t lg_sheet_edges_of(const struct lg_sheet *sheet, uint64_t node);
enum lg_status lg_sheet_count_edges(struct lg_sheet *sheet, struct lg_error *err) LG_MUST_CHECK;

enum lg_status lg_sheet_nodes(struct lg_sheet *sheet, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_sheet_edges(struct lg_sheet *sheet, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_sheet_strings(struct lg_sheet *sheet, struct lg_error *err) LG_MUST_CHECK;

/* The number of a label's string. */
uint64_t lg_sheet_label(struct lg_sheet *sheet, struct lg_label label);

#endif
