/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/signature.h"
#include "analysis/text.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "diff/holders.h"
#include "profile/steps.h"

/* Less than this, or than this share of all that grew, is told with what is above it. */
#define LEAST_BYTES 1024
#define LEAST_SHARE 0.01

/* More objects than this are items of what holds them; fewer are the structure itself. */
#define MOST_SINGLES 1

struct gathered {
	uint64_t bytes; /* of growth, that belongs to this row: where there are any, it is a place */
	uint32_t item;  /* the row with most of it; LG_NONE: its own */
	uint64_t item_bytes;
};

struct gathering {
	const struct lg_diff_union *u;
	const struct lg_diff_match *match;
	const struct lg_profile *profile; /* the head's first */
	struct gathered *at;              /* row */
	uint64_t *grown, *base, *head;    /* row: bytes on and below it */
	uint32_t *belongs;                /* row: the row of which its growth is */
};

static void release(struct gathering *g)
{
	free(g->at);
	free(g->grown);
	free(g->base);
	free(g->head);
	free(g->belongs);
}

static const char *keep_text(const struct lg_diff_union *u, uint32_t string, struct lg_pool *pool)
{
	struct lg_text text = lg_intern_text(u->strings, string);
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, text, 0, LG_NAME_COLUMNS);
	return lg_buffer_keep(&buffer, pool);
}

static struct lg_hop hop_of(const struct lg_diff_union *u, uint32_t at, struct lg_pool *pool)
{
	const struct lg_path_row *row = &u->paths.row[at];

	return lg_profile_hop(keep_text(u, row->label, pool), keep_text(u, row->type, pool),
			      row->parent == LG_NONE);
}

const char *lg_diff_path(const struct lg_diff_union *u, uint32_t row, struct lg_path *path,
			 struct lg_pool *pool)
{
	size_t count = (size_t)u->paths.row[row].depth + 1;

	*path = (struct lg_path){.hop = lg_pool_array(pool, count, sizeof *path->hop)};
	if (!path->hop)
		return "";
	path->count = count;
	for (uint32_t at = row; at != LG_NONE; at = u->paths.row[at].parent)
		path->hop[u->paths.row[at].depth] = hop_of(u, at, pool);
	return lg_path_keep(path, pool);
}

static bool prepare(struct gathering *g)
{
	size_t count = g->u->paths.count;

	g->at = lg_alloc_zero(count, sizeof *g->at);
	g->grown = lg_alloc_zero(count, sizeof *g->grown);
	g->base = lg_alloc_zero(count, sizeof *g->base);
	g->head = lg_alloc_zero(count, sizeof *g->head);
	g->belongs = lg_alloc(count, sizeof *g->belongs);
	return g->at && g->grown && g->base && g->head && g->belongs;
}

static void sum_up(struct gathering *g)
{
	for (size_t i = g->u->paths.count; i-- > 0;) {
		uint32_t parent = g->u->paths.row[i].parent;

		g->grown[i] += g->match->grew[i].bytes;
		g->base[i] += g->u->base[i].bytes;
		g->head[i] += g->u->head[i].bytes;
		if (parent == LG_NONE)
			continue;
		g->grown[parent] += g->grown[i];
		g->base[parent] += g->base[i];
		g->head[parent] += g->head[i];
	}
}

static void give(struct gathered *to, uint64_t bytes, uint32_t item)
{
	to->bytes += bytes;
	if (bytes <= to->item_bytes)
		return;
	to->item_bytes = bytes;
	to->item = item;
}

/* All below a row of which there are more, and its own, is what holds it. */
static void gather(struct gathering *g)
{
	for (size_t i = 0; i < g->u->paths.count; i++) {
		uint32_t parent = g->u->paths.row[i].parent;
		bool items = g->match->grew[i].count > MOST_SINGLES && parent != LG_NONE;

		g->at[i].item = LG_NONE;
		if (parent != LG_NONE && g->belongs[parent] != LG_NONE) {
			g->belongs[i] = g->belongs[parent];
		} else if (items) {
			g->belongs[i] = parent;
			give(&g->at[parent], g->grown[i], (uint32_t)i);
		} else {
			g->belongs[i] = LG_NONE;
			g->at[i].bytes += g->match->grew[i].bytes;
		}
	}
}

static void roll_up(struct gathering *g, uint64_t least)
{
	for (size_t i = g->u->paths.count; i-- > 0;) {
		uint32_t parent = g->u->paths.row[i].parent;
		struct gathered *at = &g->at[i];

		if (parent == LG_NONE || at->bytes == 0 || at->bytes >= least)
			continue;
		give(&g->at[parent], at->bytes, at->item == LG_NONE ? (uint32_t)i : at->item);
		at->bytes = 0;
	}
}

