/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "profile/paths.h"
#include "profile/words.h"

enum lg_status lg_profile_words_make(const struct lg_analysis *analysis,
				     struct lg_profile_words *out, struct lg_error *err)
{
	*out = (struct lg_profile_words){.analysis = analysis, .strings = lg_intern_new()};
	out->of_type = lg_alloc_zero(analysis->snapshot->type_count, sizeof *out->of_type);
	if (!out->strings || !out->of_type)
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of %u types",
			       analysis->snapshot->type_count);
	return lg_profile_word(out, LG_PATH_ELSEWHERE, &out->elsewhere, err);
}

void lg_profile_words_release(struct lg_profile_words *words)
{
	lg_intern_free(words->strings);
	lg_word_map_free(&words->labels);
	free(words->of_type);
	*words = (struct lg_profile_words){0};
}

enum lg_status lg_profile_word(struct lg_profile_words *words, const char *text, uint32_t *out,
			       struct lg_error *err)
{
	return lg_intern_add(words->strings, text, strlen(text), out, err);
}

static enum lg_status keep(struct lg_profile_words *words, const struct lg_buffer *text,
			   uint32_t *out, struct lg_error *err)
{
	*out = 0;
	if (text->failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	return lg_intern_add(words->strings, text->bytes ? text->bytes : "", text->used, out, err);
}

enum lg_status lg_profile_label(struct lg_profile_words *words, struct lg_label label,
				uint32_t *out, struct lg_error *err)
{
	uint64_t key = ((uint64_t)label.kind + 1) << 32 | label.name;
	const uint32_t *known = lg_word_map_find(&words->labels, key);
	lg_cleanup(lg_buffer_free) struct lg_buffer text = {0};
	enum lg_status status;

	if (known) {
		*out = *known;
		return LG_OK;
	}
	lg_label_text(words->analysis, label, true, &text);
	status = keep(words, &text, out, err);
	if (status == LG_OK && !lg_word_map_set(&words->labels, key, *out))
		status = lg_fail(err, LG_E_MEMORY, "no memory for %zu labels", words->labels.count);
	return status;
}

enum lg_status lg_profile_type(struct lg_profile_words *words, uint32_t node, uint32_t *out,
			       struct lg_error *err)
{
	const struct lg_analysis *analysis = words->analysis;
	uint32_t type = analysis->snapshot->type[node];
	const struct lg_frame *frame =
		analysis->suspended_count ? lg_analysis_suspended(analysis, node) : NULL;
	bool suspended = frame && frame->function;
	lg_cleanup(lg_buffer_free) struct lg_buffer text = {0};
	enum lg_status status;

	*out = words->of_type[type];
	if (*out && !suspended)
		return LG_OK;
	lg_type_text(analysis, type, &text);
	/* With the function, but not the line: that moves with each build. */
	if (suspended) {
		lg_buffer_add(&text, " ");
		lg_buffer_name(&text, lg_snapshot_string(analysis->snapshot, frame->function), 0,
			       LG_NAME_COLUMNS);
		lg_buffer_add(&text, "()");
	}
	status = keep(words, &text, out, err);
	if (status == LG_OK && !suspended)
		words->of_type[type] = *out;
	return status;
}

/* "worker-17" is one of many: "worker-N". */
static void drop_numbers(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (!isdigit((unsigned char)*from))
			*to++ = *from;
		else if (from == text || !isdigit((unsigned char)from[-1]))
			*to++ = 'N';
	}
	*to = 0;
}

/* "_x.cpython-311-x86_64-linux-gnu.so" of each version is "_x.so". */
static void drop_tag(char *text)
{
	char *tag = strstr(text, ".cpython-"), *end = tag ? strstr(tag, ".so") : NULL;

	if (end)
		memmove(tag, end, strlen(end) + 1);
}

enum lg_status lg_profile_root(struct lg_profile_words *words, const struct lg_root *root,
			       uint32_t *out, struct lg_error *err)
{
	lg_cleanup(lg_buffer_free) struct lg_buffer text = {0};

	lg_root_text(words->analysis, root, &text);
	if (text.bytes && root->kind == LG_ROOT_C_CODE)
		drop_tag(text.bytes);
	if (text.bytes && (root->kind == LG_ROOT_C_CODE || root->kind == LG_ROOT_THREAD))
		drop_numbers(text.bytes);
	if (text.bytes)
		text.used = strlen(text.bytes);
	return keep(words, &text, out, err);
}
