/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/text.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "diff/find.h"
#include "diff/holders.h"
#include "leakgraph/trend.h"
#include "trend/shape.h"

/* What is followed: a row of the last build, by the number that it has in every union. */
struct followed {
	uint32_t row;
	uint32_t item;        /* likewise; LG_NONE: its own bytes */
	uint64_t weight;      /* what grew since the first build; of paths that were asked for all on and below */
	uint32_t within;      /* the nearest above it that is followed; LG_NONE */
};

struct lg_trend_maker {
	struct lg_diff_side last;
	char *steps; /* NULL: what grew */
	struct lg_trend *trend;
	struct lg_trend_point *whole; /* row of the last build: bytes on and below it, objects on it */
	uint64_t last_bytes, last_objects;
	struct followed *followed;
	size_t followed_count;
	struct lg_trend_point *point; /* build by build, a point for each that is followed */
	size_t point_count, point_capacity;
	size_t build_capacity;
	struct lg_trend_build *build;
	size_t build_count;
};

LG_DEFINE_CLEANUP(lg_trend_maker_free, struct lg_trend_maker *)
LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

void lg_trend_free(struct lg_trend *trend)
{
	if (!trend)
		return;
	lg_pool_free(trend->pool);
	free(trend);
}

void lg_trend_maker_free(struct lg_trend_maker *maker)
{
	if (!maker)
		return;
	lg_trend_free(maker->trend);
	free(maker->steps);
	free(maker->whole);
	free(maker->followed);
	free(maker->point);
	free(maker->build);
	free(maker);
}

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for a trend");
}

/* ---- a build against the last ---- */

struct compared {
	struct lg_diff_union u;
	struct lg_diff_match match;
	struct lg_diff_totals totals;
	uint64_t *less; /* row: bytes on and below it that the last build has less than this one, mod 2^64 */
};

static void release(struct compared *c)
{
	lg_diff_union_release(&c->u);
	lg_diff_match_release(&c->match);
	free(c->less);
}

static bool is_matched(const struct lg_diff_union *u, size_t row)
{
	return u->part[row] == LG_DIFF_COUNTS || u->part[row] == LG_DIFF_REST;
}

/* What moved is in neither. Caches and garbage, which are not matched, are told as they are. */
static uint64_t less_on(const struct compared *c, size_t row)
{
	const struct lg_diff_sum *base = &c->u.base[row], *head = &c->u.head[row];

	if (is_matched(&c->u, row))
		return c->match.shrank[row].bytes - c->match.grew[row].bytes;
	return base->bytes - head->bytes;
}

/* Below a path there may be a cache that is not counted there. */
static bool counts_above(const struct lg_diff_union *u, size_t row)
{
	uint32_t parent = u->paths.row[row].parent;

	return parent != LG_NONE && u->part[parent] == u->part[row];
}

static enum lg_status compare(const struct lg_diff_side *side, const struct lg_diff_side *last,
			      struct compared *c, struct lg_error *err)
{
	enum lg_status status = lg_diff_align(side, last, &c->u, err);

	if (status == LG_OK)
		status = lg_diff_match_rows(&c->u, &c->match, err);
	if (status != LG_OK)
		return status;
	lg_diff_add_totals(&c->u, &c->match, &c->totals);
	c->less = lg_alloc_zero(c->u.paths.count, sizeof *c->less);
	if (!c->less)
		return no_memory(err);
	for (size_t row = c->u.paths.count; row-- > 0;) {
		c->less[row] += less_on(c, row);
		if (counts_above(&c->u, row))
			c->less[c->u.paths.row[row].parent] += c->less[row];
	}
	return LG_OK;
}

/* ---- the last build ---- */

static enum lg_status sum_up_last(struct lg_trend_maker *maker, struct lg_error *err)
{
	lg_cleanup(release) struct compared c = {0};
	enum lg_status status = compare(&maker->last, &maker->last, &c, err);

	if (status != LG_OK)
		return status;
	maker->whole = lg_alloc_zero(c.u.head_rows, sizeof *maker->whole);
	if (!maker->whole)
		return no_memory(err);
	for (size_t row = c.u.head_rows; row-- > 0;) {
		maker->whole[row].count = c.u.head[row].count;
		maker->whole[row].bytes += c.u.head[row].bytes;
		if (counts_above(&c.u, row))
			maker->whole[c.u.paths.row[row].parent].bytes += maker->whole[row].bytes;
	}
	maker->last_bytes = c.totals.head_bytes;
	maker->last_objects = c.totals.head_objects;
	return LG_OK;
}

