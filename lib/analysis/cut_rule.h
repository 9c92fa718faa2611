/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_CUT_RULE_H
#define LG_ANALYSIS_CUT_RULE_H

#include "analysis/names.h"
#include "base/word_map.h"
#include "cut/cut.h"

/* What lib/cut has to be told of names: which references are one place, and which are none. */
struct lg_cut_names {
	const struct lg_analysis *analysis;
	uint8_t *part;             /* by type: what it is to a cut */
	struct lg_word_map frame;  /* frames of threads: object to index of `frames` */
	struct lg_word_map module; /* copies of a module's dict (m_copy): to the module */
};

/* *out is zeroed by the caller, and released by it whatever is returned. O(types + frames). */
enum lg_status lg_cut_names_make(const struct lg_analysis *analysis, struct lg_cut_names *out,
				 struct lg_error *err) LG_MUST_CHECK;
void lg_cut_names_release(struct lg_cut_names *names);
struct lg_cut_rule lg_cut_names_rule(struct lg_cut_names *names);

/* What cutting a reference of this label takes, beyond an assignment. */
void lg_cut_remark(const struct lg_cut_names *names, uint32_t holder, struct lg_label label,
		   struct lg_buffer *out);

/* What ends the hold of a root on what can't be cut; "" where nothing is known. */
const char *lg_cut_held_remark(uint8_t root_kind);

#endif
