/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_TAKING_H
#define LG_TAKE_TAKING_H

#include "base/intern.h"
#include "cpython/roots.h"
#include "cpython/runtime.h"
#include "take/page_cache.h"
#include "target/freeze.h"
#include "walker/walk.h"

/*
 * A take under way. Where the frozen copy comes from (a live process, a core)
 * is its owner's business; all that is done with it stands here once.
 * `freeze` and what was found in it belong together.
 */
struct lg_taking {
	const struct lg_take_options *options;
	pid_t process; /* that the copy is of, which runs on; 0 where it is no live one */
	struct lg_freeze *freeze;
	struct lg_page_cache *cache; /* of the memory of the copy */
	struct lg_python python;
	struct lg_root_set roots;
	struct lg_intern *strings;
	struct lg_snapshot *snapshot;
	bool ran_short; /* the copy was given up for want of memory */
	struct lg_contents contents; /* until they are compared */
	struct lg_stacks stacks;     /* of greenlets */
};

/* options may be NULL. Release with lg_taking_release(), also when it failed. */
enum lg_status lg_taking_begin(struct lg_taking *taking, const struct lg_take_options *options,
			       struct lg_error *err) LG_MUST_CHECK;
void lg_taking_release(struct lg_taking *taking);

/* Find the interpreter in taking->freeze. *collecting: its lists are torn. */
enum lg_status lg_taking_find(struct lg_taking *taking, bool *collecting,
			      struct lg_error *err) LG_MUST_CHECK;

/* Of what failed: was it the copy's end, and why? err says so in place of what it said. */
enum lg_status lg_taking_explain(struct lg_taking *taking, enum lg_status status,
				 struct lg_error *err) LG_MUST_CHECK;

/* Give the copy up, and what was found in it. */
void lg_taking_drop(struct lg_taking *taking);

/*
 * Roots, walk, and all that is found from the columns alone; the copy is gone
 * afterwards. what: "process 17", for an error. The caller owns *out.
 */
enum lg_status lg_taking_finish(struct lg_taking *taking, const char *what,
				struct lg_snapshot **out, struct lg_error *err) LG_MUST_CHECK;

enum lg_status lg_taking_interrupted(struct lg_error *err);

#endif
