/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "formats/dump/row.h"
#include "formats/dump/schema.h"

/*
 * Values were scanned as a whole, so tokens can only run out where an array
 * has fewer elements than a row needs.
 */

static enum lg_status wrong(struct lg_error *err, const char *what, const struct lg_token *token,
			    const char *expected)
{
	return lg_fail(err, LG_E_UNREADABLE, "%s is %s, expected %s", what,
		       lg_token_kind_name(token->kind), expected);
}

static enum lg_status next(struct lg_token_reader *reader, struct lg_token *token,
			   struct lg_error *err)
{
	if (lg_token_next(reader, token))
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE, "ends too early");
}

static enum lg_status next_array(struct lg_token_reader *reader, const char *what, uint64_t least,
				 uint64_t *count, struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(reader, &token, err);

	if (status != LG_OK)
		return status;
	if (token.kind != LG_TOKEN_ARRAY)
		return wrong(err, what, &token, "an array");
	if (token.value < least)
		return lg_fail(err, LG_E_UNREADABLE, "%s has %lu elements, expected at least %lu",
			       what, token.value, least);
	*count = token.value;
	return LG_OK;
}

static bool is_integer(const struct lg_token *token)
{
	return token->kind == LG_TOKEN_UNSIGNED || token->kind == LG_TOKEN_NEGATIVE;
}

static enum lg_status next_id(struct lg_token_reader *reader, uint64_t *out, struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(reader, &token, err);

	if (status == LG_OK && !is_integer(&token))
		return wrong(err, "the id", &token, "an integer");
	*out = token.value;
	return status;
}

static enum lg_status next_unsigned(struct lg_token_reader *reader, const char *what,
				    uint64_t most, uint64_t *out, struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(reader, &token, err);

	if (status != LG_OK)
		return status;
	if (token.kind != LG_TOKEN_UNSIGNED)
		return wrong(err, what, &token, "an unsigned integer");
	if (token.value > most)
		return lg_fail(err, LG_E_UNREADABLE, "%s is %lu, expected at most %lu", what,
			       token.value, most);
	*out = token.value;
	return LG_OK;
}

static enum lg_status take_text(const struct lg_token *token, const char *what,
				struct lg_row_text *out, struct lg_error *err)
{
	if (token->kind != LG_TOKEN_STR && token->kind != LG_TOKEN_BIN)
		return wrong(err, what, token, "a str");
	if (token->value > LG_DUMP_MAX_STRING_BYTES)
		return lg_fail(err, LG_E_UNREADABLE, "%s has %lu bytes, expected at most %u", what,
			       token->value, LG_DUMP_MAX_STRING_BYTES);
	*out = (struct lg_row_text){(const char *)token->body, token->value};
	return LG_OK;
}

static enum lg_status next_text(struct lg_token_reader *reader, const char *what,
				struct lg_row_text *out, struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(reader, &token, err);

	return status == LG_OK ? take_text(&token, what, out, err) : status;
}

static enum lg_status skip(struct lg_token_reader *reader, uint64_t count, struct lg_error *err)
{
	for (uint64_t i = 0; i < count; i++)
		if (!lg_token_skip(reader))
			return lg_fail(err, LG_E_UNREADABLE, "ends too early");
	return LG_OK;
}

static enum lg_status parse_type(struct lg_token_reader *reader, struct lg_row *out,
				 struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(reader, &token, err);

	out->module = (struct lg_row_text){0};
	if (status != LG_OK)
		return status;
	if (token.kind != LG_TOKEN_ARRAY)
		return take_text(&token, "the type", &out->type, err);
	if (token.value != 2)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the type has %lu elements, expected a module and a name",
			       token.value);
	status = next_text(reader, "the type's module", &out->module, err);
	return status == LG_OK ? next_text(reader, "the type's name", &out->type, err) : status;
}

enum lg_status lg_row_parse(const uint8_t *value, uint64_t bytes, struct lg_row *out,
			    struct lg_error *err)
{
	struct lg_token_reader reader = {value, value + bytes};
	uint64_t elements = 0, refcount = 0;
	enum lg_status status = next_array(&reader, "the row", 4, &elements, err);

