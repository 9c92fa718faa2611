/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "formats/dump/redact.h"

#define HASHED_BYTES 17 /* "~" and 16 hex digits */

/* Per string. What neither mark is on is used by nothing and is hashed too. */
enum { KEEP = 1, HASH = 2 };

static bool is_hidden(uint8_t kind)
{
	return kind == LG_REF_ATTR || kind == LG_REF_KEY_STR || kind == LG_REF_LOCAL ||
	       kind == LG_REF_CELL || kind == LG_REF_DEFAULT || kind == LG_REF_CONTEXT;
}

static bool begins_with(const char *bytes, uint64_t length, const char *word)
{
	return strlen(word) <= length && memcmp(bytes, word, strlen(word)) == 0;
}

/*
 * Programs and libraries are told by name; other files that are mapped are data,
 * and their names may be, too.
 */
static bool is_program(const struct lg_snapshot *s, uint32_t file)
{
	struct lg_text path = lg_snapshot_string(s, file);
	uint64_t name = path.length;

	while (name && path.bytes[name - 1] != '/')
		name--;
	if (file == s->info.executable || begins_with(path.bytes + name, path.length - name, "python"))
		return true;
	for (uint64_t i = name; i < path.length; i++)
		if (begins_with(path.bytes + i, path.length - i, ".so"))
			return true;
	return false;
}

static void mark(const struct lg_snapshot *s, uint8_t *use)
{
	const uint32_t info[] = {s->info.command_line, s->info.executable, s->info.python_version,
				 s->info.producer, s->info.malloc};

	use[0] |= KEEP;
	for (unsigned i = 0; i < sizeof info / sizeof *info; i++)
		use[info[i]] |= KEEP;
	for (uint32_t i = 0; i < s->type_count; i++) {
		use[s->types[i].module] |= KEEP;
		use[s->types[i].name] |= KEEP;
	}
	for (uint32_t i = 0; i < s->root_count; i++)
		use[s->roots[i].name] |= KEEP;
	for (uint32_t i = 0; i < s->thread_count; i++)
		use[s->threads[i].name] |= KEEP;
	for (uint32_t i = 0; i < s->frame_count; i++) {
		use[s->frames[i].function] |= KEEP;
		use[s->frames[i].file] |= KEEP;
	}
	for (uint32_t i = 0; i < s->site_count; i++)
		use[s->sites[i].file] |= KEEP;
	for (uint32_t i = 0; i < s->task_count; i++)
		use[s->tasks[i].name] |= KEEP;
	for (uint32_t i = 0; i < s->mapping_count; i++)
		use[s->mappings[i].file] |= is_program(s, s->mappings[i].file) ? KEEP : HASH;
	for (uint32_t i = 0; i < s->reference_count; i++)
		if (s->ref_kind[i] != LG_REF_KEY_TYPE)
			use[s->ref_name[i]] |= is_hidden(s->ref_kind[i]) ? HASH : KEEP;
}

static void append_hashed(struct lg_redacted *out, const struct lg_text *text)
{
	struct lg_strings *strings = &out->view.strings;
	uint64_t end = out->offset[strings->count];

	/* Room for the terminator: the buffer has HASHED_BYTES + 1 for each. */
	snprintf(out->bytes + end, HASHED_BYTES + 1, "~%016llx",
		 (unsigned long long)XXH3_64bits(text->bytes, text->length));
	out->offset[++strings->count] = end + HASHED_BYTES;
}

static void append_kept(struct lg_redacted *out, const struct lg_text *text)
{
	struct lg_strings *strings = &out->view.strings;
	uint64_t end = out->offset[strings->count];

	if (text->length)
		memcpy(out->bytes + end, text->bytes, text->length);
	out->offset[++strings->count] = end + text->length;
}

/*
 * Numbers stay, so that only references change: a string that is kept for a
 * type and hidden as a key gets a second, hashed entry at the end.
 */
static void build_strings(const struct lg_snapshot *s, const uint8_t *use, uint32_t *hashed_as,
			  struct lg_redacted *out)
{
	for (uint32_t i = 0; i < s->strings.count; i++) {
		struct lg_text text = lg_snapshot_string(s, i);

		hashed_as[i] = i;
		if (use[i] & KEEP)
			append_kept(out, &text);
		else
			append_hashed(out, &text);
	}
	for (uint32_t i = 1; i < s->strings.count; i++) {
		struct lg_text text = lg_snapshot_string(s, i);

		if (use[i] != (KEEP | HASH))
			continue;
		hashed_as[i] = out->view.strings.count;
		append_hashed(out, &text);
	}
}

enum lg_status lg_redact(const struct lg_snapshot *s, struct lg_redacted *out, struct lg_error *err)
{
	uint64_t count = s->strings.count, bytes = s->strings.offset[count];
	lg_cleanup(lg_free) uint8_t *use = lg_alloc_zero(count, 1);
	lg_cleanup(lg_free) uint32_t *hashed_as = lg_alloc(count, sizeof *hashed_as);

	if (count > UINT32_MAX / 2)
		return lg_fail(err, LG_E_LIMIT, "%lu strings, redacted dumps hold %u", count,
			       UINT32_MAX / 2);
	out->view = *s;
	out->view.strings.count = 0;
	/* That a value is equal to a name that can be guessed says what the value is. */
	out->view.equal_count = 0;
	out->offset = lg_alloc_zero(2 * count + 1, sizeof *out->offset);
	out->bytes = lg_alloc(bytes + 2 * count * HASHED_BYTES + 1, 1);
	out->ref_name = lg_alloc(s->reference_count, sizeof *out->ref_name);
	out->mappings = lg_alloc(s->mapping_count, sizeof *out->mappings);
	if (!use || !hashed_as || !out->offset || !out->bytes || !out->ref_name || !out->mappings)
		return lg_fail(err, LG_E_MEMORY, "no memory to redact %lu strings of %u references",
			       count, s->reference_count);
	out->view.strings.offset = out->offset;
	out->view.strings.bytes = out->bytes;
	out->view.ref_name = out->ref_name;
	out->view.mappings = out->mappings;
	mark(s, use);
	build_strings(s, use, hashed_as, out);
	for (uint32_t i = 0; i < s->reference_count; i++)
		out->ref_name[i] = is_hidden(s->ref_kind[i]) ? hashed_as[s->ref_name[i]]
							     : s->ref_name[i];
	for (uint32_t i = 0; i < s->mapping_count; i++) {
		out->mappings[i] = s->mappings[i];
		if (!is_program(s, s->mappings[i].file))
			out->mappings[i].file = hashed_as[s->mappings[i].file];
	}
	return LG_OK;
}

void lg_redacted_release(struct lg_redacted *redacted)
{
	free(redacted->ref_name);
	free(redacted->mappings);
	free(redacted->offset);
	free(redacted->bytes);
}