enum lg_status lg_trend_start(const struct lg_diff_side *last, const char *steps,
			      struct lg_trend_maker **out, struct lg_error *err)
{
	lg_cleanup(lg_trend_maker_free_slot) struct lg_trend_maker *maker =
		calloc(1, sizeof *maker);
	enum lg_status status;

	*out = NULL;
	if (maker)
		maker->trend = calloc(1, sizeof *maker->trend);
	if (maker && maker->trend)
		maker->trend->pool = lg_pool_new();
	if (!maker || !maker->trend || !maker->trend->pool)
		return no_memory(err);
	if (steps && !(maker->steps = strdup(steps)))
		return no_memory(err);
	maker->last = *last;
	status = sum_up_last(maker, err);
	if (status == LG_OK)
		*out = lg_take(maker);
	return status;
}

/* ---- what is followed ---- */

static int heaviest_first(const void *left, const void *right)
{
	const struct followed *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

static enum lg_status follow(struct lg_trend_maker *maker, size_t capacity, struct lg_error *err)
{
	maker->followed = lg_alloc(capacity, sizeof *maker->followed);
	return maker->followed ? LG_OK : no_memory(err);
}

/*
 * What each row of the last build is about: what grew on it, else the child with the most
 * bytes. NULL when memory is out.
 */
static uint32_t *find_items(const struct lg_trend_maker *maker, const struct lg_diff_union *u,
			    const struct lg_diff_place *place, size_t count)
{
	uint32_t *item = lg_alloc(u->head_rows, sizeof *item);

	if (!item)
		return NULL;
	memset(item, 0xff, u->head_rows * sizeof *item);
	for (uint32_t row = 0; row < u->head_rows; row++) {
		uint32_t parent = u->paths.row[row].parent;

		if (parent != LG_NONE &&
		    (item[parent] == LG_NONE ||
		     maker->whole[row].bytes > maker->whole[item[parent]].bytes))
			item[parent] = row;
	}
	for (size_t i = 0; i < count; i++)
		if (place[i].item != LG_NONE)
			item[place[i].row] = place[i].item;
	return item;
}

/* The paths that were asked for. */
static enum lg_status follow_paths(struct lg_trend_maker *maker, const struct lg_diff_union *u,
				   const struct lg_diff_place *place, size_t count,
				   struct lg_error *err)
{
	lg_cleanup(lg_pool_free_slot) struct lg_pool *pool = lg_pool_new();
	lg_cleanup(lg_free) uint32_t *item = find_items(maker, u, place, count);
	lg_cleanup(lg_free) uint32_t *row = NULL;
	size_t row_count;
	enum lg_status status;

	if (!pool || !item)
		return no_memory(err);
	status = lg_diff_find_rows(u, maker->steps, pool, &row, &row_count, err);
	if (status == LG_OK)
		status = lg_pool_check(pool, err);
	if (status == LG_OK)
		status = follow(maker, row_count, err);
	if (status != LG_OK)
		return status;
	/* Ascending: behind the rows of the last build stand those that only others have. */
	for (size_t i = 0; i < row_count && row[i] < u->head_rows; i++)
		maker->followed[maker->followed_count++] =
			(struct followed){row[i], item[row[i]], maker->whole[row[i]].bytes, LG_NONE};
	if (maker->followed_count == 0)
		return lg_fail(err, LG_E_NOT_FOUND,
			       "no path of the last build begins with '%s'", maker->steps);
	return LG_OK;
}

static enum lg_status follow_growth(struct lg_trend_maker *maker, const struct lg_diff_place *place,
				    size_t count, struct lg_error *err)
{
	enum lg_status status = follow(maker, count, err);

	if (status != LG_OK)
		return status;
	for (size_t i = 0; i < count; i++)
		maker->followed[maker->followed_count++] =
			(struct followed){place[i].row, place[i].item, place[i].grown_bytes,
					  LG_NONE};
	return LG_OK;
}

/* Places don't overlap: what is followed by itself is not told above it again. */
static enum lg_status find_nested(struct lg_trend_maker *maker, const struct lg_diff_union *u,
				  struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *at = lg_alloc(u->head_rows, sizeof *at);

	if (!at)
		return no_memory(err);
	memset(at, 0xff, u->head_rows * sizeof *at);
	for (size_t i = 0; i < maker->followed_count; i++)
		at[maker->followed[i].row] = (uint32_t)i;
	for (size_t i = 0; i < maker->followed_count; i++) {
		struct followed *f = &maker->followed[i];
		uint32_t above = u->paths.row[f->row].parent;

		while (above != LG_NONE && at[above] == LG_NONE)
			above = u->paths.row[above].parent;
		if (above != LG_NONE && u->part[above] == u->part[f->row])
			f->within = at[above];
	}
	return LG_OK;
}

static void tell_line(struct lg_trend_maker *maker, const struct lg_diff_union *u,
		      const struct followed *f, struct lg_trend_line *line)
{
	struct lg_pool *pool = maker->trend->pool;
	uint32_t item = f->item == LG_NONE ? f->row : f->item;
	struct lg_text type = lg_intern_text(u->strings, u->paths.row[item].type);
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, type, 0, LG_NAME_COLUMNS);
	line->item_type = lg_buffer_keep(&buffer, pool);
	line->path_text = lg_diff_path(u, f->row, &line->path, pool);
	line->item = lg_diff_item(u, f->row, f->item, pool);
	line->signature =
		lg_diff_signature(u, maker->last.profile[0], f->row, f->item, pool);
	line->grown_bytes = (int64_t)f->weight;
}

