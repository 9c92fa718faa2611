/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SHAPES_H
#define LG_ANALYSIS_SHAPES_H

#include "analysis/model.h"

/* The shapes that leaks have, and what to do about each. */

/* Ascending: the one that says most wins. */
enum lg_shape {
	LG_SHAPE_NONE,
	LG_SHAPE_SHARED,
	LG_SHAPE_PILE,
	LG_SHAPE_CLASSES,
	LG_SHAPE_VIEW,
	LG_SHAPE_CLASS,
	LG_SHAPE_CHAIN,
	LG_SHAPE_METHOD,
	LG_SHAPE_FRAME,
	LG_SHAPE_CLOSURE,
	LG_SHAPE_DEFAULT,
	LG_SHAPE_THREAD_LOCAL,
	LG_SHAPE_GENERATOR,
	LG_SHAPE_GREENLET,
	LG_SHAPE_TASK,
	LG_SHAPE_TRACEBACK,
	LG_SHAPE_LRU_CACHE,
	LG_SHAPE_INTERNED,
	LG_SHAPE_GC_GARBAGE,
	LG_SHAPE_C_CODE,
	LG_SHAPE_C_VARIABLE, /* of which the dump says where it stands */
};

/* The shape that says most of all steps of a holder's path; *at: the step that says it, for most objects. */
enum lg_shape lg_shape_of(const struct lg_analysis *analysis, const struct lg_holder *holder,
			  size_t *at);

/* One sentence: what it is, and the mend. */
void lg_shape_tell(const struct lg_holder *holder, enum lg_shape shape, size_t at,
		   struct lg_buffer *text);

#endif
