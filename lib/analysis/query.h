/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_QUERY_H
#define LG_ANALYSIS_QUERY_H

#include "analysis/names.h"

/* What a query means: one object, or all objects of some types (of one name). */
struct lg_query {
	bool one_object;
	uint32_t object;
	uint32_t *node; /* the object, or all of the type; owned */
	uint32_t count;
	uint32_t type;
};

void lg_query_free(struct lg_query *query);
enum lg_status lg_query_resolve(const struct lg_analysis *analysis, const char *text,
				struct lg_query *out, struct lg_error *err) LG_MUST_CHECK;

#endif
