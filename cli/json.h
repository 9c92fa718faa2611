/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_JSON_H
#define LG_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Writes JSON as it comes, in constant memory. key is NULL inside arrays.
 * Strings are escaped; bytes that are no UTF-8 become U+FFFD; a number that is
 * none (NaN, infinite) becomes null.
 */
#define JSON_MAX_DEPTH 32

struct json {
	FILE *out;
	unsigned depth;
	bool has_member[JSON_MAX_DEPTH];
};

void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, uint64_t value);
/* That may be below 0. */
void json_integer(struct json *json, const char *key, int64_t value);
void json_real(struct json *json, const char *key, double value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif
