/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SUBJECT_H
#define LG_ANALYSIS_SUBJECT_H

#include "analysis/names.h"

/* What a command is asked about: one object, or all objects of some types (of one name). */
struct lg_subject {
	bool one_object;
	uint32_t object;
	uint32_t *node; /* the object, all of the type, or what piles up at the suspect; owned */
	uint32_t count;
	uint32_t type; /* of a signature: that of the first one */
};

void lg_subject_free(struct lg_subject *subject);
enum lg_status lg_subject_resolve(struct lg_analysis *analysis, const char *text,
				struct lg_subject *out, struct lg_error *err) LG_MUST_CHECK;

/* "app.Session (120,000 objects)", "#17 dict at 0x7f…" */
const char *lg_subject_text(const struct lg_analysis *analysis, const struct lg_subject *subject,
			    struct lg_pool *pool);

#endif
