/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SIGNATURE_H
#define LG_ANALYSIS_SIGNATURE_H

#include "analysis/holders.h"

/* Objects as they are found. */
struct lg_object_list {
	uint32_t *object;
	size_t count, capacity;
};

/* What is hashed, word by word (SIGNATURE.md). The words are the pool's. */
#define LG_MAX_SIGNATURE_WORDS 64
struct lg_signature {
	const char *word[LG_MAX_SIGNATURE_WORDS];
	size_t count; /* further ones are left out */
	struct lg_pool *pool;
};

enum lg_status lg_signature_of_place(struct lg_analysis *analysis, const struct lg_place *place,
				     struct lg_signature *out, struct lg_error *err) LG_MUST_CHECK;

/* The words of garbage whose groups hang on heads of a type. */
void lg_signature_of_garbage(const struct lg_analysis *analysis, uint32_t type,
			     struct lg_signature *out);

uint32_t lg_signature_hash(const struct lg_signature *signature);
/* Its 8 digits, in the pool. */
const char *lg_signature_text(uint32_t hash, struct lg_pool *pool);

#endif
