/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "formats/heapsnapshot/heapsnapshot.h"
#include "formats/heapsnapshot/sheet.h"

/* Indexes of node_types below. */
enum { NODE_STRING = 2, NODE_OBJECT = 3, NODE_CODE = 4 };

/* What a loader is told of the numbers that follow; nodes.c and edges.c write by it. */
static const char meta[] =
	"{\"snapshot\":{\"meta\":{"
	"\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\","
	"\"trace_node_id\",\"detachedness\"],"
	"\"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\"code\",\"closure\","
	"\"regexp\",\"number\",\"native\",\"synthetic\",\"concatenated string\","
	"\"sliced string\",\"symbol\",\"bigint\",\"object shape\"],"
	"\"string\",\"number\",\"number\",\"number\",\"number\",\"number\"],"
	"\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],"
	"\"edge_types\":[[\"context\",\"element\",\"property\",\"internal\",\"hidden\","
	"\"shortcut\",\"weak\"],\"string_or_number\",\"node\"],"
	"\"trace_function_info_fields\":[\"function_id\",\"name\",\"script_name\",\"script_id\","
	"\"line\",\"column\"],"
	"\"trace_node_fields\":[\"id\",\"function_info_index\",\"count\",\"size\",\"children\"],"
	"\"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],"
	"\"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]},";

static void sheet_close(struct lg_sheet *sheet)
{
	lg_garbage_free(sheet->garbage);
	free(sheet->node_type);
	lg_word_map_free(&sheet->number_of_label);
	free(sheet->label);
	lg_merge_release(&sheet->merge);
	free(sheet->edges_of);
	free(sheet->seen);
}

enum lg_status lg_sheet_check(const struct lg_sheet *sheet, const char *stage, uint64_t done,
			      uint64_t total, struct lg_error *err)
{
	if (lg_progress_report(sheet->progress, stage, done, total, "rows"))
		return lg_fail(err, LG_E_INTERRUPTED, "interrupted");
	if (sheet->no_memory)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu labels", sheet->label_count);
	return lg_stream_check(sheet->stream, err);
}

/* Chrome counts strings and code apart; all else goes by the name of its type. */
static uint8_t node_type_of(const struct lg_analysis *analysis, uint32_t type)
{
	struct lg_text name =
		lg_snapshot_string(analysis->snapshot, analysis->snapshot->types[type].name);

	if (!analysis->type_plain[type])
		return NODE_OBJECT;
	if (name.length == 3 && memcmp(name.bytes, "str", 3) == 0)
		return NODE_STRING;
	return name.length == 4 && memcmp(name.bytes, "code", 4) == 0 ? NODE_CODE : NODE_OBJECT;
}

static enum lg_status sheet_open(struct lg_sheet *sheet, struct lg_error *err)
{
	const struct lg_analysis *analysis = sheet->analysis;
	uint32_t types = analysis->snapshot->type_count;

	sheet->node_type = lg_alloc(types, sizeof *sheet->node_type);
	if (!sheet->node_type)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", types);
	for (uint32_t type = 0; type < types; type++)
		sheet->node_type[type] = node_type_of(analysis, type);
	return lg_garbage_build(analysis->graph, analysis->dominators, &sheet->garbage, err);
}

static enum lg_status merge(struct lg_sheet *sheet, uint64_t least_bytes, struct lg_error *err)
{
	const struct lg_analysis *analysis = sheet->analysis;
	const struct lg_merge_nodes nodes = {LG_NODE_SMALLER, LG_NODE_GARBAGE, LG_NODE_COUNT};
	enum lg_status status = lg_merge_make(analysis->graph, analysis->dominators, sheet->garbage,
					      least_bytes, nodes, &sheet->merge, err);

	sheet->merging = true;
	return status == LG_OK ? lg_sheet_count_edges(sheet, err) : status;
}

static uint64_t edge_count(const struct lg_sheet *sheet)
{
	uint64_t count = sheet->merging ? 0 : sheet->analysis->snapshot->reference_count;
	uint64_t nodes = sheet->merging ? lg_sheet_node_count(sheet) : LG_NODE_SMALLER;

	for (uint64_t node = 0; node < nodes; node++)
		count += lg_sheet_edges_of(sheet, node);
	return count;
}

static void put_head(struct lg_sheet *sheet)
{
	struct lg_stream *stream = sheet->stream;

	lg_stream_text(stream, meta);
	lg_stream_text(stream, "\"node_count\":");
	lg_stream_number(stream, lg_sheet_node_count(sheet));
	lg_stream_text(stream, ",\"edge_count\":");
	lg_stream_number(stream, edge_count(sheet));
	lg_stream_text(stream, ",\"trace_function_count\":0},\n\"nodes\":[");
}

enum lg_status lg_heapsnapshot_write(const struct lg_analysis *analysis, uint64_t least_bytes,
				     const struct lg_progress *progress, struct lg_stream *stream,
				     struct lg_error *err)
{
	lg_cleanup(sheet_close) struct lg_sheet sheet = {
		.analysis = analysis,
		.progress = progress,
		.stream = stream,
	};
	enum lg_status status = sheet_open(&sheet, err);

	if (status == LG_OK && least_bytes > 1)
		status = merge(&sheet, least_bytes, err);
	if (status != LG_OK)
		return status;
	put_head(&sheet);
	status = lg_sheet_nodes(&sheet, err);
	lg_stream_text(stream, "\n],\n\"edges\":[");
	if (status == LG_OK)
		status = lg_sheet_edges(&sheet, err);
	lg_stream_text(stream, "\n],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n"
			       "\"samples\":[],\n\"locations\":[],\n\"strings\":[");
	if (status == LG_OK)
		status = lg_sheet_strings(&sheet, err);
	lg_stream_text(stream, "\n]}\n");
	return status;
}
