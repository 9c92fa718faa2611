/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "leakgraph/signature.h"
#include "profile/suspects.h"

LG_DEFINE_CLEANUP(lg_verdict_free, struct lg_verdict *)

#define WORD_BETWEEN " | "

static enum lg_status join_words(struct lg_profile_words *words, const struct lg_holder *holder,
				 uint32_t *out, struct lg_error *err)
{
	lg_cleanup(lg_buffer_free) struct lg_buffer text = {0};

	for (size_t i = 0; i < holder->signature_words; i++) {
		lg_buffer_add(&text, i ? WORD_BETWEEN : "");
		lg_buffer_add(&text, holder->signature_word[i]);
	}
	if (text.failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for the words of a suspect");
	return lg_profile_word(words, text.bytes ? text.bytes : "", out, err);
}

static enum lg_status add_suspect(struct lg_profile_search *search, const struct lg_holder *holder)
{
	struct lg_profile_suspect *suspect = &search->suspect[search->suspect_count];
	uint32_t object = holder->path.hop[holder->accumulation].object;
	enum lg_status status;

	*suspect = (struct lg_profile_suspect){
		.row = search->row[lg_analysis_node(search->analysis, object)],
		.count = holder->count,
		.retained_bytes = holder->retained_bytes,
	};
	if (!lg_signature_parse(holder->signature, &suspect->signature))
		return LG_OK;
	status = join_words(&search->words, holder, &suspect->words, search->err);
	if (status == LG_OK)
		status = lg_profile_word(&search->words, holder->type, &suspect->type,
					 search->err);
	if (status == LG_OK)
		search->suspect_count++;
	return status;
}

enum lg_status lg_profile_find_suspects(struct lg_profile_search *search)
{
	lg_cleanup(lg_verdict_free_slot) struct lg_verdict *verdict = NULL;
	enum lg_status status = lg_verdict_build(search->analysis, LG_PROFILE_MAX_SUSPECTS, &verdict,
						 search->err);

	if (status != LG_OK)
		return status;
	search->suspect = lg_alloc_zero(LG_PROFILE_MAX_SUSPECTS, sizeof *search->suspect);
	if (!search->suspect)
		return lg_fail(search->err, LG_E_MEMORY, "no memory for %d suspects",
			       LG_PROFILE_MAX_SUSPECTS);
	for (size_t i = 0; i < verdict->holder_count && status == LG_OK; i++)
		if (search->suspect_count < LG_PROFILE_MAX_SUSPECTS &&
		    verdict->holder[i].path.count > verdict->holder[i].accumulation)
			status = add_suspect(search, &verdict->holder[i]);
	return status;
}
