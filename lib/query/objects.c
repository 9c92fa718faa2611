/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bisect.h"
#include "query/table.h"

enum {
	ID,
	ADDRESS,
	TYPE,
	TYPE_ID,
	SHALLOW,
	RETAINED,
	REFCOUNT,
	DOMINATOR,
	DISTANCE,
	INBOUND,
	OUTBOUND,
	REACHED,
	TRACKED,
	GC,
	IMMORTAL,
	STATIC,
	PARTIAL,
	PSEUDO,
	SITE,
};

static enum lg_status by_type(struct lg_cursor *cursor, struct lg_bounds bounds,
			      struct lg_error *err)
{
	struct lg_query *query = cursor->query;
	const struct lg_snapshot *s = query->snapshot;
	struct lg_order *order = &query->order[LG_ORDER_OBJECT_TYPE];
	enum lg_status status = lg_order_small(order, 1, s->object_count, s->type,
					       query->names.rank, query->names.rank_count, err);

	if (status == LG_OK)
		lg_cursor_set_small(cursor, order, query->names.rank_count, bounds);
	return status;
}

/* Objects without an address stand first, as NULL does. */
static int64_t address_of(const struct lg_snapshot *s, uint32_t object)
{
	return s->address[object] ? (int64_t)s->address[object] : INT64_MIN;
}

static enum lg_status by_address(struct lg_cursor *cursor, struct lg_bounds bounds,
				 struct lg_error *err)
{
	return lg_cursor_find(cursor, LG_ORDER_OBJECT_ADDRESS, address_of, bounds, err);
}

void lg_cursor_set_children(struct lg_cursor *cursor, uint32_t node)
{
	const struct lg_dominators *d = cursor->query->analysis->dominators;

	if (d->position[node] == LG_NONE)
		return;
	lg_cursor_set(cursor, d->order, lg_child_first(d, node), lg_child_end(d, node));
	cursor->children = true;
}

static enum lg_status by_dominator(struct lg_cursor *cursor, struct lg_bounds bounds,
				   struct lg_error *err)
{
	enum lg_status status = lg_query_need_graph(cursor->query, err);

	if (status == LG_OK && bounds.low >= 0 &&
	    bounds.low < cursor->query->snapshot->object_count)
		lg_cursor_set_children(cursor, (uint32_t)bounds.low);
	return status;
}

/* -1 where it is not known. */
static int64_t object_site(const struct lg_snapshot *s, uint32_t object)
{
	uint32_t at = lg_bisect(i, s->allocation_count, s->allocations[i].object < object);

	return at < s->allocation_count && s->allocations[at].object == object
		       ? (int64_t)s->allocations[at].site
		       : -1;
}

static int64_t allocation_site(const struct lg_snapshot *s, uint32_t allocation)
{
	return s->allocations[allocation].site;
}

/* Allocations in the order of their sites become objects in that order. */
static enum lg_status by_site(struct lg_cursor *cursor, struct lg_bounds bounds,
			      struct lg_error *err)
{
	const struct lg_snapshot *s = cursor->query->snapshot;
	struct lg_order *order = &cursor->query->order[LG_ORDER_OBJECT_SITE];
	enum lg_status status = LG_OK;

	if (!order->row) {
		status = lg_order_any(order, 0, s->allocation_count, allocation_site, s, err);
		for (uint32_t i = 0; status == LG_OK && i < order->count; i++)
			order->row[i] = s->allocations[order->row[i]].object;
	}
	if (status == LG_OK)
		lg_cursor_set_any(cursor, order, object_site, bounds);
	return status;
}

/* What the dominator tree tells. A module's __dict__ is its module: it has no place of its own. */
static enum lg_status give_dominance(struct lg_query *query, uint32_t row, int column,
				     sqlite3_context *out, struct lg_error *err)
{
	enum lg_status status = lg_query_need_graph(query, err);
	const struct lg_dominators *d;

	if (status != LG_OK)
		return status;
	d = query->analysis->dominators;
	if (column == REACHED)
		lg_give_number(d->immediate[lg_analysis_node(query->analysis, row)] != LG_NONE,
			       out);
	else if (column == DOMINATOR)
		lg_give_index(d->immediate[row], out);
	else if (d->immediate[row] != LG_NONE)
		lg_give_number(d->retained_bytes[row], out);
	return LG_OK;
}

