/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "diff/match.h"

/*
 * The cascade. A module that got an alias, a class that was renamed, a field
 * that became a slot: each changes the path of all that hangs below it, and
 * none of them makes memory grow. So what is left on one path is paired with
 * what is left on another that is like it, the most alike first.
 */
enum likeness {
	SAME_LABELS, /* the whole path, but for the types */
	LAST_4,
	LAST_3,
	LAST_2,
	LAST_1,
	SAME_TYPE,
	LIKENESSES
};

struct keyed {
	uint64_t key;
	uint32_t row;
};

void lg_diff_match_release(struct lg_diff_match *match)
{
	free(match->shrank);
	free(match->grew);
	free(match->pair);
	*match = (struct lg_diff_match){0};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

/* 0: the row has no such key. Keys that collide pair what is not alike: 1 in 2^64 for a pair. */
static uint64_t key_of(const struct lg_diff_union *u, uint32_t at, enum likeness likeness)
{
	const struct lg_path_row *row = &u->paths.row[at];
	uint64_t hash = 1 + (uint64_t)likeness;
	unsigned steps;

	if (likeness == SAME_TYPE)
		return mix(hash, row->type) | 1;
	if (u->part[at] == LG_DIFF_REST)
		return 0;
	steps = likeness == SAME_LABELS ? LG_PROFILE_MAX_STEPS : LAST_1 - likeness + 1;
	if (likeness != SAME_LABELS && row->depth + 1 < steps)
		return 0;
	for (unsigned i = 0; i < steps && at != LG_NONE; i++, at = u->paths.row[at].parent) {
		hash = mix(hash, u->paths.row[at].label);
		if (likeness != SAME_LABELS)
			hash = mix(hash, u->paths.row[at].type);
	}
	return hash | 1;
}

static int by_key(const void *left, const void *right)
{
	const struct keyed *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

/* Take `bytes` out of a sum, and of its objects as large a part. */
static uint64_t take(struct lg_diff_sum *sum, uint64_t bytes)
{
	uint64_t count = sum->count;

	if (bytes < sum->bytes)
		count = (uint64_t)((double)sum->count * ((double)bytes / (double)sum->bytes));
	sum->bytes -= bytes;
	sum->count -= count;
	return count;
}

static bool add_pair(struct lg_diff_match *match, uint32_t from, uint32_t to)
{
	struct lg_diff_sum *shrank = &match->shrank[from], *grew = &match->grew[to];
	uint64_t bytes = shrank->bytes < grew->bytes ? shrank->bytes : grew->bytes;
	uint64_t count;

	if (!lg_reserve(match->pair, match->pair_capacity, match->pair_count + 1))
		return false;
	take(shrank, bytes);
	count = take(grew, bytes);
	match->pair[match->pair_count++] = (struct lg_diff_pair){from, to, bytes, count};
	return true;
}

/* Has all of a row gone from its path, and not some of many? */
static bool is_gone(const struct lg_diff_union *u, uint32_t row)
{
	return u->head[row].bytes == 0;
}

/* What shrank is paired with what grew, each in the order of rows; of the first only rows that have gone. */
static bool pair_rows(const struct lg_diff_union *u, struct lg_diff_match *match,
		      const struct keyed *keyed, size_t count, bool gone)
{
	size_t from = 0, to = 0;

	for (;;) {
		while (from < count && (match->shrank[keyed[from].row].bytes == 0 ||
					(gone && !is_gone(u, keyed[from].row))))
			from++;
		while (to < count && match->grew[keyed[to].row].bytes == 0)
			to++;
		if (from == count || to == count)
			return true;
		if (!add_pair(match, keyed[from].row, keyed[to].row))
			return false;
	}
}

/*
 * Rows of one key. What has left its path wholly has moved, if it is anywhere. A
 * path that has lost a part of what it had may have lost it to a second index, and
 * then as much is there as is missing here; or it was freed (a cache was bounded), and
 * then what is new elsewhere is a leak all the same.
 */
#define MOST_FREED 1.25
static bool pair_run(const struct lg_diff_union *u, struct lg_diff_match *match,
		     const struct keyed *keyed, size_t count)
{
	uint64_t shrank = 0, grew = 0;

	if (!pair_rows(u, match, keyed, count, true))
		return false;
	for (size_t i = 0; i < count; i++) {
		shrank += match->shrank[keyed[i].row].bytes;
		grew += match->grew[keyed[i].row].bytes;
	}
	return (double)shrank > MOST_FREED * (double)grew ||
	       pair_rows(u, match, keyed, count, false);
}

static bool pair_alike(const struct lg_diff_union *u, struct lg_diff_match *match,
		       struct keyed *keyed, enum likeness likeness)
{
	size_t count = 0;

	for (uint32_t row = 0; row < u->paths.count; row++) {
		uint64_t key;

		if (match->shrank[row].bytes == 0 && match->grew[row].bytes == 0)
			continue;
		key = key_of(u, row, likeness);
		if (key)
			keyed[count++] = (struct keyed){key, row};
	}
	if (count)
		qsort(keyed, count, sizeof *keyed, by_key);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && keyed[end].key == keyed[first].key;)
			end++;
		if (!pair_run(u, match, keyed + first, end - first))
			return false;
	}
	return true;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* What is on the same path stays; the rest is what the cascade begins with. */
static void pair_same(const struct lg_diff_union *u, struct lg_diff_match *match)
{
	for (uint32_t row = 0; row < u->paths.count; row++) {
		const struct lg_diff_sum *base = &u->base[row], *head = &u->head[row];

		if (u->part[row] == LG_DIFF_GARBAGE || u->part[row] == LG_DIFF_WARM_UP)
			continue;
		match->shrank[row].bytes = less(base->bytes, head->bytes);
		match->shrank[row].count = less(base->count, head->count);
		match->grew[row].bytes = less(head->bytes, base->bytes);
		match->grew[row].count = less(head->count, base->count);
	}
}

static int most_bytes_first(const void *left, const void *right)
{
	const struct lg_diff_pair *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

enum lg_status lg_diff_match_rows(const struct lg_diff_union *u, struct lg_diff_match *out,
				  struct lg_error *err)
{
	size_t count = u->paths.count;
	lg_cleanup(lg_free) struct keyed *keyed = lg_alloc(count, sizeof *keyed);
	bool paired = true;

	out->shrank = lg_alloc_zero(count, sizeof *out->shrank);
	out->grew = lg_alloc_zero(count, sizeof *out->grew);
	if (!keyed || !out->shrank || !out->grew)
		return lg_fail(err, LG_E_MEMORY, "no memory to match %zu paths", count);
	pair_same(u, out);
	for (enum likeness likeness = 0; likeness < LIKENESSES && paired; likeness++)
		paired = pair_alike(u, out, keyed, likeness);
	if (!paired)
		return lg_fail(err, LG_E_MEMORY, "no memory to match %zu paths", count);
	if (out->pair_count)
		qsort(out->pair, out->pair_count, sizeof *out->pair, most_bytes_first);
	return LG_OK;
}

void lg_diff_add_totals(const struct lg_diff_union *u, const struct lg_diff_match *match,
			struct lg_diff_totals *totals)
{
	for (size_t row = 0; row < u->paths.count; row++) {
		const struct lg_diff_sum *base = &u->base[row], *head = &u->head[row];
		int64_t growth = (int64_t)(head->bytes - base->bytes);

		if (u->part[row] == LG_DIFF_GARBAGE) {
			totals->garbage_bytes += growth;
		} else if (u->part[row] == LG_DIFF_WARM_UP) {
			totals->warm_up_bytes += growth;
		} else {
			totals->base_bytes += base->bytes;
			totals->head_bytes += head->bytes;
			totals->base_objects += base->count;
			totals->head_objects += head->count;
			totals->grown_bytes += match->grew[row].bytes;
			totals->shrunk_bytes += match->shrank[row].bytes;
		}
	}
	for (size_t i = 0; i < match->pair_count; i++)
		totals->moved_bytes += match->pair[i].bytes;
}
