/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/groups.h"
#include "analysis/subject.h"
#include "analysis/trail.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "query/table.h"

/* Table-valued functions: what is asked about objects, and not found by a column's value. */

static enum lg_status no_object(const struct lg_query *query, int64_t id, struct lg_error *err)
{
	return lg_fail(err, LG_E_NOT_FOUND, "no object #%lld: the dump has #1 to #%u",
		       (long long)id, query->snapshot->object_count - 1);
}

static enum lg_status resolve_text(struct lg_query *query, sqlite3_value *value,
				   struct lg_subject *out, struct lg_error *err)
{
	const char *text = (const char *)sqlite3_value_text(value);

	if (!text)
		return lg_fail(err, LG_E_MEMORY, "no memory for an argument");
	return lg_subject_resolve(query->analysis, text, out, err);
}

enum lg_status lg_argument_object(struct lg_query *query, sqlite3_value *value, uint32_t *out,
				  struct lg_error *err)
{
	lg_cleanup(lg_subject_free) struct lg_subject subject = {0};
	enum lg_status status;
	int64_t id;

	*out = 0;
	if (sqlite3_value_type(value) == SQLITE_NULL)
		return LG_OK;
	if (sqlite3_value_numeric_type(value) == SQLITE_INTEGER) {
		id = sqlite3_value_int64(value);
		if (id < 1 || id >= query->snapshot->object_count)
			return no_object(query, id, err);
		*out = (uint32_t)id;
		return LG_OK;
	}
	status = resolve_text(query, value, &subject, err);
	if (status != LG_OK)
		return status;
	if (!subject.one_object && subject.count > 1)
		return lg_fail(err, LG_E_USAGE,
			       "expected one object (17, '#17', '0x7f…'), not %u of a type",
			       subject.count);
	*out = subject.node[0];
	return LG_OK;
}

/* ---- path(object [, tree]) ---- */

enum { PATH_STEP, PATH_ID, PATH_LABEL, PATH_TYPE, PATH_RETAINED };

enum lg_status lg_argument_tree(sqlite3_value *value, bool *dominators, struct lg_error *err)
{
	const char *text = value ? (const char *)sqlite3_value_text(value) : "shortest";

	*dominators = text && strcmp(text, "dominators") == 0;
	if (*dominators || (text && strcmp(text, "shortest") == 0))
		return LG_OK;
	return lg_fail(err, LG_E_USAGE, "a path is by 'shortest' or by 'dominators', not '%s'",
		       text ? text : "NULL");
}

/* The nodes from a root down to one, into a list of the cursor's own. */
static enum lg_status list_ancestors(struct lg_cursor *cursor, const uint32_t *parent,
				     uint32_t node, struct lg_error *err)
{
	uint32_t count = 0;

	if (parent[node] == LG_NONE)
		return LG_OK;
	for (uint32_t at = node; at != 0; at = parent[at])
		count++;
	cursor->own_list = lg_alloc(count, sizeof *cursor->own_list);
	if (!cursor->own_list)
		return lg_fail(err, LG_E_MEMORY, "no memory for a path of %u steps", count);
	lg_cursor_set(cursor, cursor->own_list, 0, count);
	for (uint32_t at = node; at != 0; at = parent[at])
		cursor->own_list[--count] = at;
	return LG_OK;
}

static enum lg_status scan_path(struct lg_cursor *cursor, struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	enum lg_status status = lg_argument_tree(cursor->argument[1], &cursor->by_dominators, err);
	const struct lg_analysis *analysis = query->analysis;

	if (status == LG_OK)
		status = lg_argument_object(query, cursor->argument[0], &cursor->object, err);
	if (status == LG_OK && cursor->by_dominators)
		status = lg_query_need_graph(query, err);
	else if (status == LG_OK)
		status = lg_query_need_shortest(query, err);
	if (status != LG_OK || !cursor->object)
		return status;
	return list_ancestors(cursor,
			      cursor->by_dominators ? analysis->dominators->immediate
						    : analysis->shortest->parent,
			      lg_analysis_node(analysis, cursor->object), err);
}

static void give_step(const struct lg_cursor *cursor, uint32_t node, sqlite3_context *out)
{
	const struct lg_analysis *analysis = cursor->query->analysis;
	uint32_t holder = cursor->at ? cursor->list[cursor->at - 1] : 0;
	struct lg_group_key key = cursor->by_dominators ? lg_key_of(analysis, holder, node)
							: lg_reference_key(analysis, holder, node);
	struct lg_buffer buffer = {0};

	lg_label_text(analysis, key.label, false, &buffer);
	lg_give_buffer(&buffer, out);
}