static enum lg_status begin(struct lg_trend_maker *maker, const struct compared *c,
			    struct lg_error *err)
{
	struct lg_trend *trend = maker->trend;
	lg_cleanup(lg_free) struct lg_diff_place *place = NULL;
	size_t count;
	enum lg_status status = lg_diff_find_places(&c->u, &c->match, c->totals.grown_bytes, &place,
						    &count, err);

	if (status == LG_OK)
		status = maker->steps ? follow_paths(maker, &c->u, place, count, err)
				      : follow_growth(maker, place, count, err);
	if (status != LG_OK)
		return status;
	if (maker->followed_count)
		qsort(maker->followed, maker->followed_count, sizeof *maker->followed,
		      heaviest_first);
	if (maker->followed_count > LG_TREND_MAX_LINES)
		maker->followed_count = LG_TREND_MAX_LINES;
	status = find_nested(maker, &c->u, err);
	if (status != LG_OK)
		return status;
	trend->line = lg_pool_array(trend->pool, maker->followed_count, sizeof *trend->line);
	if (!trend->line)
		return no_memory(err);
	trend->line_count = maker->followed_count;
	for (size_t i = 0; i < trend->line_count; i++)
		tell_line(maker, &c->u, &maker->followed[i], &trend->line[i]);
	trend->grown_bytes = c->totals.grown_bytes;
	trend->moved_bytes = c->totals.moved_bytes;
	return LG_OK;
}

/* ---- points ---- */

static const char *text_of(const struct lg_trend_maker *maker, const struct lg_profile *profile,
			   uint32_t string)
{
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, lg_profile_text(profile, string), 0, LG_NAME_COLUMNS);
	return lg_buffer_keep(&buffer, maker->trend->pool);
}

static bool add_build(struct lg_trend_maker *maker, const struct lg_diff_side *side,
		      const struct lg_diff_totals *totals)
{
	const struct lg_profile *profile = side->profile[0];

	if (!lg_reserve(maker->build, maker->build_capacity, maker->build_count + 1) ||
	    !lg_reserve(maker->point, maker->point_capacity,
			maker->point_count + maker->followed_count))
		return false;
	maker->build[maker->build_count++] = (struct lg_trend_build){
		.name = text_of(maker, profile, profile->name),
		.taken_at_ns = profile->taken_at_ns,
		.profiles = side->count,
		.bytes = maker->last_bytes - totals->grown_bytes + totals->shrunk_bytes,
		.objects = totals->base_objects,
	};
	return true;
}

/* Of a build before the last; c is NULL for that. */
static uint64_t bytes_of(const struct lg_trend_maker *maker, const struct compared *c,
			 const struct followed *f)
{
	return maker->whole[f->row].bytes + (c ? c->less[f->row] : 0);
}

