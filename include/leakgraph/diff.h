/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_DIFF_H
#define LEAKGRAPH_DIFF_H

#include "leakgraph/profile.h"

/*
 * What a build keeps more than another: profiles of both are matched path by
 * path, so that what merely moved is told from what grew.
 *
 * Bytes of a base are paired with bytes of the head in a cascade: on the same
 * path; on the same path but for the types (a class was renamed, a dict became
 * a class); by the last 4, 3, 2, 1 steps; by the type alone. What is paired on
 * the same path stayed, what is paired later MOVED, what is left GREW or SHRANK.
 *
 * With several profiles a side the rule for noise is: a path grew where the
 * least of the head is above the most of the base, by that much. From
 * LG_DIFF_TEST_SIDES a side, where one odd run would hide all growth, medians
 * count, where a one-sided Mann-Whitney U test tells them apart at 1 %.
 *
 * Not counted as growth: garbage that the collector has not come to, and caches
 * of the interpreter and its library that fill as it runs ("warm-up").
 *
 * Strings belong to the result, UTF-8, never NULL, safe to print.
 */
#define LG_DIFF_TEST_SIDES 5
#define LG_DIFF_MAX_SIDES  20

struct lg_diff_side {
	const struct lg_profile *const *profile;
	size_t count; /* 1 .. LG_DIFF_MAX_SIDES */
};

/* A place that keeps more than before. Places don't overlap. */
struct lg_diff_holder {
	struct lg_path path;   /* to the object that holds it; of the hops only the words are set */
	const char *path_text; /* whole */
	const char *item;      /* what there is more of: "[str] → shop.models.Session"; "" for its own bytes */
	const char *item_type; /* "shop.models.Session" */
	uint64_t base_count, head_count; /* of it */
	uint64_t base_bytes, head_bytes; /* on and below the path */
	uint64_t grown_bytes;            /* and not moved here */
	uint64_t head_retained_bytes;    /* by the holder */
	double share;                    /* of all that grew */
	bool fresh;                      /* the base has no such path */
	const char *signature; /* of the suspect that it is in the head; "" where it is none */
};

/* A suspect of all profiles of the head. */
struct lg_diff_suspect {
	const char *signature; /* "9f31c2e0" */
	const char *words;     /* what it is made of */
	const char *type;      /* of what piles up */
	uint64_t count, retained_bytes; /* in the head's first profile */
	bool fresh;            /* no profile of the base has it */
};

/* Bytes that stand on another path than before. */
struct lg_diff_move {
	const char *from, *to; /* paths */
	uint64_t bytes, count;
};

struct lg_diff_totals {
	uint64_t base_bytes, head_bytes; /* without garbage and warm-up */
	uint64_t base_objects, head_objects;
	uint64_t grown_bytes, shrunk_bytes, moved_bytes;
	int64_t warm_up_bytes, garbage_bytes; /* head less base */
};

struct lg_diff_type {
	const char *name;
	uint64_t base_count, head_count, base_bytes, head_bytes;
};

struct lg_diff {
	const char *base_version, *head_version; /* of Python */
	size_t base_profiles, head_profiles;
	struct lg_diff_totals totals;
	struct lg_diff_holder *holder; /* by bytes, the most first */
	size_t holder_count;
	struct lg_diff_move *move; /* likewise */
	size_t move_count;
	uint64_t move_total;       /* with those not told */
	struct lg_diff_suspect *suspect; /* the heaviest first */
	size_t suspect_count;
	struct lg_diff_type *type; /* all, by name */
	size_t type_count;
	struct lg_diff_rows *rows; /* what was compared, path by path: of lg_diff_measure() */
	struct lg_pool *pool;
};

/* All on and below some paths. */
struct lg_diff_sums {
	uint64_t base_count, head_count; /* objects */
	uint64_t base_bytes, head_bytes;
	uint64_t grown_bytes;            /* and not moved there */
	uint64_t head_retained_bytes;    /* by what stands on the paths */
};

/*
 * LG_E_NOT_COMPARABLE, with the reason, where the minor versions of Python
 * differ, or a profile has no roots. top: moves to tell at most, 0: 20.
 * O(rows log rows). The caller owns *out.
 */
enum lg_status lg_diff_build(const struct lg_diff_side *base, const struct lg_diff_side *head,
			     uint32_t top, struct lg_diff **out, struct lg_error *err) LG_MUST_CHECK;
void lg_diff_free(struct lg_diff *diff);

/*
 * Of the paths that begin with `steps`, as reports write them ("module app → .CACHE"):
 * whole steps, unless a '*' at the end stands for more of the last one. Zeros where
 * neither side has such a path. O(rows).
 */
enum lg_status lg_diff_measure(const struct lg_diff *diff, const char *steps,
			       struct lg_diff_sums *out, struct lg_error *err) LG_MUST_CHECK;

#endif
