/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/room.h"
#include "query/order.h"

void lg_order_free(struct lg_order *order)
{
	free(order->row);
	free(order->first);
	*order = (struct lg_order){0};
}

static inline uint32_t small(const uint32_t *number, const uint32_t *map, uint32_t row)
{
	return map ? map[number[row]] : number[row];
}

/* After counting, first[k + 1] is where the next row of k goes; at the end it is where those of k
 * end. */
static void place(struct lg_order *order, uint32_t from, uint32_t end, const uint32_t *number,
		  const uint32_t *map, uint32_t bound)
{
	uint32_t sum = 0;

	for (uint32_t k = 0; k < bound; k++) {
		uint32_t here = order->first[k + 1];

		order->first[k + 1] = sum;
		sum += here;
	}
	for (uint32_t row = from; row < end; row++)
		order->row[order->first[small(number, map, row) + 1]++] = row;
}

enum lg_status lg_order_small(struct lg_order *order, uint32_t from, uint32_t end,
			      const uint32_t *number, const uint32_t *map, uint32_t bound,
			      struct lg_error *err)
{
	uint32_t count = end > from ? end - from : 0;
	enum lg_status status;

	if (order->row)
		return LG_OK;
	status = lg_room_check("an index of the query", 4 * ((uint64_t)count + bound), err);
	if (status != LG_OK)
		return status;
	order->row = lg_alloc(count, sizeof *order->row);
	order->first = lg_alloc_zero((size_t)bound + 1, sizeof *order->first);
	if (!order->row || !order->first) {
		lg_order_free(order);
		return lg_fail(err, LG_E_MEMORY, "no memory for an index of %u rows", count);
	}
	for (uint32_t row = from; row < end; row++)
		order->first[small(number, map, row) + 1]++;
	place(order, from, end, number, map, bound);
	order->count = count;
	return LG_OK;
}

struct entry {
	uint64_t number;
	uint32_t row;
};

/* One pass of a least-significant-digit radix sort; false where all have the same digit. */
static bool pass(const struct entry *from, struct entry *to, uint32_t count, unsigned shift)
{
	uint32_t start[256] = {0}, sum = 0;

	for (uint32_t i = 0; i < count; i++)
		start[from[i].number >> shift & 255]++;
	for (unsigned digit = 0; digit < 256; digit++) {
		uint32_t here = start[digit];

		if (here == count)
			return false;
		start[digit] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < count; i++)
		to[start[from[i].number >> shift & 255]++] = from[i];
	return true;
}

static struct entry *sort(struct entry *from, struct entry *to, uint32_t count)
{
	for (unsigned shift = 0; count && shift < 64; shift += 8)
		if (pass(from, to, count, shift)) {
			struct entry *swap = from;

			from = to;
			to = swap;
		}
	return from;
}

enum lg_status lg_order_any(struct lg_order *order, uint32_t from, uint32_t end,
			    int64_t (*number)(const struct lg_snapshot *s, uint32_t row),
			    const struct lg_snapshot *s, struct lg_error *err)
{
	uint32_t count = end > from ? end - from : 0;
	lg_cleanup(lg_free) struct entry *one = NULL;
	lg_cleanup(lg_free) struct entry *two = NULL;
	const struct entry *sorted;
	enum lg_status status;

	if (order->row)
		return LG_OK;
	status = lg_room_check("an index of the query", 2 * sizeof *one * (uint64_t)count, err);
	if (status != LG_OK)
		return status;
	one = lg_alloc(count, sizeof *one);
	two = lg_alloc(count, sizeof *two);
	order->row = lg_alloc(count, sizeof *order->row);
	if (!one || !two || !order->row) {
		lg_order_free(order);
		return lg_fail(err, LG_E_MEMORY, "no memory for an index of %u rows", count);
	}
	/* As unsigned words negative numbers would come last. */
	for (uint32_t i = 0; i < count; i++)
		one[i] =
			(struct entry){(uint64_t)number(s, from + i) ^ (uint64_t)1 << 63, from + i};
	sorted = sort(one, two, count);
	for (uint32_t i = 0; i < count; i++)
		order->row[i] = sorted[i].row;
	order->count = count;
	return LG_OK;
}
