/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_QUERY_ORDER_H
#define LG_QUERY_ORDER_H

#include "leakgraph/snapshot.h"

/*
 * The rows of a table in the order of a number that each has, equal ones in their
 * own order. Zero-initialised; released by lg_order_free(). Made once: a second
 * call of lg_order_... finds it there and does nothing.
 */
struct lg_order {
	uint32_t *row;
	uint32_t *first; /* bound + 1, of small numbers: those of k are row[first[k]] ..
			    row[first[k+1]-1] */
	uint32_t count;
};
void lg_order_free(struct lg_order *order);

/* The rows [from, end) by map[number[row]], or by number[row] without a map, all below bound. O(end
 * + bound). */
enum lg_status lg_order_small(struct lg_order *order, uint32_t from, uint32_t end,
			      const uint32_t *number, const uint32_t *map, uint32_t bound,
			      struct lg_error *err) LG_MUST_CHECK;

/* The rows [from, end) by any number. O(rows), a pass for each byte in which the numbers differ. */
enum lg_status lg_order_any(struct lg_order *order, uint32_t from, uint32_t end,
			    int64_t (*number)(const struct lg_snapshot *s, uint32_t row),
			    const struct lg_snapshot *s, struct lg_error *err) LG_MUST_CHECK;

#endif
