/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SUBJECT_H
#define LG_ANALYSIS_SUBJECT_H

#include "analysis/names.h"

/*
 * What a command is asked about: one object, all objects of some types (of one
 * name), what piles up at a suspect (by its signature), what a path leads to
 * (named.h), or all of a list of those.
 */
struct lg_subject {
	bool one_object;
	uint32_t object;
	uint32_t *node; /* owned */
	uint32_t count;
	uint32_t type;      /* of one type, a path or a list: that of the first one */
	uint32_t type_count; /* how many types they have; 0: they were asked for by one */
};

void lg_subject_free(struct lg_subject *subject);
/* A list has lines or else commas; what is one by that is taken for one. */
enum lg_status lg_subject_resolve(struct lg_analysis *analysis, const char *text,
				struct lg_subject *out, struct lg_error *err) LG_MUST_CHECK;
/*
 * Of a text that is a list, if of one: a number in it is an object's index (17,
 * #17), and the first word may be "id", as a table's head is.
 */
enum lg_status lg_subject_resolve_list(struct lg_analysis *analysis, const char *text,
				       struct lg_subject *out, struct lg_error *err) LG_MUST_CHECK;

/* "app.Session (120,000 objects)", "#17 dict at 0x7f…", "120 objects of 3 types" */
const char *lg_subject_text(const struct lg_analysis *analysis, const struct lg_subject *subject,
			    struct lg_pool *pool);

#endif