static enum lg_status path_value(struct lg_cursor *cursor, uint32_t row, int column,
				 sqlite3_context *out, struct lg_error *err)
{
	struct lg_query *query = cursor->query;

	switch (column) {
	case PATH_STEP:
		lg_give_number(cursor->at, out);
		return LG_OK;
	case PATH_LABEL:
		give_step(cursor, row, out);
		return LG_OK;
	case PATH_TYPE:
		return lg_give_type(query, query->snapshot->type[row], out, err);
	default:
		lg_give_number(query->analysis->dominators->retained_bytes[row], out);
		return LG_OK;
	}
}

const struct lg_table lg_table_path = {
	.told = {"path", "the path from a root to an object, by 'shortest' or by 'dominators'",
		 "object, tree"},
	.column =
		{
			[PATH_STEP] = {"step", LG_COLUMN_INTEGER, 0},
			[PATH_ID] = {"id", LG_COLUMN_ROW, 0},
			[PATH_LABEL] = {"label", LG_COLUMN_TEXT, 0},
			[PATH_TYPE] = {"type", LG_COLUMN_TEXT, 0},
			[PATH_RETAINED] = {"retained", LG_COLUMN_INTEGER, 0},
		},
	.scan = scan_path,
	.value = path_value,
	.least_arguments = 1,
};

/* ---- dominated(object), retained(objects) ---- */

enum { OBJECT_ID, OBJECT_TYPE, OBJECT_SHALLOW, OBJECT_RETAINED };

static enum lg_status object_value(struct lg_cursor *cursor, uint32_t row, int column,
				   sqlite3_context *out, struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	const struct lg_dominators *d = query->analysis->dominators;

	if (column == OBJECT_TYPE)
		return lg_give_type(query, query->snapshot->type[row], out, err);
	if (column == OBJECT_SHALLOW)
		lg_give_number(query->snapshot->shallow_bytes[row], out);
	else if (d->immediate[row] != LG_NONE)
		lg_give_number(d->retained_bytes[row], out);
	return LG_OK;
}

static enum lg_status scan_dominated(struct lg_cursor *cursor, struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	enum lg_status status = lg_query_need_graph(query, err);

	if (status == LG_OK)
		status = lg_argument_object(query, cursor->argument[0], &cursor->object, err);
	if (status == LG_OK && cursor->object)
		lg_cursor_set_children(cursor, lg_analysis_node(query->analysis, cursor->object));
	return status;
}

const struct lg_table lg_table_dominated = {
	.told = {"dominated", "the objects that an object immediately dominates", "object"},
	.column =
		{
			[OBJECT_ID] = {"id", LG_COLUMN_ROW, 0},
			[OBJECT_TYPE] = {"type", LG_COLUMN_TEXT, 0},
			[OBJECT_SHALLOW] = {"shallow", LG_COLUMN_INTEGER, 0},
			[OBJECT_RETAINED] = {"retained", LG_COLUMN_INTEGER, 0},
		},
	.scan = scan_dominated,
	.value = object_value,
	.least_arguments = 1,
};

/* One object, all of a type, or a list of ids as group_concat(id) makes it. */
static enum lg_status resolve_set(struct lg_query *query, sqlite3_value *value,
				  struct lg_subject *out, struct lg_error *err)
{
	const char *text = (const char *)sqlite3_value_text(value);

	if (!text || sqlite3_value_type(value) == SQLITE_NULL)
		return LG_OK;
	if (*text && text[strspn(text, "0123456789, ")] == 0)
		return lg_subject_resolve_list(query->analysis, text, out, err);
	return resolve_text(query, value, out, err);
}

/* What one node retains is a stretch of the preorder; the dicts folded into it stand apart. */
static enum lg_status list_subtree(struct lg_cursor *cursor, uint32_t node, struct lg_error *err)
{
	const struct lg_dominators *d = cursor->query->analysis->dominators;
	const struct lg_graph *graph = cursor->query->analysis->graph;
	uint32_t count = d->subtree[node];

	if (d->immediate[node] == LG_NONE)
		return LG_OK;
	cursor->own_list = lg_alloc((size_t)count + graph->folded_count, sizeof *cursor->own_list);
	if (!cursor->own_list)
		return lg_fail(err, LG_E_MEMORY, "no memory for a set of %u objects", count);
	memcpy(cursor->own_list, d->order + d->position[node], count * sizeof *d->order);
	for (uint32_t i = 0; i < graph->folded_count; i++)
		if (d->immediate[graph->representative[i]] != LG_NONE &&
		    lg_dominates(d, node, graph->representative[i]))
			cursor->own_list[count++] = graph->folded[i];
	lg_cursor_set(cursor, cursor->own_list, 0, count);
	return LG_OK;
}

static enum lg_status scan_retained(struct lg_cursor *cursor, struct lg_error *err)
{
	lg_cleanup(lg_subject_free) struct lg_subject subject = {0};
	struct lg_query *query = cursor->query;
	enum lg_status status = lg_query_need_graph(query, err);
	uint32_t count;

