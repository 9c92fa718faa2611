/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include <msgpack.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "formats/dump/fields.h"
#include "formats/dump/frame.h"

/* A header is some dozens of bytes; extensions may need more. */
#define MAX_HEADER_BYTES 65536u

#define MAGIC "\xa9leakgraph"
#define MAGIC_BYTES 10

void lg_frame_release(struct lg_frame_index *frame)
{
	lg_input_release(&frame->input);
	free(frame->chunk);
}

static enum lg_status check_magic(const uint8_t *p, uint64_t have, struct lg_error *err)
{
	char hex[3 * 11 + 1] = "";
	uint64_t shown = have < 11 ? have : 11;

	if (have > MAGIC_BYTES && (p[0] & 0xf0) == 0x80 && memcmp(p + 1, MAGIC, MAGIC_BYTES) == 0)
		return LG_OK;
	for (uint64_t i = 0; i < shown; i++)
		snprintf(hex + 3 * i, 4, "%02x ", p[i]);
	return lg_fail(err, LG_E_UNREADABLE,
		       "is no dump of leakgraph: it begins with %sinstead of a map with the key 'leakgraph'",
		       hex);
}

static enum lg_status read_version(const msgpack_object *map, struct lg_dump_header *out,
				   struct lg_error *err)
{
	const msgpack_object *value, *part;
	enum lg_status status = lg_field_find(map, "leakgraph", &value, err);

	if (status != LG_OK)
		return status;
	/* An empty map may stand before what looks like its first key. */
	if (!value)
		return lg_fail(err, LG_E_UNREADABLE, "header: 'leakgraph' is missing");
	part = value->via.array.ptr;
	if (value->type != MSGPACK_OBJECT_ARRAY || value->via.array.size < 2 ||
	    part[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER || part[0].via.u64 > UINT32_MAX ||
	    part[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER || part[1].via.u64 > UINT32_MAX)
		return lg_fail(err, LG_E_UNREADABLE,
			       "header: 'leakgraph' is no array of a major and a minor version");
	out->version_major = (uint32_t)part[0].via.u64;
	out->version_minor = (uint32_t)part[1].via.u64;
	if (out->version_major != LG_DUMP_MAJOR)
		return lg_fail(err, LG_E_UNREADABLE,
			       "is of format version %u.%u, this program reads %u.x",
			       out->version_major, out->version_minor, LG_DUMP_MAJOR);
	return LG_OK;
}

static enum lg_status read_form(const msgpack_object *map, struct lg_dump_header *out,
				struct lg_error *err)
{
	const msgpack_object *value;
	enum lg_status status = lg_field_find(map, "form", &value, err);
	struct lg_name name = {"", 0};

	if (status != LG_OK)
		return status;
	if (value && value->type == MSGPACK_OBJECT_STR)
		name = (struct lg_name){value->via.str.ptr, value->via.str.size};
	out->rows = lg_name_is(name, "rows");
	if (out->rows || lg_name_is(name, "columns"))
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE, "header: 'form' is '%s', expected 'columns' or 'rows'",
		       lg_name_show(name).text);
}

static enum lg_status read_header(struct lg_frame_index *frame, struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *head = NULL;
	lg_cleanup(msgpack_unpacked_destroy) msgpack_unpacked map = {0};
	uint64_t bytes = frame->input.bytes, have = bytes < MAX_HEADER_BYTES ? bytes
									     : MAX_HEADER_BYTES;
	struct lg_scan scan;
	enum lg_status status;

	if (bytes == 0)
		return lg_fail(err, LG_E_UNREADABLE, "is empty, expected a dump of leakgraph");
	head = malloc(have);
	if (!head)
		return lg_fail(err, LG_E_MEMORY, "no memory for %lu bytes of a header", have);
	status = lg_input_read(&frame->input, 0, head, have, err);
	if (status == LG_OK)
		status = check_magic(head, have, err);
	if (status != LG_OK)
		return status;
	if (lg_token_scan(head, have, have, &scan) != LG_SCAN_OK)
		return lg_fail(err, LG_E_UNREADABLE, "header: cut off or corrupt at byte %lu of %lu",
			       scan.bytes, bytes);
	status = lg_fields_parse(head, &scan, &map, err);
	if (status == LG_OK)
		status = read_version(&map.data, &frame->header, err);
	if (status == LG_OK)
		status = read_form(&map.data, &frame->header, err);
	frame->header_bytes = scan.bytes;
	return status;
}

static enum lg_status read_seal(struct lg_frame_index *frame, struct lg_error *err)
{
	uint64_t bytes = frame->input.bytes;
	uint8_t seal[LG_DUMP_SEAL_BYTES] = {0};
	enum lg_status status = LG_OK;
	uint64_t checksum;

	if (bytes - frame->header_bytes >= sizeof seal)
		status = lg_input_read(&frame->input, bytes - sizeof seal, seal, sizeof seal, err);
	frame->sealed = memcmp(seal, LG_DUMP_SEAL_HEAD, LG_DUMP_SEAL_HEAD_BYTES) == 0;
	memcpy(&checksum, seal + LG_DUMP_SEAL_HEAD_BYTES, sizeof checksum);
	frame->checksum = __builtin_bswap64(checksum);
	if (status == LG_OK && !frame->sealed && !frame->header.rows)
		return lg_fail(err, LG_E_UNREADABLE,
			       "is cut off or corrupt: its %lu bytes do not end with the seal of a dump",
			       bytes);
	return status;
}

enum lg_status lg_frame_peek(struct lg_frame_index *frame, struct lg_error *err)
{
	enum lg_status status = read_header(frame, err);

	frame->header.file_bytes = frame->input.bytes;
	return status == LG_OK ? read_seal(frame, err) : status;
}

enum lg_status lg_frame_values(const struct lg_frame_index *frame, struct lg_values *out,
			       struct lg_error *err)
{
	bool more;

	out->input = &frame->input;
	out->end = frame->input.bytes - (frame->sealed ? LG_DUMP_SEAL_BYTES : 0);
	if (frame->sealed) {
		out->hash = XXH3_createState();
		if (!out->hash)
			return lg_fail(err, LG_E_MEMORY, "no memory for a checksum");
		XXH3_64bits_reset(out->hash);
	}
	/* The header, which peek has read. */
	return lg_values_next(out, &more, err);
}

enum lg_status lg_frame_check_seal(const struct lg_frame_index *frame, const struct lg_values *values,
				   struct lg_error *err)
{
	uint64_t found;

	if (!frame->sealed)
		return LG_OK;
	found = XXH3_64bits_digest(values->hash);
	if (found == frame->checksum)
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE,
		       "is corrupt: its checksum is %016lx, the seal says %016lx", found,
		       frame->checksum);
}

enum lg_status lg_dump_peek(const char *path, struct lg_dump_header *out, struct lg_error *err)
{
	lg_cleanup(lg_frame_release) struct lg_frame_index frame = {.input.fd = -1};
	enum lg_status status = lg_input_open(&frame.input, path, err);

	if (status == LG_OK)
		status = lg_frame_peek(&frame, err);
	*out = frame.header;
	if (status != LG_OK)
		lg_fail_within(err, "%s", path);
	return status;
}