	if (status == LG_OK)
		status = next_id(&reader, &out->id, err);
	if (status == LG_OK)
		status = parse_type(&reader, out, err);
	if (status == LG_OK)
		status = next_unsigned(&reader, "the size", INT64_MAX, &out->size, err);
	if (status != LG_OK)
		return status;
	out->links = reader;
	status = next_array(&out->links, "the list of referents", 0, &out->link_count, err);
	if (status == LG_OK && elements > 4) {
		status = skip(&reader, 1, err);
		if (status == LG_OK)
			status = next_unsigned(&reader, "the refcount", UINT64_MAX, &refcount, err);
	}
	out->refcount = refcount < UINT32_MAX ? (uint32_t)refcount : UINT32_MAX;
	return status;
}

static enum lg_status parse_kind(struct lg_token_reader *reader, const struct lg_token *token,
				 uint64_t *elements, enum lg_link_of of, uint32_t minor,
				 struct lg_row_link *out, struct lg_error *err)
{
	uint8_t kinds = of == LG_LINK_ROOT ? LG_ROOT_KIND_COUNT : LG_REF_KIND_COUNT;
	struct lg_row_text name = {"", 0};
	bool known = token->kind == LG_TOKEN_UNSIGNED && token->value < kinds;
	enum lg_status status = LG_OK;

	if (token->kind != LG_TOKEN_UNSIGNED)
		return wrong(err, "a label", token, "a str or a kind");
	if (!known && minor <= LG_DUMP_MINOR)
		return lg_fail(err, LG_E_UNREADABLE, "a kind is %lu, expected less than %u",
			       token->value, kinds);
	if (*elements > 0) {
		status = next_text(reader, "a label's name", &name, err);
		--*elements;
	}
	if (!known && of == LG_LINK_REFERENT)
		name.length = 0;
	out->label = (struct lg_label_parts){known ? (uint8_t)token->value : 0, name.bytes, name.length};
	return status;
}

static enum lg_status parse_label(struct lg_token_reader *reader, uint64_t elements,
				  enum lg_link_of of, uint32_t minor, struct lg_row_link *out,
				  struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(reader, &token, err);

	if (status != LG_OK)
		return status;
	elements--;
	if (token.kind == LG_TOKEN_STR || token.kind == LG_TOKEN_BIN) {
		struct lg_row_text text = {"", 0};

		status = take_text(&token, "a label", &text, err);
		if (status == LG_OK)
			out->label = of == LG_LINK_ROOT
					     ? lg_label_parse_root(text.bytes, text.length)
					     : lg_label_parse_reference(text.bytes, text.length);
	} else {
		status = parse_kind(reader, &token, &elements, of, minor, out, err);
	}
	return status == LG_OK ? skip(reader, elements, err) : status;
}

enum lg_status lg_row_next_link(struct lg_token_reader *links, enum lg_link_of of, uint32_t minor,
				struct lg_row_link *out, struct lg_error *err)
{
	struct lg_token token;
	enum lg_status status = next(links, &token, err);

	out->label = (struct lg_label_parts){0, "", 0};
	if (status != LG_OK)
		return status;
	if (is_integer(&token)) {
		out->id = token.value;
		return LG_OK;
	}
	if (token.kind != LG_TOKEN_ARRAY || token.value == 0)
		return wrong(err, of == LG_LINK_ROOT ? "a root" : "a referent", &token,
			     "an id or an array of an id and a label");
	status = next_id(links, &out->id, err);
	if (status != LG_OK || token.value == 1)
		return status;
	return parse_label(links, token.value - 1, of, minor, out, err);
}

enum lg_status lg_row_parse_roots(const uint8_t *value, uint64_t bytes, uint64_t *count,
				  struct lg_token_reader *links, struct lg_error *err)
{
	struct lg_token_reader reader = {value, value + bytes};
	struct lg_token map, key;
	enum lg_status status = next(&reader, &map, err);
	bool found = false;

	*count = 0;
	for (uint64_t i = 0; i < map.value && status == LG_OK; i++) {
		status = next(&reader, &key, err);
		if (status != LG_OK)
			return status;
		if (key.kind == LG_TOKEN_STR && key.value == 7 &&
		    memcmp(key.body, "objects", 7) == 0) {
			if (found)
				return lg_fail(err, LG_E_UNREADABLE, "'objects' is given twice");
			found = true;
			*links = reader;
			status = next_array(links, "'objects'", 0, count, err);
			if (status != LG_OK)
				return status;
		} else if (key.kind == LG_TOKEN_ARRAY || key.kind == LG_TOKEN_MAP) {
			return wrong(err, "a key", &key, "a str");
		}
		status = skip(&reader, 1, err);
	}
	if (status == LG_OK && !found)
		return lg_fail(err, LG_E_UNREADABLE, "'objects' is missing");
	return status;
}