	if (status == LG_OK)
		status = resolve_set(query, cursor->argument[0], &subject, err);
	if (status != LG_OK || !subject.count)
		return status;
	if (subject.count == 1)
		return list_subtree(cursor, lg_analysis_node(query->analysis, subject.node[0]),
				    err);
	status = lg_set_retained_nodes(query->analysis->graph, subject.node, subject.count,
				       &cursor->own_list, &count, err);
	if (status == LG_OK)
		lg_cursor_set(cursor, cursor->own_list, 0, count);
	return status;
}

const struct lg_table lg_table_retained = {
	.told = {"retained", "all that would be free without an object, all of a type, or '17,18'",
		 "objects"},
	.column =
		{
			[OBJECT_ID] = {"id", LG_COLUMN_ROW, 0},
			[OBJECT_TYPE] = {"type", LG_COLUMN_TEXT, 0},
			[OBJECT_SHALLOW] = {"shallow", LG_COLUMN_INTEGER, 0},
		},
	.scan = scan_retained,
	.value = object_value,
	.least_arguments = 1,
};

/* ---- referrers(object), referents(object) ---- */

enum { OTHER_ID, OTHER_TYPE, OTHER_KIND, OTHER_LABEL, OTHER_WEAK, OTHER_REF };

/* A row is a reference; `other` is its other end. */
static enum lg_status reference_value(struct lg_cursor *cursor, uint32_t other, uint32_t row,
				      int column, sqlite3_context *out, struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	uint8_t kind = query->snapshot->ref_kind[row];

	switch (column) {
	case OTHER_ID:
		lg_give_number(other, out);
		return LG_OK;
	case OTHER_TYPE:
		return lg_give_type(query, query->snapshot->type[other], out, err);
	case OTHER_KIND:
		lg_give_kind(kind, out);
		return LG_OK;
	case OTHER_LABEL:
		lg_give_label(query, row, out);
		return LG_OK;
	default:
		lg_give_number(!lg_ref_is_strong(kind), out);
		return LG_OK;
	}
}

static enum lg_status referrer_value(struct lg_cursor *cursor, uint32_t row, int column,
				     sqlite3_context *out, struct lg_error *err)
{
	return reference_value(cursor, lg_source_of(cursor->query->snapshot, row), row, column, out,
			       err);
}

static enum lg_status referent_value(struct lg_cursor *cursor, uint32_t row, int column,
				     sqlite3_context *out, struct lg_error *err)
{
	return reference_value(cursor, cursor->query->snapshot->ref_target[row], row, column, out,
			       err);
}

static enum lg_status scan_referrers(struct lg_cursor *cursor, struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	const struct lg_order *order = &query->order[LG_ORDER_REF_TARGET];
	enum lg_status status =
		lg_argument_object(query, cursor->argument[0], &cursor->object, err);

	if (status == LG_OK)
		status = lg_query_need_targets(query, err);
	if (status == LG_OK && cursor->object)
		lg_cursor_set(cursor, order->row, order->first[cursor->object],
			      order->first[cursor->object + 1]);
	return status;
}

static enum lg_status scan_referents(struct lg_cursor *cursor, struct lg_error *err)
{
	const struct lg_snapshot *s = cursor->query->snapshot;
	enum lg_status status =
		lg_argument_object(cursor->query, cursor->argument[0], &cursor->object, err);

	if (status == LG_OK && cursor->object && cursor->object < s->inner_count)
		lg_cursor_set(cursor, NULL, s->first_reference[cursor->object],
			      s->first_reference[cursor->object + 1]);
	return status;
}

#define OTHER_COLUMNS                                                                              \
	{                                                                                          \
		[OTHER_ID] = {"id", LG_COLUMN_INTEGER, 0},                                         \
		[OTHER_TYPE] = {"type", LG_COLUMN_TEXT, 0},                                        \
		[OTHER_KIND] = {"kind", LG_COLUMN_TEXT, 0},                                        \
		[OTHER_LABEL] = {"label", LG_COLUMN_TEXT, 0},                                      \
		[OTHER_WEAK] = {"weak", LG_COLUMN_INTEGER, 0},                                     \
		[OTHER_REF] = {"ref", LG_COLUMN_ROW, 0},                                           \
	}

const struct lg_table lg_table_referrers = {
	.told = {"referrers", "the objects that refer to an object, a row for each reference",
		 "object"},
	.column = OTHER_COLUMNS,
	.scan = scan_referrers,
	.value = referrer_value,
	.least_arguments = 1,
};

const struct lg_table lg_table_referents = {
	.told = {"referents", "the objects that an object refers to, a row for each reference",
		 "object"},
	.column = OTHER_COLUMNS,
	.scan = scan_referents,
	.value = referent_value,
	.least_arguments = 1,
};
