/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SUMS_H
#define LG_ANALYSIS_SUMS_H

#include "analysis/model.h"

/*
 * What a pass over all objects, or all references, adds up to: made when first
 * asked for, and at hand where the analysis comes from an index, which needs no
 * column of objects for it.
 */

/* Of one type and those of the same name (type_alias), without pseudo objects. */
struct lg_type_part {
	uint64_t count, shallow_bytes;
	uint64_t retained_bytes; /* each byte once a type */
};

/* Of all objects without pseudo objects, and of all references: as in struct lg_overview. */
struct lg_quality {
	uint64_t inner, tracked, immortal, partial;
	struct lg_label_sum label[LG_REF_KIND_COUNT];
	uint64_t labelled;
	uint64_t refcounts, refcounts_explained, refcounts_larger, references_missing;
};

/* analysis->type_part, for each type of the snapshot. O(objects). */
enum lg_status lg_analysis_need_type_parts(struct lg_analysis *analysis,
					   struct lg_error *err) LG_MUST_CHECK;

/* analysis->quality. O(objects + references). */
enum lg_status lg_analysis_need_quality(struct lg_analysis *analysis,
					struct lg_error *err) LG_MUST_CHECK;

#endif