static enum lg_status give_distance(struct lg_query *query, uint32_t row, sqlite3_context *out,
				    struct lg_error *err)
{
	enum lg_status status = lg_query_need_shortest(query, err);

	if (status == LG_OK)
		lg_give_index(query->analysis->shortest->distance[row], out);
	return status;
}

/* Strong references to an object, as they are in the dump. */
static enum lg_status give_inbound(struct lg_query *query, uint32_t row, sqlite3_context *out,
				   struct lg_error *err)
{
	const struct lg_order *order = &query->order[LG_ORDER_REF_TARGET];
	enum lg_status status = lg_query_need_targets(query, err);
	uint64_t count = 0;

	if (status != LG_OK)
		return status;
	for (uint32_t i = order->first[row]; i < order->first[row + 1]; i++)
		count += lg_ref_is_strong(query->snapshot->ref_kind[order->row[i]]);
	lg_give_number(count, out);
	return LG_OK;
}

static uint32_t outbound(const struct lg_snapshot *s, uint32_t row)
{
	return row < s->inner_count ? s->first_reference[row + 1] - s->first_reference[row] : 0;
}

static void give_site(const struct lg_query *query, uint32_t row, sqlite3_context *out)
{
	int64_t site = object_site(query->snapshot, row);

	if (site >= 0)
		lg_give_number((uint64_t)site, out);
}

static void give_flag(const struct lg_query *query, uint32_t row, int column, sqlite3_context *out)
{
	static const uint8_t flag[] = {
		[TRACKED] = LG_OBJECT_TRACKED,   [GC] = LG_OBJECT_GC,
		[IMMORTAL] = LG_OBJECT_IMMORTAL, [STATIC] = LG_OBJECT_STATIC,
		[PARTIAL] = LG_OBJECT_PARTIAL,   [PSEUDO] = LG_OBJECT_PSEUDO,
	};

	lg_give_number((query->snapshot->flags[row] & flag[column]) != 0, out);
}

static enum lg_status value(struct lg_cursor *cursor, uint32_t row, int column,
			    sqlite3_context *out, struct lg_error *err)
{
	struct lg_query *query = cursor->query;

	switch (column) {
	case TYPE:
		return lg_give_type(query, query->snapshot->type[row], out, err);
	case DISTANCE:
		return give_distance(query, row, out, err);
	case INBOUND:
		return give_inbound(query, row, out, err);
	case RETAINED:
	case DOMINATOR:
	case REACHED:
		return give_dominance(query, row, column, out, err);
	case OUTBOUND:
		lg_give_number(outbound(query->snapshot, row), out);
		return LG_OK;
	case SITE:
		give_site(query, row, out);
		return LG_OK;
	default:
		give_flag(query, row, column, out);
		return LG_OK;
	}
}

const struct lg_table lg_table_objects = {
	.told = {"objects", "each object; threads and frames are pseudo objects", NULL},
	.column =
		{
			[ID] = {"id", LG_COLUMN_ROW, 0},
			[ADDRESS] = {"address", LG_COLUMN_NONZERO64,
				     offsetof(struct lg_snapshot, address)},
			[TYPE] = {"type", LG_COLUMN_TEXT, 0},
			[TYPE_ID] = {"type_id", LG_COLUMN_U32, offsetof(struct lg_snapshot, type)},
			[SHALLOW] = {"shallow", LG_COLUMN_U64,
				     offsetof(struct lg_snapshot, shallow_bytes)},
			[RETAINED] = {"retained", LG_COLUMN_INTEGER, 0},
			[REFCOUNT] = {"refcount", LG_COLUMN_NONZERO32,
				      offsetof(struct lg_snapshot, refcount)},
			[DOMINATOR] = {"dominator", LG_COLUMN_INTEGER, 0},
			[DISTANCE] = {"distance", LG_COLUMN_INTEGER, 0},
			[INBOUND] = {"inbound", LG_COLUMN_INTEGER, 0},
			[OUTBOUND] = {"outbound", LG_COLUMN_INTEGER, 0},
			[REACHED] = {"reached", LG_COLUMN_INTEGER, 0},
			[TRACKED] = {"tracked", LG_COLUMN_INTEGER, 0},
			[GC] = {"gc", LG_COLUMN_INTEGER, 0},
			[IMMORTAL] = {"immortal", LG_COLUMN_INTEGER, 0},
			[STATIC] = {"static", LG_COLUMN_INTEGER, 0},
			[PARTIAL] = {"partial", LG_COLUMN_INTEGER, 0},
			[PSEUDO] = {"pseudo", LG_COLUMN_INTEGER, 0},
			[SITE] = {"site", LG_COLUMN_INTEGER, 0},
		},
	.count_at = LG_COUNT_AT(object_count),
	.from = 1, /* 0 is the virtual root */
	.value = value,
	.access =
		{
			{ID, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, NULL},
			{TYPE, LG_ACCESS_TYPE | LG_ACCESS_ORDERED, LG_COUNT_AT(type_count),
			 by_type},
			{ADDRESS, LG_ACCESS_ORDERED, LG_COUNT_AT(object_count), by_address},
			{DOMINATOR, LG_ACCESS_EQUAL, LG_COUNT_AT(inner_count), by_dominator},
			{SITE, LG_ACCESS_EQUAL, LG_COUNT_AT(site_count), by_site},
		},
};

