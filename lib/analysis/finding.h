/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_FINDING_H
#define LG_ANALYSIS_FINDING_H

#include "analysis/named.h"
#include "base/word_map.h"

/* How a name of named.h is followed, step by step. */

/* A set of nodes, each once, in the order in which they came. */
struct lg_node_set {
	uint32_t *node;
	size_t count, capacity;
	uint64_t *has; /* a bit for each node */
};

/* The search for a name; zero-initialised but for the first three and `out`. */
struct lg_finding {
	struct lg_analysis *analysis;
	struct lg_error *err;
	const char *text; /* the whole name, safe to print */
	const char *step; /* what is looked for */
	struct lg_node_set at; /* where the steps so far lead to */
	struct lg_node_set next;
	struct lg_node_set through; /* what is looked through */
	struct lg_word_map answer;  /* of labels and types: 1 is not the step, 2 is it */
	struct lg_buffer buffer;
	struct lg_named *out;
	size_t reference_capacity, root_capacity;
	uint32_t last_holder;
	char other[LG_ERROR_TEXT_BYTES / 2]; /* candidates */
	size_t other_count;
	bool in_dict; /* within what is an instance's own __dict__ */
	bool failed;
};

bool lg_finding_make(struct lg_finding *f);
void lg_finding_release(struct lg_finding *f);

/* A failure to grow is seen in f->failed. */
void lg_finding_add(struct lg_finding *f, struct lg_node_set *set, uint32_t node);
enum lg_status lg_finding_no_memory(const struct lg_finding *f);

/*
 * On from f->at: by a label, whose references are f->out's then, or by a type,
 * of which those are kept that lead to it. O(references of f->at).
 */
enum lg_status lg_finding_follow(struct lg_finding *f, const char *step) LG_MUST_CHECK;

/* What there is instead of what was looked for: a few, and ", …" where there are more. */
void lg_finding_candidate(struct lg_finding *f, const char *text);
void lg_finding_clear_candidates(struct lg_finding *f);
const char *lg_finding_more(const struct lg_finding *f);

/* f->buffer, used again for each text. */
static inline void lg_finding_begin_text(struct lg_buffer *buffer)
{
	buffer->used = 0;
	if (buffer->bytes)
		buffer->bytes[0] = 0;
}

static inline const char *lg_finding_text(const struct lg_buffer *buffer)
{
	return buffer->bytes ? buffer->bytes : "";
}

#endif
