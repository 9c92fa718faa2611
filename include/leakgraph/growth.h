/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_GROWTH_H
#define LEAKGRAPH_GROWTH_H

#include "leakgraph/profile.h"

/*
 * Dumps of one process, two or three: an object is the same in two of them when
 * address and type are. What was made after the first and is still there in the
 * last (and, of three, was there in the second already, so that requests under
 * way don't count) has grown. Told as two profiles of the last dump, to be
 * compared as those of two builds are: with and without what has grown.
 *
 * An address that was freed and given to another object of the same type since
 * looks as if its object had survived: what is told as new is new.
 */

/* Do two dumps say that they are of one process, the first not taken after the last? */
bool lg_growth_is_said(const struct lg_snapshot_info *first, const struct lg_snapshot_info *last);

/* The objects of a dump, by address: 16 bytes each. */
struct lg_presence;

/* O(objects log objects). The caller owns *out. */
enum lg_status lg_presence_make(const struct lg_snapshot *snapshot, struct lg_presence **out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_presence_free(struct lg_presence *presence);

/*
 * Was the dump taken of the same process, not before this one? It says so, and has a
 * tenth of the objects at least, since numbers repeat on another host.
 */
bool lg_presence_is_before(const struct lg_presence *presence, const struct lg_snapshot *snapshot);

struct lg_growth {
	uint64_t pid, first_ns, last_ns; /* when the dumps were taken */
	uint64_t survived, survived_bytes;
	uint64_t fresh, fresh_bytes;     /* what has grown */
	uint64_t passing, passing_bytes; /* made after the second of three */
	uint64_t freed, freed_bytes;     /* of the first */
};

/*
 * second may be NULL. *base has what survived, *head what has grown besides; what
 * is passing is in neither. The caller owns both. As lg_profile_build().
 */
enum lg_status lg_growth_profiles(struct lg_analysis *last, const struct lg_presence *first,
				  const struct lg_presence *second,
				  const struct lg_progress *progress, struct lg_profile **base,
				  struct lg_profile **head, struct lg_growth *growth,
				  struct lg_error *err) LG_MUST_CHECK;

#endif
