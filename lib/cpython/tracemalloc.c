/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/image_words.h"
#include "cpython/object.h"
#include "cpython/roots.h"
#include "cpython/tracemalloc.h"

#define MAX_LOG2_BUCKETS 36
#define MAX_TRACES (1ull << 31)
#define MAX_CHAIN 4096      /* entries of one bucket: two are usual */
#define MAX_FRAMES 65535    /* of a traceback: as many as tracemalloc takes */
#define MAX_ALL_FRAMES (1ull << 27) /* of all tracebacks: they are shared, there are few */
#define MAX_LINE (1u << 28)
#define MAX_FILE_BYTES 4096
#define BUCKET_WORDS 8192   /* read at once */
#define SAMPLE 16           /* traces looked at when the table is searched for */
#define SAMPLE_BUCKETS 65536
#define MAX_GROWTH 512      /* of _PyRuntime, from one release of a version to another */
#define NO_SITE LG_NONE

struct reader {
	const struct lg_python *python;
	struct lg_intern *strings;
	struct lg_traces *out;
	struct lg_word_map traceback; /* address to site */
	struct lg_word_map file;      /* address of a name to string */
	struct lg_word_map line;      /* hash of a site to site */
	uint8_t *frames;              /* room for the frames of a traceback */
	size_t frames_capacity;
	uint64_t traces_left, frames_left;
};

static void release(struct reader *reader)
{
	lg_word_map_free(&reader->traceback);
	lg_word_map_free(&reader->file);
	lg_word_map_free(&reader->line);
	free(reader->frames);
}

void lg_traces_free(struct lg_traces *traces)
{
	free(traces->site);
	lg_word_map_free(&traces->block);
	*traces = (struct lg_traces){ 0 };
}

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for the traces of tracemalloc");
}

/* ---- the tables ---- */

struct table {
	uint64_t buckets, bucket_array, entries;
	uint32_t key_bytes; /* of traces that stand in their entries; else 0 */
};

#define DOMAIN_BYTES 4

static bool open_table(const struct lg_python *python, uint64_t address, struct table *out)
{
	const struct lg_layout *l = python->layout;

	if (address == 0 || address % LG_WORD_BYTES)
		return false;
	out->buckets = lg_peek(python, address + l->tracemalloc.buckets);
	out->entries = lg_peek(python, address + l->tracemalloc.entries);
	out->bucket_array = lg_peek(python, address + l->tracemalloc.bucket_array);
	out->key_bytes = l->tracemalloc.value_is_inline ?
				 (uint32_t)lg_peek(python, address + l->tracemalloc.key_bytes) :
				 0;
	if (l->tracemalloc.value_is_inline && out->key_bytes != LG_WORD_BYTES &&
	    out->key_bytes != LG_WORD_BYTES + DOMAIN_BYTES)
		return false;
	return out->buckets && (out->buckets & (out->buckets - 1)) == 0 &&
	       out->buckets <= 1ull << MAX_LOG2_BUCKETS && out->entries && out->entries <= MAX_TRACES &&
	       out->bucket_array && out->bucket_array % LG_WORD_BYTES == 0;
}

static uint64_t trace_of(const struct lg_python *python, const struct table *table, uint64_t entry)
{
	const struct lg_layout *l = python->layout;

	return table->key_bytes ? entry + l->tracemalloc.key + table->key_bytes :
				  lg_peek(python, entry + l->tracemalloc.value);
}

/* The block of an entry, 0 where it is of another domain than Python's memory. */
static uint64_t block_of(const struct lg_python *python, const struct table *table, uint64_t entry)
{
	uint64_t key = entry + python->layout->tracemalloc.key;

	if (table->key_bytes > LG_WORD_BYTES && (uint32_t)lg_peek(python, key + LG_WORD_BYTES))
		return 0;
	return lg_peek(python, key);
}

static uint32_t frame_count(const struct lg_python *python, uint64_t traceback)
{
	const struct lg_layout *l = python->layout;
	uint64_t count = lg_peek(python, traceback + l->tracemalloc.nframe);

	return (uint32_t)(count & ((1ull << 8 * l->tracemalloc.nframe_bytes) - 1));
}

/* The name of a frame's file: a str, or text of tracemalloc's own. */
static bool read_file_name(const struct lg_python *python, uint64_t file, char *text, size_t bytes)
{
	struct lg_error ignored;

	if (python->layout->tracemalloc.filename_is_text)
		return file && lg_memory_read_string(python->memory, file, text, bytes, &ignored) ==
				       LG_OK;
	return lg_python_text(python, file, text, bytes, &ignored) == LG_OK;
}

