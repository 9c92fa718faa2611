/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_WORDS_H
#define LG_PROFILE_WORDS_H

#include "analysis/names.h"
#include "base/intern.h"
#include "base/word_map.h"

/*
 * The words of a profile: labels and types as texts that are the same in
 * another process and another CPython. No names of the data (str keys), no
 * numbers of threads, no ABI tags of libraries.
 */
struct lg_profile_words {
	const struct lg_analysis *analysis;
	struct lg_intern *strings;
	struct lg_word_map labels; /* a label's kind and name, and 1: its string */
	uint32_t *of_type;         /* type: its string, 0 not known yet */
	uint32_t elsewhere;        /* "…" */
};

enum lg_status lg_profile_words_make(const struct lg_analysis *analysis,
				     struct lg_profile_words *out,
				     struct lg_error *err) LG_MUST_CHECK;
void lg_profile_words_release(struct lg_profile_words *words);

/* O(1) for a label or type seen before, of suspended objects O(log suspended). */
enum lg_status lg_profile_label(struct lg_profile_words *words, struct lg_label label,
				uint32_t *out, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_profile_type(struct lg_profile_words *words, uint32_t node, uint32_t *out,
			       struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_profile_root(struct lg_profile_words *words, const struct lg_root *root,
			       uint32_t *out, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_profile_word(struct lg_profile_words *words, const char *text, uint32_t *out,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
