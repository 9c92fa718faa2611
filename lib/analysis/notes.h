/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_NOTES_H
#define LG_ANALYSIS_NOTES_H

#include "analysis/model.h"

/* What stands out in a verdict whose holders and garbage are filled in: one sentence each. */
enum lg_status lg_notes_add(const struct lg_analysis *analysis, struct lg_verdict *verdict,
			    struct lg_error *err) LG_MUST_CHECK;

/* Most of the memory is no Python object, and that is more than any interpreter has beside its objects. */
bool lg_mostly_elsewhere(const struct lg_summary *summary);

/* The command that goes on from here. */
void lg_next_add(struct lg_verdict *verdict);

#endif