const char *lg_diff_item(const struct lg_diff_union *u, uint32_t holder, uint32_t item,
			 struct lg_pool *pool)
{
	struct lg_path path;
	size_t above = (size_t)u->paths.row[holder].depth + 1;

	if (item == LG_NONE)
		return "";
	lg_diff_path(u, item, &path, pool);
	if (!path.hop)
		return "";
	path.hop += above;
	path.count -= above;
	return lg_path_keep(&path, pool);
}

const char *lg_diff_signature(const struct lg_diff_union *u, const struct lg_profile *head,
			      uint32_t row, uint32_t item, struct lg_pool *pool)
{
	for (uint32_t i = 0; i < head->suspect_count; i++)
		if (u->suspect_row[i] != LG_NONE &&
		    (u->suspect_row[i] == row || u->suspect_row[i] == item))
			return lg_signature_text(head->suspect[i].signature, pool);
	return "";
}

static void tell(const struct gathering *g, uint32_t row, uint64_t total, struct lg_pool *pool,
		 struct lg_diff_holder *out)
{
	const struct lg_diff_union *u = g->u;
	const struct gathered *at = &g->at[row];
	uint32_t item = at->item == LG_NONE ? row : at->item;

	out->path_text = lg_diff_path(u, row, &out->path, pool);
	out->item = lg_diff_item(u, row, at->item, pool);
	out->item_type = keep_text(u, u->paths.row[item].type, pool);
	out->base_count = u->base[item].count;
	out->head_count = u->head[item].count;
	out->base_bytes = g->base[row];
	out->head_bytes = g->head[row];
	out->grown_bytes = at->bytes;
	out->head_retained_bytes = u->head_retained[row];
	out->share = total ? (double)at->bytes / (double)total : 0;
	out->fresh = g->base[row] == 0;
	out->signature = lg_diff_signature(u, g->profile, row, at->item, pool);
}

static int most_bytes_first(const void *left, const void *right)
{
	const struct lg_diff_holder *a = left, *b = right;

	if (a->grown_bytes != b->grown_bytes)
		return a->grown_bytes > b->grown_bytes ? -1 : 1;
	return strcmp(a->path_text, b->path_text);
}

static enum lg_status gather_all(struct gathering *g, uint64_t total, size_t *count,
				 struct lg_error *err)
{
	uint64_t least = (uint64_t)(LEAST_SHARE * (double)total);

	if (!prepare(g))
		return lg_fail(err, LG_E_MEMORY, "no memory to tell of %zu paths",
			       g->u->paths.count);
	sum_up(g);
	gather(g);
	roll_up(g, least > LEAST_BYTES ? least : LEAST_BYTES);
	*count = 0;
	for (size_t i = 0; i < g->u->paths.count; i++)
		*count += g->at[i].bytes > 0;
	return LG_OK;
}

enum lg_status lg_diff_find_places(const struct lg_diff_union *u, const struct lg_diff_match *match,
				   uint64_t total, struct lg_diff_place **out, size_t *out_count,
				   struct lg_error *err)
{
	lg_cleanup(release) struct gathering g = {.u = u, .match = match};
	size_t count;
	enum lg_status status = gather_all(&g, total, &count, err);

	*out = NULL;
	*out_count = 0;
	if (status != LG_OK)
		return status;
	*out = lg_alloc(count, sizeof **out);
	if (!*out)
		return lg_fail(err, LG_E_MEMORY, "no memory to tell of %zu places", count);
	for (size_t i = 0; i < u->paths.count; i++)
		if (g.at[i].bytes)
			(*out)[(*out_count)++] = (struct lg_diff_place){
				(uint32_t)i, g.at[i].item, g.at[i].bytes};
	return LG_OK;
}

enum lg_status lg_diff_find_holders(const struct lg_diff_union *u, const struct lg_diff_match *match,
				    const struct lg_profile *head, struct lg_diff *diff,
				    struct lg_error *err)
{
	lg_cleanup(release) struct gathering g = {.u = u, .match = match, .profile = head};
	uint64_t total = diff->totals.grown_bytes;
	size_t count;
	enum lg_status status = gather_all(&g, total, &count, err);

	if (status != LG_OK)
		return status;
	diff->holder = lg_pool_array(diff->pool, count, sizeof *diff->holder);
	for (size_t i = 0; diff->holder && i < u->paths.count; i++)
		if (g.at[i].bytes)
			tell(&g, (uint32_t)i, total, diff->pool,
			     &diff->holder[diff->holder_count++]);
	if (diff->holder_count)
		qsort(diff->holder, diff->holder_count, sizeof *diff->holder, most_bytes_first);
	return lg_pool_check(diff->pool, err);
}
