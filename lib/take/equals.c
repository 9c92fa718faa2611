/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parallel.h"
#include "take/equals.h"

/*
 * Equal hashes are brought together by a radix sort in place, most significant
 * byte first ("American flag sort": McIlroy, Bostic, McIlroy, "Engineering Radix
 * Sort", 1993). Its first round makes parts that are sorted on all cores.
 */
#define BUCKETS 256
#define KEY_BYTES 8 /* of the hash: no deeper recursion */
#define SMALL 40    /* sorted by insertion */

struct content {
	uint64_t hash;
	uint32_t leaf;
};

static uint8_t byte_of(const struct content *row, int level)
{
	return (uint8_t)(row->hash >> (56 - 8 * level));
}

static void insertion_sort(struct content *row, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct content moved = row[i];
		size_t at = i;

		for (; at > 0 && moved.hash < row[at - 1].hash; at--)
			row[at] = row[at - 1];
		row[at] = moved;
	}
}

/* Rows of byte b at this level are then those from end[b - 1] (0: the first) to end[b]. */
static void distribute(struct content *row, size_t count, int level, size_t end[BUCKETS])
{
	size_t next[BUCKETS], sum = 0;

	memset(end, 0, BUCKETS * sizeof *end);
	for (size_t i = 0; i < count; i++)
		end[byte_of(&row[i], level)]++;
	for (int b = 0; b < BUCKETS; b++) {
		next[b] = sum;
		end[b] = sum += end[b];
	}
	for (int b = 0; b < BUCKETS; b++)
		while (next[b] < end[b]) {
			struct content moved = row[next[b]];
			uint8_t to;

			while ((to = byte_of(&moved, level)) != b) {
				struct content other = row[next[to]];

				row[next[to]++] = moved;
				moved = other;
			}
			row[next[b]++] = moved;
		}
}

static void sort(struct content *row, size_t count, int level)
{
	size_t end[BUCKETS], first = 0;

	if (count <= SMALL || level == KEY_BYTES) {
		insertion_sort(row, level == KEY_BYTES ? 0 : count);
		return;
	}
	distribute(row, count, level, end);
	for (int b = 0; b < BUCKETS; first = end[b++])
		if (end[b] - first > 1)
			sort(row + first, end[b] - first, level + 1);
}

struct equals {
	struct content *row;
	size_t end[BUCKETS];
	uint32_t *first; /* leaf: the first one of its content; LG_NONE: it is alone */
};

/* The leaves of each run of equal hashes get the lowest of them. */
static void mark_runs(const struct content *row, size_t count, uint32_t *first)
{
	for (size_t start = 0, end; start < count; start = end) {
		uint32_t lowest = row[start].leaf;

		for (end = start + 1; end < count && row[start].hash == row[end].hash; end++)
			if (row[end].leaf < lowest)
				lowest = row[end].leaf;
		for (size_t i = start; end - start > 1 && i < end; i++)
			first[row[i].leaf] = lowest;
	}
}

static enum lg_status mark_part(void *context, unsigned worker, uint64_t part, struct lg_error *err)
{
	const struct equals *equals = context;
	size_t first = part ? equals->end[part - 1] : 0;
	struct content *row = equals->row + first;

	(void)worker;
	(void)err;
	sort(row, equals->end[part] - first, 1);
	mark_runs(row, equals->end[part] - first, equals->first);
	return LG_OK;
}

/* Ascending by object; groups are numbered as they are met. */
static void list(uint32_t *first, uint32_t leaves, struct lg_snapshot *s)
{
	uint32_t groups = 0;

	for (uint32_t leaf = 0; leaf < leaves; leaf++) {
		if (first[leaf] == LG_NONE)
			continue;
		/* The first of a group comes first: then it has the group's number. */
		first[leaf] = first[leaf] == leaf ? groups++ : first[first[leaf]];
		s->equals[s->equal_count++] = (struct lg_equal){s->inner_count + leaf, first[leaf]};
	}
}

enum lg_status lg_take_equals(const struct lg_contents *contents, struct lg_snapshot *s,
			      struct lg_error *err)
{
	lg_cleanup(lg_free) struct content *row = lg_alloc_column(contents->count, sizeof *row);
	lg_cleanup(lg_free) uint32_t *first = lg_alloc_column(contents->count, sizeof *first);
	struct equals equals = { .row = row, .first = first };
	size_t rows = 0, count = 0;
	enum lg_status status;

	if (!row || !first)
		return lg_fail(err, LG_E_MEMORY, "no memory to compare %u contents", contents->count);
	for (uint32_t leaf = 0; leaf < contents->count; leaf++) {
		first[leaf] = LG_NONE;
		if (contents->hash[leaf])
			row[rows++] = (struct content){contents->hash[leaf], leaf};
	}
	distribute(row, rows, 0, equals.end);
	status = lg_parallel_for(BUCKETS, mark_part, &equals, err);
	if (status != LG_OK)
		return status;
	for (uint32_t leaf = 0; leaf < contents->count; leaf++)
		count += first[leaf] != LG_NONE;
	s->equals = lg_alloc(count, sizeof *s->equals);
	if (!s->equals)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu equal objects", count);
	list(first, contents->count, s);
	return LG_OK;
}
