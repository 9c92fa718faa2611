/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_TREND_H
#define LEAKGRAPH_TREND_H

#include "leakgraph/diff.h"

/*
 * Holders over builds: what the last of many keeps, and how much of it each one
 * before kept already. Every build is compared with the last as lg_diff_build()
 * does it, by the same cascade and the same rule for noise: what has moved since
 * is found where it is now, and a leak of less than the noise between two
 * builds shows over many. Garbage and warm-up don't count.
 *
 * Told are the places that grew since the first build, or all paths that begin
 * with given steps. lib/trend/README.md has the rules.
 */
enum lg_trend_shape {
	LG_TREND_FLAT,     /* did not grow, or by less than 1 kB */
	LG_TREND_JUMP,     /* one build brought it */
	LG_TREND_STEADY,   /* it rises from build to build */
	LG_TREND_UNSTEADY, /* up and down, and more in the end */
	LG_TREND_SHAPES
};

struct lg_trend_point {
	uint64_t bytes; /* on and below the path, without what other lines have */
	uint64_t count; /* objects of the item */
};

struct lg_trend_line {
	struct lg_path path;   /* as lg_diff_holder has it: in the last build */
	const char *path_text;
	const char *item, *item_type;
	const char *signature; /* of the suspect that it is in the last build; "" where it is none */
	int64_t grown_bytes;   /* from the first to the last; below 0: it shrank */
	enum lg_trend_shape shape;
	size_t since; /* of a jump the build that brought it, else the first that had more; of LG_TREND_FLAT 0 */
	struct lg_trend_point *point; /* build */
};

struct lg_trend_build {
	const char *name; /* as the profile has it; "" */
	uint64_t taken_at_ns;
	size_t profiles;
	uint64_t bytes, objects; /* without garbage and warm-up */
};

struct lg_trend {
	const char *python_version;  /* of the last */
	struct lg_trend_build *build; /* in the order in which they were given */
	size_t build_count;
	uint64_t grown_bytes, moved_bytes; /* from the first to the last */
	struct lg_trend_line *line; /* by growth, the most first */
	size_t line_count;
	struct lg_pool *pool;
};

#define LG_TREND_MAX_BUILDS 1000
/* Lines that are followed: those of most growth, of paths that were asked for the largest. */
#define LG_TREND_MAX_LINES  1000

struct lg_trend_maker;

/*
 * `last` is borrowed until lg_trend_finish(). steps: NULL for what grew, else
 * the paths that begin so (budget.h). The caller owns *out.
 */
enum lg_status lg_trend_start(const struct lg_diff_side *last, const char *steps,
			      struct lg_trend_maker **out, struct lg_error *err) LG_MUST_CHECK;
/*
 * The builds before the last, the first of all first. LG_E_NOT_COMPARABLE as
 * lg_diff_build(); LG_E_NOT_FOUND where the last has no path of the steps.
 * The side is not needed any more afterwards. O(rows log rows).
 */
enum lg_status lg_trend_add(struct lg_trend_maker *maker, const struct lg_diff_side *side,
			    struct lg_error *err) LG_MUST_CHECK;
/* The caller owns *out. LG_E_USAGE where no build was added. */
enum lg_status lg_trend_finish(struct lg_trend_maker *maker, struct lg_trend **out,
			       struct lg_error *err) LG_MUST_CHECK;
void lg_trend_maker_free(struct lg_trend_maker *maker);
void lg_trend_free(struct lg_trend *trend);

/* "flat", "jump", "steady", "unsteady". */
const char *lg_trend_shape_text(enum lg_trend_shape shape);

#endif
