/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_HOLDERS_H
#define LG_ANALYSIS_HOLDERS_H

#include "analysis/seeds.h"

/* A place's steps as they are told, and which of them is what. */
struct lg_holder_steps {
	struct lg_path path;
	size_t accumulation; /* what holds it all, or is held by several */
	size_t pile;         /* what piles up there: the first step that is many or a chain, else the last */
	size_t telling;      /* the step whose type says most of what piles up */
	size_t cut;          /* the reference to cut leads to it */
	bool piles_up;       /* the pile is many or a chain */
};
/* `merged`: with [str] for all str keys, as lg_trail_show() has it. path.count 0: the pool failed. */
void lg_holder_steps_of(const struct lg_analysis *analysis, const struct lg_place *place, bool merged,
			struct lg_pool *pool, struct lg_holder_steps *out);

/* A place as it is told: path, what piles up, the reference to cut. */
enum lg_status lg_holder_describe(struct lg_analysis *analysis, const struct lg_place *place,
				  struct lg_pool *pool, struct lg_holder *out,
				  struct lg_error *err) LG_MUST_CHECK;

/* The kind of root at which a trail of at least one step begins. */
enum lg_root_kind lg_trail_root_kind(const struct lg_analysis *analysis,
				     const struct lg_trail *trail);

/* The whole path in one line, in the pool. */
const char *lg_path_keep(const struct lg_path *path, struct lg_pool *pool);

/*
 * The reference that step `cut` of a path is, as code would name it:
 * "shop.sessions.SESSIONS[str]" under a module, else the steps with arrows.
 */
const char *lg_cut_text(const struct lg_path *path, enum lg_root_kind root_kind,
			const char *root_name, size_t cut, struct lg_pool *pool);

/*
 * Is a step left out of texts? Of several "->" in a row, through what C types
 * keep and have no name for, only the last one is told.
 */
bool lg_hop_is_silent(const struct lg_path *path, size_t i);

#endif
