/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/names.h"
#include "base/array.h"
#include "query/session.h"

void lg_type_names_free(struct lg_type_names *names, uint32_t type_count)
{
	for (uint32_t t = 0; names->text && t < type_count; t++)
		free(names->text[t]);
	free(names->text);
	free(names->rank);
	free(names->sorted);
	*names = (struct lg_type_names){0};
}

static int compare_texts(const void *left, const void *right, void *context)
{
	char *const *text = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = strcmp(text[a], text[b]);

	return order ? order : (a > b) - (a < b);
}

/* Types of one text have one rank; `sorted` keeps the first of them. */
static void rank_types(struct lg_type_names *names, uint32_t count)
{
	uint32_t ranks = 0;

	for (uint32_t t = 0; t < count; t++)
		names->sorted[t] = t;
	qsort_r(names->sorted, count, sizeof *names->sorted, compare_texts, names->text);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t type = names->sorted[i];

		if (!ranks || strcmp(names->text[names->sorted[ranks - 1]], names->text[type]) != 0)
			names->sorted[ranks++] = type;
		names->rank[type] = ranks - 1;
	}
	names->rank_count = ranks;
}

static enum lg_status make_texts(struct lg_query *query, struct lg_error *err)
{
	struct lg_type_names *names = &query->names;
	uint32_t count = query->snapshot->type_count;

	names->text = lg_alloc_zero(count, sizeof *names->text);
	names->rank = lg_alloc(count, sizeof *names->rank);
	names->sorted = lg_alloc(count, sizeof *names->sorted);
	if (!names->text || !names->rank || !names->sorted)
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of %u types", count);
	for (uint32_t t = 0; t < count; t++) {
		struct lg_buffer buffer = {0};

		lg_type_text(query->analysis, t, &buffer);
		names->text[t] = buffer.bytes ? buffer.bytes : strdup("");
		if (buffer.failed || !names->text[t])
			return lg_fail(err, LG_E_MEMORY, "no memory for the names of %u types",
				       count);
	}
	return LG_OK;
}

enum lg_status lg_query_need_names(struct lg_query *query, struct lg_error *err)
{
	enum lg_status status;

	if (query->names.text)
		return LG_OK;
	status = make_texts(query, err);
	if (status == LG_OK)
		rank_types(&query->names, query->snapshot->type_count);
	else
		lg_type_names_free(&query->names, query->snapshot->type_count);
	return status;
}