static uint64_t count_of(const struct lg_trend_maker *maker, const struct compared *c,
			 const struct followed *f)
{
	uint32_t item = f->item == LG_NONE ? f->row : f->item;
	uint64_t less = 0;

	if (c && is_matched(&c->u, item))
		less = c->match.shrank[item].count - c->match.grew[item].count;
	else if (c)
		less = c->u.base[item].count - c->u.head[item].count;
	return maker->whole[item].count + less;
}

/* A point for each that is followed, in room that is there. */
static void add_points(struct lg_trend_maker *maker, const struct compared *c)
{
	struct lg_trend_point *point = maker->point + maker->point_count;

	for (size_t i = 0; i < maker->followed_count; i++) {
		const struct followed *f = &maker->followed[i];

		point[i] = (struct lg_trend_point){bytes_of(maker, c, f), count_of(maker, c, f)};
	}
	for (size_t i = 0; i < maker->followed_count; i++) {
		const struct followed *f = &maker->followed[i];

		if (f->within != LG_NONE)
			point[f->within].bytes -= bytes_of(maker, c, f);
	}
	maker->point_count += maker->followed_count;
}

enum lg_status lg_trend_add(struct lg_trend_maker *maker, const struct lg_diff_side *side,
			    struct lg_error *err)
{
	lg_cleanup(release) struct compared c = {0};
	enum lg_status status = LG_OK;

	if (maker->build_count + 1 >= LG_TREND_MAX_BUILDS)
		return lg_fail(err, LG_E_USAGE, "more than %d builds", LG_TREND_MAX_BUILDS);
	status = compare(side, &maker->last, &c, err);
	if (status == LG_OK && maker->build_count == 0)
		status = begin(maker, &c, err);
	if (status != LG_OK)
		return status;
	if (!add_build(maker, side, &c.totals))
		return no_memory(err);
	add_points(maker, &c);
	return LG_OK;
}

/* ---- the result ---- */

static bool add_last(struct lg_trend_maker *maker)
{
	struct lg_diff_totals none = {.base_objects = maker->last_objects};

	if (!add_build(maker, &maker->last, &none))
		return false;
	add_points(maker, NULL);
	return true;
}

static bool finish_line(const struct lg_trend_maker *maker, size_t at)
{
	struct lg_trend_line *line = &maker->trend->line[at];
	size_t builds = maker->build_count;

	line->point = lg_pool_array(maker->trend->pool, builds, sizeof *line->point);
	if (!line->point)
		return false;
	for (size_t i = 0; i < builds; i++)
		line->point[i] = maker->point[i * maker->followed_count + at];
	if (maker->steps)
		line->grown_bytes =
			(int64_t)(line->point[builds - 1].bytes - line->point[0].bytes);
	line->shape = lg_trend_judge(line->point, builds, &line->since);
	return true;
}

static int most_first(const void *left, const void *right)
{
	const struct lg_trend_line *a = left, *b = right;

	if (a->grown_bytes != b->grown_bytes)
		return a->grown_bytes > b->grown_bytes ? -1 : 1;
	return strcmp(a->path_text, b->path_text);
}

enum lg_status lg_trend_finish(struct lg_trend_maker *maker, struct lg_trend **out,
			       struct lg_error *err)
{
	struct lg_trend *trend = maker->trend;
	const struct lg_profile *last = maker->last.profile[0];
	enum lg_status status;

	*out = NULL;
	if (maker->build_count == 0)
		return lg_fail(err, LG_E_USAGE, "one build has no trend: expected at least two");
	if (!add_last(maker))
		return no_memory(err);
	trend->build = lg_pool_array(trend->pool, maker->build_count, sizeof *trend->build);
	if (!trend->build)
		return no_memory(err);
	memcpy(trend->build, maker->build, maker->build_count * sizeof *trend->build);
	trend->build_count = maker->build_count;
	trend->python_version = text_of(maker, last, last->python_version);
	for (size_t i = 0; i < trend->line_count; i++)
		if (!finish_line(maker, i))
			return no_memory(err);
	if (trend->line_count)
		qsort(trend->line, trend->line_count, sizeof *trend->line, most_first);
	status = lg_pool_check(trend->pool, err);
	if (status != LG_OK)
		return status;
	maker->trend = NULL;
	*out = trend;
	return LG_OK;
}
