/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/intern.h"
#include "base/word_map.h"
#include "formats/pprof/gzip.h"
#include "formats/pprof/message.h"
#include "formats/pprof/pprof.h"

/* Fields of profile.proto (github.com/google/pprof). */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME_NS = 9,
	PROFILE_DEFAULT_TYPE = 14
};
enum { TYPE_TYPE = 1, TYPE_UNIT = 2 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2 };
enum { LOCATION_ID = 1, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum { FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3, FUNCTION_FILE = 4 };

/* So that a sample fits a message. */
#define MOST_FRAMES 256
_Static_assert(MOST_FRAMES *LG_VARINT_BYTES + 64 < LG_MESSAGE_BYTES, "a sample fits");

struct lg_pprof {
	struct lg_gzip gzip;
	struct lg_stream *stream;
	struct lg_intern *strings; /* written ones; the profile numbers them likewise, "" is 0 */
	uint32_t string_count;
	struct lg_word_map locations; /* name and file to the number of location and function */
	uint32_t location_count;
};

LG_DEFINE_CLEANUP(lg_pprof_free, struct lg_pprof *)

void lg_pprof_free(struct lg_pprof *pprof)
{
	if (!pprof)
		return;
	lg_gzip_close(&pprof->gzip);
	lg_intern_free(pprof->strings);
	lg_word_map_free(&pprof->locations);
	free(pprof);
}

/* A field of the profile itself. */
static void put(struct lg_pprof *pprof, unsigned field, const struct lg_message *nested)
{
	struct lg_message tag = {0};

	lg_message_length(&tag, field, nested->used);
	lg_gzip_write(&pprof->gzip, tag.bytes, tag.used);
	lg_gzip_write(&pprof->gzip, nested->bytes, nested->used);
}

static void put_text(struct lg_pprof *pprof, const char *text, size_t length)
{
	struct lg_message tag = {0};

	lg_message_length(&tag, PROFILE_STRING, length);
	lg_gzip_write(&pprof->gzip, tag.bytes, tag.used);
	lg_gzip_write(&pprof->gzip, text, length);
}

static void put_number(struct lg_pprof *pprof, unsigned field, uint64_t value)
{
	struct lg_message message = {0};

	lg_message_number(&message, field, value);
	lg_gzip_write(&pprof->gzip, message.bytes, message.used);
}

/* The number of a string, which is written when it is first met. */
static enum lg_status string_of(struct lg_pprof *pprof, const char *text, uint32_t *out,
				struct lg_error *err)
{
	enum lg_status status = lg_intern_add(pprof->strings, text, strlen(text), out, err);

	if (status == LG_OK && *out == pprof->string_count) {
		put_text(pprof, text, strlen(text));
		pprof->string_count++;
	}
	return status;
}

static enum lg_status put_sample_type(struct lg_pprof *pprof, const char *type, const char *unit,
				      struct lg_error *err)
{
	uint32_t type_string, unit_string;
	struct lg_message message = {0};
	enum lg_status status = string_of(pprof, type, &type_string, err);

	if (status == LG_OK)
		status = string_of(pprof, unit, &unit_string, err);
	if (status != LG_OK)
		return status;
	lg_message_number(&message, TYPE_TYPE, type_string);
	lg_message_number(&message, TYPE_UNIT, unit_string);
	put(pprof, PROFILE_SAMPLE_TYPE, &message);
	return LG_OK;
}

enum lg_status lg_pprof_open(const struct lg_snapshot *snapshot, struct lg_stream *stream,
			     struct lg_pprof **out, struct lg_error *err)
{
	lg_cleanup(lg_pprof_free_slot) struct lg_pprof *pprof = calloc(1, sizeof *pprof);
	uint32_t bytes_string;
	enum lg_status status;

	*out = NULL;
	if (pprof)
		pprof->strings = lg_intern_new();
	if (!pprof || !pprof->strings)
		return lg_fail(err, LG_E_MEMORY, "no memory for a profile");
	pprof->stream = stream;
	status = lg_gzip_open(&pprof->gzip, stream, err);
	if (status != LG_OK)
		return status;
	put_text(pprof, "", 0);
	pprof->string_count = 1;
	status = put_sample_type(pprof, "objects", "count", err);
	if (status == LG_OK)
		status = put_sample_type(pprof, "space", "bytes", err);
	if (status == LG_OK)
		status = string_of(pprof, "space", &bytes_string, err);
	if (status != LG_OK)
		return status;
	put_number(pprof, PROFILE_DEFAULT_TYPE, bytes_string);
	put_number(pprof, PROFILE_TIME_NS, snapshot->info.taken_at_ns);
	*out = lg_take(pprof);
	return LG_OK;
}

static void put_location(struct lg_pprof *pprof, uint32_t id, uint32_t name, uint32_t file,
			 uint32_t line_number)
{
	struct lg_message function = {0}, location = {0}, line = {0};

	lg_message_number(&function, FUNCTION_ID, id);
	lg_message_number(&function, FUNCTION_NAME, name);
	lg_message_number(&function, FUNCTION_SYSTEM_NAME, name);
	lg_message_number(&function, FUNCTION_FILE, file);
	put(pprof, PROFILE_FUNCTION, &function);
	lg_message_number(&line, LINE_FUNCTION, id);
	lg_message_number(&line, LINE_LINE, line_number);
	lg_message_number(&location, LOCATION_ID, id);
	lg_message_nested(&location, LOCATION_LINE, &line);
	put(pprof, PROFILE_LOCATION, &location);
}

/* The number of a frame's location, which is written when it is first met. The name says the line.
 */
static enum lg_status location_of(struct lg_pprof *pprof, const struct lg_stack_frame *frame,
				  uint32_t *out, struct lg_error *err)
{
	uint32_t name, file;
	const uint32_t *known;
	uint64_t key;
	enum lg_status status = string_of(pprof, frame->name, &name, err);

	if (status == LG_OK)
		status = string_of(pprof, frame->file, &file, err);
	if (status != LG_OK)
		return status;
	key = (uint64_t)file << 32 | name;
	known = key ? lg_word_map_find(&pprof->locations, key) : NULL;
	if (known) {
		*out = *known;
		return LG_OK;
	}
	*out = ++pprof->location_count;
	put_location(pprof, *out, name, file, frame->line);
	if (key && !lg_word_map_set(&pprof->locations, key, *out))
		return lg_fail(err, LG_E_MEMORY, "no memory for %u frames", *out);
	return LG_OK;
}

enum lg_status lg_pprof_visit(void *context, const struct lg_stack *stack, struct lg_error *err)
{
	struct lg_pprof *pprof = context;
	struct lg_message sample = {0}, locations = {0}, values = {0};
	size_t least = stack->depth > MOST_FRAMES ? stack->depth - MOST_FRAMES : 0;

	/* The innermost comes first. */
	for (size_t i = stack->depth; i-- > least;) {
		uint32_t location;
		enum lg_status status = location_of(pprof, &stack->frame[i], &location, err);

		if (status != LG_OK)
			return status;
		lg_message_varint(&locations, location);
	}
	lg_message_varint(&values, stack->objects);
	lg_message_varint(&values, stack->bytes);
	lg_message_nested(&sample, SAMPLE_LOCATION, &locations);
	lg_message_nested(&sample, SAMPLE_VALUE, &values);
	put(pprof, PROFILE_SAMPLE, &sample);
	return lg_stream_check(pprof->stream, err);
}

enum lg_status lg_pprof_finish(struct lg_pprof *pprof, struct lg_error *err)
{
	lg_gzip_finish(&pprof->gzip);
	return lg_stream_check(pprof->stream, err);
}
