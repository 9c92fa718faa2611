/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "formats/dump/column.h"
#include "formats/dump/fields.h"
#include "formats/dump/schema.h"

enum lg_status lg_fields_parse(const uint8_t *value, const struct lg_scan *scan,
			       msgpack_unpacked *out, struct lg_error *err)
{
	size_t offset = 0;

	if (scan->parts > LG_DUMP_MAX_PARTS)
		return lg_fail(err, LG_E_UNREADABLE, "has %lu parts, expected at most %u",
			       scan->parts, LG_DUMP_MAX_PARTS);
	switch (msgpack_unpack_next(out, (const char *)value, scan->bytes, &offset)) {
	case MSGPACK_UNPACK_SUCCESS:
		return LG_OK;
	case MSGPACK_UNPACK_NOMEM_ERROR:
		return lg_fail(err, LG_E_MEMORY, "no memory for %lu parts", scan->parts);
	default:
		return lg_fail(err, LG_E_UNREADABLE, "is refused by the MessagePack library");
	}
}

bool lg_name_is(struct lg_name name, const char *text)
{
	return name.length == strlen(text) && memcmp(name.bytes, text, name.length) == 0;
}

struct lg_shown lg_name_show(struct lg_name name)
{
	static const char hex[] = "0123456789abcdef";
	struct lg_shown shown;
	char *p = shown.text;

	for (size_t i = 0; i < name.length && i < 40; i++) {
		unsigned char byte = (unsigned char)name.bytes[i];

		if (byte >= 0x20 && byte < 0x7f) {
			*p++ = (char)byte;
			continue;
		}
		*p++ = '\\';
		*p++ = 'x';
		*p++ = hex[byte >> 4];
		*p++ = hex[byte & 15];
	}
	strcpy(p, name.length > 40 ? "..." : "");
	return shown;
}

struct lg_name lg_section_name(const uint8_t *value, const struct lg_scan *scan)
{
	struct lg_token_reader reader = {value, value + scan->bytes};
	struct lg_token token;

	if (!lg_token_next(&reader, &token) || token.kind != LG_TOKEN_MAP || token.value == 0)
		return (struct lg_name){"", 0};
	if (!lg_token_next(&reader, &token) || token.kind != LG_TOKEN_STR ||
	    !lg_name_is((struct lg_name){(const char *)token.body, token.value}, "section"))
		return (struct lg_name){"", 0};
	if (!lg_token_next(&reader, &token) || token.kind != LG_TOKEN_STR)
		return (struct lg_name){"", 0};
	return (struct lg_name){(const char *)token.body, token.value};
}

static bool key_is(const msgpack_object *key, const char *text)
{
	return key->type == MSGPACK_OBJECT_STR &&
	       lg_name_is((struct lg_name){key->via.str.ptr, key->via.str.size}, text);
}

enum lg_status lg_field_find(const msgpack_object *map, const char *key, const msgpack_object **out,
			     struct lg_error *err)
{
	*out = NULL;
	for (uint32_t i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *pair = &map->via.map.ptr[i];

		if (!key_is(&pair->key, key))
			continue;
		if (*out)
			return lg_fail(err, LG_E_UNREADABLE, "'%s' is given twice", key);
		*out = &pair->val;
	}
	return LG_OK;
}

enum lg_status lg_field_number(const msgpack_object *map, const char *key, uint64_t most,
			       uint64_t *out, struct lg_error *err)
{
	const msgpack_object *value;
	enum lg_status status = lg_field_find(map, key, &value, err);

	if (status != LG_OK)
		return status;
	if (!value)
		return lg_fail(err, LG_E_UNREADABLE, "'%s' is missing", key);
	if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return lg_fail(err, LG_E_UNREADABLE, "'%s' is no unsigned integer", key);
	if (value->via.u64 > most)
		return lg_fail(err, LG_E_UNREADABLE, "'%s' is %lu, expected at most %lu", key,
			       value->via.u64, most);
	*out = value->via.u64;
	return LG_OK;
}

enum lg_status lg_field_column(const msgpack_object *map, const char *key, char encoding[16],
			       struct lg_column_bytes *out, struct lg_error *err)
{
	const msgpack_object *value, *part;
	enum lg_status status = lg_field_find(map, key, &value, err);

	if (status != LG_OK)
		return status;
	if (!value)
		return lg_fail(err, LG_E_UNREADABLE, "column '%s' is missing", key);
	part = value->via.array.ptr;
	if (value->type != MSGPACK_OBJECT_ARRAY || value->via.array.size != 2 ||
	    part[0].type != MSGPACK_OBJECT_STR || part[1].type != MSGPACK_OBJECT_BIN)
		return lg_fail(err, LG_E_UNREADABLE,
			       "column '%s' is no array of an encoding and bytes", key);
	if (part[0].via.str.size > 15 || memchr(part[0].via.str.ptr, 0, part[0].via.str.size))
		return lg_fail(err, LG_E_UNREADABLE, "column '%s': encoding '%s' is not known", key,
			       lg_name_show((struct lg_name){part[0].via.str.ptr,
							     part[0].via.str.size})
				       .text);
	memcpy(encoding, part[0].via.str.ptr, part[0].via.str.size);
	encoding[part[0].via.str.size] = 0;
	*out = (struct lg_column_bytes){encoding, part[1].via.bin.ptr, part[1].via.bin.size};
	return LG_OK;
}
