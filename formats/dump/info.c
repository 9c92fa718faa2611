/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "formats/dump/fields.h"
#include "formats/dump/info.h"

static enum lg_status append(struct lg_strings *strings, const char *bytes, size_t length,
			     uint32_t *out, struct lg_error *err)
{
	uint64_t end = strings->offset[strings->count], *offset;
	char *grown;

	if (strings->count >= LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "more than %u strings", LG_MAX_OBJECTS);
	offset = realloc(strings->offset, ((size_t)strings->count + 2) * sizeof *offset);
	if (offset)
		strings->offset = offset;
	grown = realloc(strings->bytes, end + length + 1);
	if (grown)
		strings->bytes = grown;
	if (!offset || !grown)
		return lg_fail(err, LG_E_MEMORY, "no memory for a string of %zu bytes", length);
	memcpy(grown + end, bytes, length);
	*out = strings->count++;
	offset[strings->count] = end + length;
	return LG_OK;
}

static enum lg_status find_or_append(struct lg_strings *strings, const char *bytes, size_t length,
				     uint32_t *out, struct lg_error *err)
{
	for (uint32_t i = 0; i < strings->count; i++)
		if (strings->offset[i + 1] - strings->offset[i] == length &&
		    (length == 0 || memcmp(strings->bytes + strings->offset[i], bytes, length) == 0)) {
			*out = i;
			return LG_OK;
		}
	return append(strings, bytes, length, out, err);
}

static enum lg_status decode_text(const msgpack_object *map, const char *name,
				  struct lg_strings *strings, uint32_t *out, struct lg_error *err)
{
	const msgpack_object *value;
	enum lg_status status = lg_field_find(map, name, &value, err);

	if (status != LG_OK || !value)
		return status;
	if (value->type == MSGPACK_OBJECT_STR)
		return find_or_append(strings, value->via.str.ptr, value->via.str.size, out, err);
	if (value->type == MSGPACK_OBJECT_BIN)
		return find_or_append(strings, value->via.bin.ptr, value->via.bin.size, out, err);
	return lg_fail(err, LG_E_UNREADABLE, "'%s' is no text", name);
}

static enum lg_status decode_number(const msgpack_object *map, const char *name, uint64_t *out,
				    struct lg_error *err)
{
	const msgpack_object *value;
	enum lg_status status = lg_field_find(map, name, &value, err);

	if (status != LG_OK || !value)
		return status;
	return lg_field_number(map, name, UINT64_MAX, out, err);
}

static enum lg_status decode_fields(const msgpack_object *map, struct lg_snapshot *out,
				    struct lg_error *err)
{
	for (int i = 0; i < LG_DUMP_INFO_FIELDS; i++) {
		const struct lg_dump_info_field *field = &lg_dump_info_fields[i];
		char *slot = (char *)&out->info + field->slot;
		enum lg_status status =
			field->text ? decode_text(map, field->name, &out->strings,
						  (uint32_t *)slot, err)
				    : decode_number(map, field->name, (uint64_t *)slot, err);

		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

enum lg_status lg_decode_info(const struct lg_frame_index *frame, struct lg_snapshot *out,
			      struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *value = NULL;
	lg_cleanup(msgpack_unpacked_destroy) msgpack_unpacked map = {0};
	struct lg_scan scan;
	enum lg_status status;

	if (!frame->info_bytes)
		return LG_OK;
	value = lg_alloc(frame->info_bytes, 1);
	if (!value)
		return lg_fail(err, LG_E_MEMORY, "no memory for section 'info' of %lu bytes",
			       frame->info_bytes);
	status = lg_input_read(&frame->input, frame->info_offset, value, frame->info_bytes, err);
	if (status != LG_OK)
		return status;
	if (lg_token_scan(value, frame->info_bytes, frame->info_bytes, &scan) != LG_SCAN_OK ||
	    !lg_name_is(lg_section_name(value, &scan), "info"))
		return lg_fail(err, LG_E_UNREADABLE, "section 'info' changed while it was read");
	status = lg_fields_parse(value, &scan, &map, err);
	if (status == LG_OK)
		status = decode_fields(&map.data, out, err);
	if (status != LG_OK)
		lg_fail_within(err, "section 'info' at byte %lu", frame->info_offset);
	return status;
}
