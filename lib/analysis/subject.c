/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analysis/named.h"
#include "analysis/subject.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "leakgraph/signature.h"

#define MAX_CANDIDATES 5
#define MAX_NEAR 3
/* Looking for a name that was nearly hit: no longer names, and no more types, than this. */
#define MAX_NEAR_BYTES 64
#define MAX_NEAR_TYPES 20000
#define MAX_DISTANCE 3

void lg_subject_free(struct lg_subject *subject)
{
	free(subject->node);
	subject->node = NULL;
}

static bool parse_number(const char *text, int base, uint64_t *out)
{
	char *end;

	if (!isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*out = strtoull(text, &end, base);
	return errno == 0 && *end == 0;
}

static enum lg_status take_object(uint64_t index, struct lg_subject *out, struct lg_error *err)
{
	out->one_object = true;
	out->object = (uint32_t)index;
	out->count = 1;
	out->node = lg_alloc(1, sizeof *out->node);
	if (!out->node)
		return lg_fail(err, LG_E_MEMORY, "no memory for an object");
	out->node[0] = out->object;
	return LG_OK;
}

static enum lg_status resolve_index(const struct lg_analysis *analysis, const char *text,
				    struct lg_subject *out, struct lg_error *err)
{
	uint32_t count = analysis->snapshot->object_count;
	uint64_t index;

	if (!isdigit((unsigned char)text[1]) || !parse_number(text + 1, 10, &index))
		return lg_fail(err, LG_E_USAGE,
			       "'%s' is no index of an object: expected # and a "
			       "number",
			       text);
	if (index == 0 || index >= count)
		return lg_fail(err, LG_E_NOT_FOUND, "no object %s: the dump has #1 to #%u", text,
			       count - 1);
	return take_object(index, out, err);
}

static enum lg_status resolve_address(const struct lg_analysis *analysis, const char *text,
				      struct lg_subject *out, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t inside = 0;
	uint64_t address;

	if (!parse_number(text + 2, 16, &address))
		return lg_fail(err, LG_E_USAGE, "'%s' is no address: expected 0x and hex digits",
			       text);
	for (uint32_t i = 1; i < s->object_count; i++) {
		if (s->address[i] == address)
			return take_object(i, out, err);
		if (s->address[i] < address && address - s->address[i] < s->shallow_bytes[i])
			inside = i;
	}
	if (inside)
		return lg_fail(err, LG_E_NOT_FOUND,
			       "no object at %s; it lies inside #%u at 0x%" PRIx64, text, inside,
			       s->address[inside]);
	return lg_fail(err, LG_E_NOT_FOUND, "no object at %s in this dump", text);
}

/* The text of a type; the buffer is used again. */
static const char *type_text(const struct lg_analysis *analysis, uint32_t type,
			     struct lg_buffer *buffer)
{
	buffer->used = 0;
	if (buffer->bytes)
		buffer->bytes[0] = 0;
	lg_type_text(analysis, type, buffer);
	return buffer->bytes ? buffer->bytes : "";
}

/* 2: the whole name; 1: its last part or parts; 0: another. */
static int match(const char *name, const char *text)
{
	size_t n = strlen(name), t = strlen(text);

	if (strcmp(name, text) == 0)
		return 2;
	return t < n && name[n - t - 1] == '.' && strcmp(name + n - t, text) == 0;
}

/* Names of candidates, for a message. */
struct candidates {
	char text[LG_ERROR_TEXT_BYTES / 2];
	size_t used;
	uint32_t named, more;
	char last[256];
};

static void add_candidate(struct candidates *c, const char *name, uint32_t cap)
{
	int n;

	if (c->named && strncmp(c->last, name, sizeof c->last - 1) == 0)
		return;
	if (c->named >= cap || c->used + strlen(name) + 3 > sizeof c->text) {
		c->more++;
		return;
	}
	n = snprintf(c->text + c->used, sizeof c->text - c->used, "%s%s", c->named ? ", " : "",
		     name);
	c->used += n > 0 ? (size_t)n : 0;
	snprintf(c->last, sizeof c->last, "%s", name);
	c->named++;
}

/* Levenshtein's distance, up to MAX_NEAR_BYTES bytes a side. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[MAX_NEAR_BYTES + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > MAX_NEAR_BYTES || lb > MAX_NEAR_BYTES)
		return MAX_NEAR_BYTES;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned above = row[j], best = corner;

			best += tolower((unsigned char)a[i - 1]) !=
				tolower((unsigned char)b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = above;
			row[j] = best;
		}
	}
	return row[lb];
}

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot[1] ? dot + 1 : name;
}

static bool is_near(const char *name, const char *text, unsigned allowed)
{
	if (distance(last_part(name), last_part(text)) <= allowed)
		return true;
	return strlen(text) >= 3 && strcasestr(last_part(name), last_part(text));
}

static enum lg_status nothing_found(const struct lg_analysis *analysis, const char *text,
				    struct lg_buffer *buffer, struct lg_error *err)
{
	struct candidates near = {0};
	uint32_t types = analysis->snapshot->type_count;
	struct lg_buffer safe = {0};

	for (unsigned allowed = 0; allowed <= MAX_DISTANCE && !near.named; allowed++)
		for (uint32_t t = 1; t < types && t < MAX_NEAR_TYPES; t++) {
			const char *name = type_text(analysis, t, buffer);

			if (is_near(name, text, allowed))
				add_candidate(&near, name, MAX_NEAR);
		}
	lg_buffer_name(&safe, (struct lg_text){text, strlen(text)}, 0, LG_NAME_COLUMNS);
	if (near.named)
		lg_fail(err, LG_E_NOT_FOUND, "no objects of a type '%s'; nearest: %s",
			safe.bytes ? safe.bytes : "", near.text);
	else
		lg_fail(err, LG_E_NOT_FOUND, "no objects of a type '%s' in this dump",
			safe.bytes ? safe.bytes : "");
	lg_buffer_free(&safe);
	return LG_E_NOT_FOUND;
}

/* The types meant: marked with `level` in match_of. LG_E_USAGE where they have several names. */
static enum lg_status choose_types(const struct lg_analysis *analysis, const char *text,
				   uint8_t *match_of, struct lg_buffer *buffer, int *level,
				   struct lg_error *err)
{
	struct candidates found = {0};
	uint32_t types = analysis->snapshot->type_count;

	*level = 0;
	for (uint32_t t = 1; t < types; t++) {
		int m;

		if (analysis->snapshot->types[t].flags & LG_TYPE_PSEUDO)
			continue;
		m = match(type_text(analysis, t, buffer), text);
		match_of[t] = (uint8_t)m;
		if (m > *level)
			*level = m;
	}
	if (*level == 0)
		return nothing_found(analysis, text, buffer, err);
	for (uint32_t t = 1; t < types && *level == 1; t++)
		if (match_of[t] == *level)
			add_candidate(&found, type_text(analysis, t, buffer), MAX_CANDIDATES);
	if (found.named + found.more > 1)
		return lg_fail(err, LG_E_USAGE, "'%s' is the name of several types: %s%s", text,
			       found.text, found.more ? ", …" : "");
	return LG_OK;
}

static enum lg_status resolve_type(const struct lg_analysis *analysis, const char *text,
				   struct lg_subject *out, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint8_t *match_of = lg_alloc_zero(s->type_count, 1);
	lg_cleanup(lg_buffer_free) struct lg_buffer buffer = {0};
	size_t capacity = 0;
	enum lg_status status;
	int level;

	if (!match_of)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", s->type_count);
	status = choose_types(analysis, text, match_of, &buffer, &level, err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 1; i < s->object_count; i++) {
		if (match_of[s->type[i]] != level)
			continue;
		if (!lg_reserve(out->node, capacity, (size_t)out->count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %u objects", out->count);
		out->node[out->count++] = i;
		out->type = s->type[i];
	}
	return out->count ? LG_OK : nothing_found(analysis, text, &buffer, err);
}

/* Behind the types: a class may well be called Decade01. */
static enum lg_status resolve_signature(struct lg_analysis *analysis, uint32_t signature,
					struct lg_subject *out, struct lg_error *err)
{
	enum lg_status status =
		lg_signature_objects(analysis, signature, &out->node, &out->count, err);

	if (status != LG_OK)
		return status;
	out->type = analysis->snapshot->type[out->node[0]];
	return LG_OK;
}

/* ---- sets of several types ---- */

static enum lg_status count_types(const struct lg_analysis *analysis, struct lg_subject *out,
				  struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint64_t *met = lg_alloc_zero(lg_bit_words(s->type_count), sizeof *met);

	if (!met)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u types", s->type_count);
	for (uint32_t i = 0; i < out->count; i++) {
		uint32_t type = s->type[out->node[i]];

		out->type_count += !lg_bit_get(met, type);
		lg_bit_set(met, type);
	}
	out->type = s->type[out->node[0]];
	out->one_object = out->count == 1;
	out->object = out->node[0];
	return LG_OK;
}

static enum lg_status resolve_path(struct lg_analysis *analysis, const char *text,
				   struct lg_subject *out, struct lg_error *err)
{
	lg_cleanup(lg_named_release) struct lg_named named = {0};
	enum lg_status status = lg_named_find(analysis, text, &named, err);

	if (status != LG_OK)
		return status;
	out->node = named.node;
	out->count = named.node_count;
	named.node = NULL;
	return count_types(analysis, out, err);
}

/* ---- lists ---- */

/* Each of these is a pass over all objects or types; numbers are not. */
#define MAX_LISTED_NAMES 1000

static enum lg_status resolve_one(struct lg_analysis *analysis, const char *text,
				  struct lg_subject *out, struct lg_error *err);

static enum lg_status mark_number(const struct lg_analysis *analysis, const char *word,
				  uint64_t *is, struct lg_error *err)
{
	uint64_t index;

	if (!parse_number(word, 10, &index) || index == 0 ||
	    index >= analysis->snapshot->object_count)
		return lg_fail(err, LG_E_NOT_FOUND, "no object #%s: the dump has #1 to #%u", word,
			       analysis->snapshot->object_count - 1);
	lg_bit_set(is, index);
	return LG_OK;
}

static enum lg_status mark_named(struct lg_analysis *analysis, const char *word, uint64_t *is,
				 struct lg_error *err)
{
	lg_cleanup(lg_subject_free) struct lg_subject one = {0};
	enum lg_status status = resolve_one(analysis, word, &one, err);

	for (uint32_t i = 0; status == LG_OK && i < one.count; i++)
		lg_bit_set(is, one.node[i]);
	return status;
}

static enum lg_status mark_listed(struct lg_analysis *analysis, char *text, const char *separator,
				  uint64_t *is, struct lg_error *err)
{
	enum lg_status status = LG_OK;
	unsigned names = 0, words = 0;
	char *rest, *word = strtok_r(text, separator, &rest);

	for (; word && status == LG_OK; word = strtok_r(NULL, separator, &rest)) {
		size_t length;

		word += strspn(word, " \t\r");
		length = strlen(word);
		while (length && strchr(" \t\r", word[length - 1]))
			word[--length] = 0;
		if (!length || (words++ == 0 && strcmp(word, "id") == 0))
			continue;
		if (word[strspn(word, "0123456789")] == 0)
			status = mark_number(analysis, word, is, err);
		else if (++names > MAX_LISTED_NAMES)
			status = lg_fail(err, LG_E_USAGE, "a list of more than %u names, expected "
					 "numbers of objects", MAX_LISTED_NAMES);
		else
			status = mark_named(analysis, word, is, err);
	}
	return status;
}

static enum lg_status take_marked(const struct lg_analysis *analysis, const uint64_t *is,
				  struct lg_subject *out, struct lg_error *err)
{
	uint32_t objects = analysis->snapshot->object_count, count = 0;

	for (size_t word = 0; word < lg_bit_words(objects); word++)
		count += (uint32_t)__builtin_popcountll(is[word]);
	if (!count)
		return lg_fail(err, LG_E_USAGE, "the list names no object");
	out->node = lg_alloc(count, sizeof *out->node);
	if (!out->node)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u objects", count);
	for (uint32_t i = 1; i < objects; i++)
		if (lg_bit_get(is, i))
			out->node[out->count++] = i;
	return count_types(analysis, out, err);
}

enum lg_status lg_subject_resolve_list(struct lg_analysis *analysis, const char *text,
				       struct lg_subject *out, struct lg_error *err)
{
	const char *separator = strchr(text, '\n') ? "\n" : ",";
	lg_cleanup(lg_free) uint64_t *is =
		lg_alloc_zero(lg_bit_words(analysis->snapshot->object_count), sizeof *is);
	lg_cleanup(lg_free) char *copy = strdup(text);
	enum lg_status status;

	if (!is || !copy)
		return lg_fail(err, LG_E_MEMORY, "no memory for a list of objects");
	*out = (struct lg_subject){0};
	status = mark_listed(analysis, copy, separator, is, err);
	return status == LG_OK ? take_marked(analysis, is, out, err) : status;
}

static bool is_address(const char *text)
{
	return strncasecmp(text, "0x", 2) == 0;
}

/* Can it be that of a reference or of a root: "app.cache.ENTRIES", "thread worker-3"? */
static bool may_be_named(const char *text)
{
	return text[0] != '#' && !is_address(text) && strpbrk(text, ". ");
}

static enum lg_status resolve_one(struct lg_analysis *analysis, const char *text,
				  struct lg_subject *out, struct lg_error *err)
{
	struct lg_error other = {0};
	enum lg_status status, found;
	uint32_t signature;

	if (lg_named_is_path(text))
		return resolve_path(analysis, text, out, err);
	if (text[0] == 0)
		return lg_fail(err, LG_E_USAGE,
			       "expected a type, #INDEX, 0xADDRESS or a signature, not ''");
	if (text[0] == '#')
		status = resolve_index(analysis, text, out, err);
	else if (is_address(text))
		status = resolve_address(analysis, text, out, err);
	else
		status = resolve_type(analysis, text, out, err);
	if (status == LG_E_NOT_FOUND && lg_signature_parse(text, &signature)) {
		lg_subject_free(out);
		status = resolve_signature(analysis, signature, out, err);
	}
	if (status == LG_E_NOT_FOUND && may_be_named(text)) {
		lg_subject_free(out);
		found = resolve_path(analysis, text, out, &other);
		if (found == LG_OK)
			return LG_OK;
		/* What is no name of a reference either is rather a type that was misspelt. */
		if (found != LG_E_NOT_FOUND)
			*err = other;
		status = found;
	}
	if (status != LG_OK)
		lg_subject_free(out);
	else if (out->one_object)
		out->type = analysis->snapshot->type[out->object];
	return status;
}

enum lg_status lg_subject_resolve(struct lg_analysis *analysis, const char *text,
				struct lg_subject *out, struct lg_error *err)
{
	enum lg_status status;

	*out = (struct lg_subject){0};
	if (strchr(text, '\n') || (strchr(text, ',') && !lg_named_is_path(text)))
		status = lg_subject_resolve_list(analysis, text, out, err);
	else
		status = resolve_one(analysis, text, out, err);
	if (status != LG_OK)
		lg_subject_free(out);
	return status;
}

const char *lg_subject_text(const struct lg_analysis *analysis, const struct lg_subject *subject,
			    struct lg_pool *pool)
{
	struct lg_buffer text = {0};
	char number[LG_NUMBER_TEXT_BYTES];

	if (subject->one_object) {
		lg_buffer_format(&text, "#%u ", subject->object);
		lg_object_type_text(analysis, subject->object, 1, &text);
		lg_buffer_format(&text, " at 0x%" PRIx64,
				 analysis->snapshot->address[subject->object]);
	} else if (subject->type_count > 1) {
		lg_buffer_format(&text, "%s objects", lg_count_text(subject->count, number));
		lg_buffer_format(&text, " of %s types", lg_count_text(subject->type_count, number));
	} else {
		lg_type_text(analysis, subject->type, &text);
		lg_buffer_format(&text, " (%s object%s)", lg_count_text(subject->count, number),
				 subject->count == 1 ? "" : "s");
	}
	return lg_buffer_keep(&text, pool);
}
