/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "query/table.h"

/* What is longer is cut: no name that a person would look for. */
#define LONG_NAME_COLUMNS 1000

void lg_give_number(uint64_t number, sqlite3_context *out)
{
	sqlite3_result_int64(out, (sqlite3_int64)number);
}

void lg_give_nonzero(uint64_t number, sqlite3_context *out)
{
	if (number)
		lg_give_number(number, out);
}

void lg_give_index(uint32_t index, sqlite3_context *out)
{
	if (index != LG_NONE)
		lg_give_number(index, out);
}

void lg_give_buffer(struct lg_buffer *buffer, sqlite3_context *out)
{
	if (buffer->failed)
		sqlite3_result_error_nomem(out);
	else
		sqlite3_result_text64(out, buffer->bytes ? buffer->bytes : "", buffer->used,
				      SQLITE_TRANSIENT, SQLITE_UTF8);
	lg_buffer_free(buffer);
}

/* Most names are: they need no copy. */
static bool is_plain(struct lg_text text)
{
	for (uint64_t i = 0; i < text.length; i++)
		if (text.bytes[i] < 0x20 || text.bytes[i] > 0x7e)
			return false;
	return text.length <= LONG_NAME_COLUMNS;
}

void lg_give_string(const struct lg_query *query, uint32_t string, sqlite3_context *out)
{
	struct lg_text text = lg_snapshot_string(query->snapshot, string);
	struct lg_buffer buffer = {0};

	if (string == 0)
		return;
	if (is_plain(text)) {
		sqlite3_result_text64(out, text.length ? text.bytes : "", text.length,
				      SQLITE_STATIC, SQLITE_UTF8);
		return;
	}
	lg_buffer_name(&buffer, text, 0, LONG_NAME_COLUMNS);
	lg_give_buffer(&buffer, out);
}

enum lg_status lg_give_type(struct lg_query *query, uint32_t type, sqlite3_context *out,
			    struct lg_error *err)
{
	enum lg_status status = lg_query_need_names(query, err);

	if (status == LG_OK)
		sqlite3_result_text(out, query->names.text[type], -1, SQLITE_STATIC);
	return status;
}