static bool is_file_name(const struct lg_python *python, uint64_t file)
{
	char text[MAX_FILE_BYTES];

	if (python->layout->tracemalloc.filename_is_text)
		return read_file_name(python, file, text, sizeof text) && text[0];
	return lg_object_has_flag(python, file, python->layout->type.flag_unicode_bit);
}

/* Is there an entry of the table of traces: a block, its size and a traceback with files? */
static bool is_entry(const struct lg_python *python, const struct table *table, uint64_t entry)
{
	const struct lg_layout *l = python->layout;
	uint64_t trace, traceback, file;
	uint32_t count;

	if (entry % LG_WORD_BYTES || !lg_peek(python, entry + l->tracemalloc.key))
		return false;
	trace = trace_of(python, table, entry);
	traceback = trace ? lg_peek(python, trace + l->tracemalloc.traceback) : 0;
	if (!traceback || traceback % LG_WORD_BYTES)
		return false;
	count = frame_count(python, traceback);
	file = lg_peek(python, traceback + l->tracemalloc.frames + l->tracemalloc.filename);
	return count && count <= MAX_FRAMES &&
	       is_file_name(python, file);
}

static bool is_table_of_traces(const struct lg_python *python, uint64_t word, void *context)
{
	const struct lg_layout *l = python->layout;
	struct table table;
	uint32_t seen = 0;

	(void)context;
	if (!open_table(python, word, &table))
		return false;
	for (uint64_t i = 0; i < table.buckets && i < SAMPLE_BUCKETS && seen < SAMPLE; i++) {
		uint64_t entry = lg_peek(python, table.bucket_array + i * LG_WORD_BYTES);

		for (int k = 0; entry && k < SAMPLE && seen < SAMPLE; k++, seen++) {
			if (!is_entry(python, &table, entry))
				return false;
			entry = lg_peek(python, entry + l->tracemalloc.next);
		}
	}
	return seen > 0;
}

/* The table of traces; 0 where there is none. */
static uint64_t find_table(const struct lg_python *python, const struct lg_maps *maps)
{
	uint32_t table = python->layout->tracemalloc.table;
	const struct lg_map *image = lg_maps_find(maps, python->image);

	if (table == LG_NO_FIELD)
		return image ? lg_image_find_word(python, maps, image, is_table_of_traces, NULL) : 0;
	for (uint32_t by = 0; by <= MAX_GROWTH; by += LG_WORD_BYTES) {
		uint64_t word = lg_peek(python, python->runtime + table + by);

		if (is_table_of_traces(python, word, NULL))
			return word;
	}
	return 0;
}

/* ---- sites ---- */

static enum lg_status file_of(struct reader *r, uint64_t file, uint32_t *out, struct lg_error *err)
{
	const uint32_t *known = lg_word_map_find(&r->file, file);
	char text[MAX_FILE_BYTES] = "";
	enum lg_status status;

	if (known) {
		*out = *known;
		return LG_OK;
	}
	if (!read_file_name(r->python, file, text, sizeof text))
		text[0] = 0;
	status = lg_intern_add(r->strings, text, strlen(text), out, err);
	if (status != LG_OK)
		return status;
	return file && !lg_word_map_set(&r->file, file, *out) ? no_memory(err) : LG_OK;
}

static bool same_site(const struct lg_site *a, const struct lg_site *b)
{
	return a->caller == b->caller && a->file == b->file && a->line == b->line;
}

static uint64_t hash_site(const struct lg_site *site)
{
	uint64_t hash = ((uint64_t)site->caller << 32 | site->file) * 0x9e3779b97f4a7c15ull;

	hash = (hash ^ hash >> 29 ^ site->line) * 0xbf58476d1ce4e5b9ull;
	return hash ^ hash >> 32;
}

/* The number of a site, new or known. Where hashes are equal, the next words are tried. */
static enum lg_status add_site(struct reader *r, const struct lg_site *site, uint32_t *out,
			       struct lg_error *err)
{
	struct lg_traces *traces = r->out;
	uint64_t hash = hash_site(site);

	for (;; hash++) {
		const uint32_t *known = lg_word_map_find(&r->line, hash ? hash : ++hash);

		if (!known)
			break;
		*out = *known;
		if (same_site(&traces->site[*known], site))
			return LG_OK;
	}
	if (traces->site_count >= LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "more than %u sites of allocations", LG_MAX_OBJECTS);
	if (!lg_reserve(traces->site, traces->site_capacity, traces->site_count + 1) ||
	    !lg_word_map_set(&r->line, hash, (uint32_t)traces->site_count))
		return no_memory(err);
	*out = (uint32_t)traces->site_count;
	traces->site[traces->site_count++] = *site;
	return LG_OK;
}

