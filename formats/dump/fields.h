/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_FIELDS_H
#define LG_DUMP_FIELDS_H

#include <msgpack.h>

#include "base/cleanup.h"
#include "formats/dump/input.h"

/*
 * The frame's maps, parsed by msgpack-c and asked for fields by name. Only
 * values that lg_token_scan() has passed and that have few parts get here, so
 * that msgpack-c never takes memory for a claim.
 */

/* Parse a scanned value. The result refers into `value`. */
enum lg_status lg_fields_parse(const uint8_t *value, const struct lg_scan *scan,
			       msgpack_unpacked *out, struct lg_error *err) LG_MUST_CHECK;

/* The name in {"section": name, ...}; empty where the value is something else. */
struct lg_name {
	const char *bytes;
	size_t length;
};
struct lg_name lg_section_name(const uint8_t *value, const struct lg_scan *scan);
bool lg_name_is(struct lg_name name, const char *text);

/* The start of a name from a file, for a message: nothing in it can steer a terminal. */
struct lg_shown {
	char text[4 * 40 + 4];
};
struct lg_shown lg_name_show(struct lg_name name);

/* *out is NULL where the key is not there. A key given twice is an error. */
enum lg_status lg_field_find(const msgpack_object *map, const char *key,
			     const msgpack_object **out, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_field_number(const msgpack_object *map, const char *key, uint64_t most,
			       uint64_t *out, struct lg_error *err) LG_MUST_CHECK;
/* A column: array of two, str and bin. */
struct lg_column_bytes;
enum lg_status lg_field_column(const msgpack_object *map, const char *key, char encoding[16],
			       struct lg_column_bytes *out, struct lg_error *err) LG_MUST_CHECK;

#endif
