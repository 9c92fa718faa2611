/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_EXCESS_H
#define LG_TAKE_EXCESS_H

#include <stddef.h>

#include "leakgraph/snapshot.h"

/*
 * Objects whose refcount is larger than the references that the snapshot has
 * to them: something holds them that is no object, or that an object does not
 * tell. Static ones are never freed, so their count begins higher. Of those that refer to something; the refcounts of the others (strings,
 * numbers) are mostly C code's doing, and nobody leaks by them alone.
 */
struct lg_excess_object {
	uint64_t address;
	uint32_t object;
	uint32_t left; /* references that nothing explains yet */
};

struct lg_excess {
	struct lg_excess_object *object; /* ascending by address */
	size_t count;
};

/* References that known objects and the interpreter's tables have to each object; the caller frees. NULL: no memory. */
uint32_t *lg_count_referrers(const struct lg_snapshot *snapshot);

/* Of a validated snapshot. O(objects + references). Release with lg_excess_free(). */
enum lg_status lg_excess_find(const struct lg_snapshot *snapshot, struct lg_excess *out,
			      struct lg_error *err) LG_MUST_CHECK;
void lg_excess_free(struct lg_excess *excess);

/* If the word is the address of such an object, one of its references is explained: the object, else 0. */
uint32_t lg_excess_take(struct lg_excess *excess, uint64_t word);

#endif
