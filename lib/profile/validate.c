/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "profile/order.h"

static enum lg_status check_string(const struct lg_profile *profile, const char *what,
				   uint32_t string, struct lg_error *err)
{
	if (string < profile->strings.count)
		return LG_OK;
	return lg_fail(err, LG_E_UNREADABLE, "%s is string %u, there are %u", what, string,
		       profile->strings.count);
}

static enum lg_status check_row(const struct lg_profile *profile, uint32_t i,
				const uint8_t *depth, struct lg_error *err)
{
	const struct lg_profile_row *row = &profile->row[i];

	if (row->parent != LG_NONE && row->parent >= i)
		return lg_fail(err, LG_E_UNREADABLE, "row %u is below row %u, expected one before it",
			       i, row->parent);
	if (depth[i] >= LG_PROFILE_MAX_STEPS)
		return lg_fail(err, LG_E_UNREADABLE, "row %u has more than %d steps", i,
			       LG_PROFILE_MAX_STEPS);
	if (row->label >= profile->strings.count || row->type >= profile->strings.count)
		return lg_fail(err, LG_E_UNREADABLE, "row %u has string %u, there are %u", i,
			       row->label > row->type ? row->label : row->type,
			       profile->strings.count);
	return LG_OK;
}

static enum lg_status check_suspects(const struct lg_profile *profile, struct lg_error *err)
{
	for (uint32_t i = 0; i < profile->suspect_count; i++) {
		const struct lg_profile_suspect *suspect = &profile->suspect[i];
		enum lg_status status =
			check_string(profile, "the words of a suspect", suspect->words, err);

		if (status == LG_OK)
			status = check_string(profile, "the type of a suspect", suspect->type, err);
		if (status == LG_OK && suspect->row != LG_NONE && suspect->row >= profile->row_count)
			status = lg_fail(err, LG_E_UNREADABLE, "suspect %u is at row %u, there are %u",
					 i, suspect->row, profile->row_count);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

/* Differences of such sums, and these added up, are numbers with a sign. */
#define MAX_SUM ((uint64_t)1 << 62)

enum lg_status lg_profile_validate(const struct lg_profile *profile, struct lg_error *err)
{
	lg_cleanup(lg_free) uint8_t *depth = lg_alloc_zero(profile->row_count, 1);
	uint64_t objects = 0, bytes = 0;
	enum lg_status status = check_string(profile, "the name", profile->name, err);

	if (!depth)
		return lg_fail(err, LG_E_MEMORY, "no memory to check %u rows", profile->row_count);
	if (status == LG_OK)
		status = check_string(profile, "the version of Python", profile->python_version, err);
	if (status == LG_OK)
		status = check_string(profile, "the producer", profile->producer, err);
	for (uint32_t i = 0; i < profile->row_count && status == LG_OK; i++) {
		const struct lg_profile_row *row = &profile->row[i];

		if (row->parent < i)
			depth[i] = (uint8_t)(depth[row->parent] + 1);
		status = check_row(profile, i, depth, err);
		if (status == LG_OK &&
		    (row->count > MAX_SUM - objects || row->shallow_bytes > MAX_SUM - bytes))
			status = lg_fail(err, LG_E_UNREADABLE, "the sums of the rows pass 2^62");
		objects += row->count;
		bytes += row->shallow_bytes;
	}
	if (status == LG_OK && (objects != profile->objects || bytes != profile->object_bytes))
		return lg_fail(err, LG_E_UNREADABLE,
			       "the rows have %" PRIu64 " objects of %" PRIu64
			       " bytes, %" PRIu64 " of %" PRIu64 " are claimed",
			       objects, bytes, profile->objects, profile->object_bytes);
	return status == LG_OK ? check_suspects(profile, err) : status;
}
