/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_WASTE_H
#define LEAKGRAPH_WASTE_H

#include "leakgraph/analysis.h"

/*
 * Memory that a program holds and need not: bytes that would be free if it were
 * written otherwise, while it keeps all that it keeps. Of blocks as the
 * allocator hands them out; no byte counts twice; of equal objects one stays.
 * Garbage and what the interpreter has for itself are left out. Strings are as in
 * analysis.h.
 */
enum lg_waste_kind {
	LG_WASTE_SLOTS = 0, /* instances with a dict that `__slots__` would spare */
	LG_WASTE_BOXED,     /* int or float objects of a list that an array would hold as numbers */
	LG_WASTE_EQUAL,     /* equal str, bytes, int, float, tuple, frozenset: all but one of each */
	LG_WASTE_EMPTY,     /* empty list, dict, set, deque */
	LG_WASTE_OVERSIZED, /* those that would be smaller if they were made anew */
	LG_WASTE_KINDS
};

struct lg_waste_sum {
	uint64_t count; /* objects */
	uint64_t bytes; /* to be had */
};

/* Objects of one kind, type, keeper and label. */
struct lg_waste_row {
	enum lg_waste_kind kind;
	const char *type;   /* of the objects: "str"; of LG_WASTE_BOXED: of the numbers */
	const char *keeper; /* the nearest class or module that keeps them: "shop.models.Session" */
	const char *label;  /* by which reference: ".country", "[]"; "" of LG_WASTE_SLOTS */
	uint64_t count, bytes;
	uint64_t of;        /* _EQUAL: contents; _SLOTS: names of attributes; _BOXED: lists; else 0 */
	uint32_t example;   /* one of the objects; _BOXED: of the lists */
	const char *path_text; /* of the example, by its dominators */
};

struct lg_waste {
	struct lg_summary summary;
	struct lg_waste_sum total, kind[LG_WASTE_KINDS];
	bool equals_known, containers_known, slots_known; /* does the dump say it? */
	struct lg_waste_row *row; /* the first `top`, by bytes */
	size_t row_count;
	uint64_t row_total;
	struct lg_pool *pool;
};

/*
 * top 0: all. LG_E_NOT_FOUND where the dump has none of the tables that it takes.
 * O(objects + references + rows log rows).
 */
enum lg_status lg_waste_build(struct lg_analysis *analysis, uint32_t top, struct lg_waste **out,
			      struct lg_error *err) LG_MUST_CHECK;
void lg_waste_free(struct lg_waste *waste);

#endif