/* The frames stand innermost first; sites are added from the outermost on. */
static enum lg_status add_frames(struct reader *r, uint32_t count, uint32_t *out,
				 struct lg_error *err)
{
	const struct lg_layout *l = r->python->layout;
	struct lg_site site = { .caller = NO_SITE };
	enum lg_status status = LG_OK;

	for (uint32_t i = count; i-- > 0 && status == LG_OK;) {
		const uint8_t *frame = r->frames + (size_t)i * l->tracemalloc.frame_bytes;
		uint64_t file;

		memcpy(&file, frame + l->tracemalloc.filename, sizeof file);
		memcpy(&site.line, frame + l->tracemalloc.lineno, sizeof site.line);
		if (site.line > MAX_LINE)
			site.line = 0;
		status = file_of(r, file, &site.file, err);
		if (status == LG_OK)
			status = add_site(r, &site, out, err);
		site.caller = *out;
	}
	return status;
}

static enum lg_status site_of(struct reader *r, uint64_t traceback, uint32_t *out,
			      struct lg_error *err)
{
	const struct lg_layout *l = r->python->layout;
	const uint32_t *known = lg_word_map_find(&r->traceback, traceback);
	uint32_t count = frame_count(r->python, traceback);
	size_t bytes = (size_t)count * l->tracemalloc.frame_bytes;
	struct lg_error ignored;
	enum lg_status status;

	*out = known ? *known : NO_SITE;
	if (known || count == 0 || count > MAX_FRAMES || count > r->frames_left)
		return LG_OK;
	r->frames_left -= count;
	if (!lg_reserve(r->frames, r->frames_capacity, bytes))
		return no_memory(err);
	if (lg_memory_read(r->python->memory, traceback + l->tracemalloc.frames, r->frames, bytes,
			   &ignored) != LG_OK)
		return LG_OK;
	status = add_frames(r, count, out, err);
	if (status != LG_OK)
		return status;
	return lg_word_map_set(&r->traceback, traceback, *out) ? LG_OK : no_memory(err);
}

/* ---- traces ---- */

static enum lg_status read_chain(struct reader *r, const struct table *table, uint64_t entry,
				 struct lg_error *err)
{
	const struct lg_layout *l = r->python->layout;

	for (int i = 0; entry && entry % LG_WORD_BYTES == 0 && i < MAX_CHAIN; i++) {
		uint64_t block = block_of(r->python, table, entry);
		uint64_t trace = trace_of(r->python, table, entry);
		uint64_t traceback = trace ? lg_peek(r->python, trace + l->tracemalloc.traceback) : 0;
		uint32_t site = NO_SITE;
		enum lg_status status = LG_OK;

		if (r->traces_left == 0)
			return LG_OK;
		r->traces_left--;
		if (traceback && traceback % LG_WORD_BYTES == 0)
			status = site_of(r, traceback, &site, err);
		if (status != LG_OK)
			return status;
		if (block && site != NO_SITE && !lg_word_map_set(&r->out->block, block, site))
			return no_memory(err);
		entry = lg_peek(r->python, entry + l->tracemalloc.next);
	}
	return LG_OK;
}

static enum lg_status read_table(struct reader *r, const struct table *table, struct lg_error *err)
{
	lg_cleanup(lg_free) uint64_t *heads = lg_alloc(BUCKET_WORDS, sizeof *heads);
	enum lg_status status = LG_OK;

	if (!heads)
		return no_memory(err);
	for (uint64_t first = 0; first < table->buckets && status == LG_OK; first += BUCKET_WORDS) {
		uint64_t count = table->buckets - first;
		struct lg_error ignored;

		if (count > BUCKET_WORDS)
			count = BUCKET_WORDS;
		if (lg_memory_read(r->python->memory, table->bucket_array + first * LG_WORD_BYTES,
				   heads, count * LG_WORD_BYTES, &ignored) != LG_OK)
			return LG_OK;
		for (uint64_t i = 0; i < count && r->traces_left && status == LG_OK; i++)
			status = read_chain(r, table, heads[i], err);
	}
	return status;
}

enum lg_status lg_traces_read(const struct lg_python *python, const struct lg_maps *maps,
			      uint64_t most, struct lg_intern *strings, struct lg_traces *out,
			      struct lg_error *err)
{
	lg_cleanup(release) struct reader reader = {
		.python = python,
		.strings = strings,
		.out = out,
		.traces_left = most,
		.frames_left = MAX_ALL_FRAMES,
	};
	struct table table;

	*out = (struct lg_traces){ 0 };
	if (!open_table(python, find_table(python, maps), &table))
		return LG_OK;
	return read_table(&reader, &table, err);
}