/* ---- the dominator tree ---- */

enum { D_ID, D_DOMINATOR, D_POSITION, D_LAST, D_OBJECTS, D_RETAINED };

/* In preorder: what an object retains stands right behind it. */
static enum lg_status scan_tree(struct lg_cursor *cursor, struct lg_error *err)
{
	enum lg_status status = lg_query_need_graph(cursor->query, err);
	const struct lg_dominators *d = cursor->query->analysis->dominators;

	if (status == LG_OK)
		lg_cursor_set(cursor, d->order, 1, d->reached_count);
	return status;
}

static enum lg_status tree_by_id(struct lg_cursor *cursor, struct lg_bounds bounds,
				 struct lg_error *err)
{
	enum lg_status status = lg_query_need_graph(cursor->query, err);
	const struct lg_dominators *d = cursor->query->analysis->dominators;
	uint32_t at;

	if (status != LG_OK || bounds.low < 1 || bounds.low >= d->node_count)
		return status;
	at = d->position[bounds.low];
	if (at != LG_NONE)
		lg_cursor_set(cursor, d->order, at, at + 1);
	return LG_OK;
}

static enum lg_status tree_by_position(struct lg_cursor *cursor, struct lg_bounds bounds,
				       struct lg_error *err)
{
	enum lg_status status = scan_tree(cursor, err);
	struct lg_cursor numbers = {0};

	if (status != LG_OK)
		return status;
	lg_cursor_set_numbers(&numbers, 1, (uint32_t)cursor->end, bounds);
	lg_cursor_set(cursor, cursor->list, numbers.first, numbers.end);
	return LG_OK;
}

static enum lg_status tree_value(struct lg_cursor *cursor, uint32_t row, int column,
				 sqlite3_context *out, struct lg_error *err)
{
	const struct lg_dominators *d = cursor->query->analysis->dominators;
	const uint64_t number[] = {
		[D_DOMINATOR] = d->immediate[row],
		[D_POSITION] = d->position[row],
		[D_LAST] = (uint64_t)d->position[row] + d->subtree[row] - 1,
		[D_OBJECTS] = d->subtree[row],
		[D_RETAINED] = d->retained_bytes[row],
	};

	(void)err;
	lg_give_number(number[column], out);
	return LG_OK;
}

const struct lg_table lg_table_dominators = {
	.told = {"dominators", "the dominator tree in preorder", NULL},
	.column =
		{
			[D_ID] = {"id", LG_COLUMN_ROW, 0},
			[D_DOMINATOR] = {"dominator", LG_COLUMN_INTEGER, 0},
			[D_POSITION] = {"position", LG_COLUMN_INTEGER, 0},
			[D_LAST] = {"last", LG_COLUMN_INTEGER, 0},
			[D_OBJECTS] = {"objects", LG_COLUMN_INTEGER, 0},
			[D_RETAINED] = {"retained", LG_COLUMN_INTEGER, 0},
		},
	.count_at = LG_COUNT_AT(object_count),
	.value = tree_value,
	.scan = scan_tree,
	.access =
		{
			{D_ID, LG_ACCESS_UNIQUE | LG_ACCESS_EQUAL, 0, tree_by_id},
			{D_POSITION, LG_ACCESS_UNIQUE | LG_ACCESS_ORDERED, 0, tree_by_position},
			{D_DOMINATOR, LG_ACCESS_EQUAL, LG_COUNT_AT(inner_count), by_dominator},
		},
};
