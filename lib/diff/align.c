/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "diff/align.h"
#include "diff/noise.h"
#include "diff/warm_up.h"

static unsigned minor_of(const struct lg_profile *profile)
{
	return (unsigned)(profile->python_hex >> 16 & 0xffff);
}

/* All of one minor version: another one has other objects for the same program. */
static enum lg_status check_versions(const struct lg_diff_side *base,
				     const struct lg_diff_side *head, struct lg_error *err)
{
	unsigned first = minor_of(base->profile[0]);

	for (size_t i = 0; i < base->count + head->count; i++) {
		const struct lg_profile *profile =
			i < base->count ? base->profile[i] : head->profile[i - base->count];
		unsigned minor = minor_of(profile);

		if (minor != first)
			return lg_fail(err, LG_E_NOT_COMPARABLE,
				       "not comparable: CPython %u.%u and %u.%u have other objects for "
				       "the same program; expected dumps of one minor version",
				       first >> 8, first & 0xff, minor >> 8, minor & 0xff);
	}
	return LG_OK;
}

static enum lg_status check_side(const struct lg_diff_side *side, const char *name,
				 struct lg_error *err)
{
	if (side->count == 0 || side->count > LG_DIFF_MAX_SIDES)
		return lg_fail(err, LG_E_USAGE, "%zu dumps of the %s, expected 1 to %d", side->count,
			       name, LG_DIFF_MAX_SIDES);
	for (size_t i = 0; i < side->count; i++)
		if (side->profile[i]->row_count == 0)
			return lg_fail(err, LG_E_NOT_COMPARABLE,
				       "not comparable: a dump of the %s holds no objects", name);
	return LG_OK;
}

/* A profile on its way into the union. */
struct placed {
	const struct lg_profile *profile;
	uint32_t *row;           /* its row: that of the union */
	struct lg_diff_sum *sum; /* row of the union: what it has there */
};

struct aligning {
	struct lg_diff_union *u;
	struct placed *placed; /* base_count of the base, then head_count of the head */
	size_t base_count, head_count;
	struct lg_error *err;
};

static void release(struct aligning *a)
{
	for (size_t i = 0; a->placed && i < a->base_count + a->head_count; i++) {
		free(a->placed[i].row);
		free(a->placed[i].sum);
	}
	free(a->placed);
}

void lg_diff_union_release(struct lg_diff_union *u)
{
	lg_intern_free(u->strings);
	lg_paths_free(&u->paths);
	free(u->part);
	free(u->base);
	free(u->head);
	free(u->head_retained);
	free(u->suspect_row);
}

static enum lg_status no_memory(const struct aligning *a)
{
	return lg_fail(a->err, LG_E_MEMORY, "no memory to compare %zu paths", a->u->paths.count);
}

static enum lg_status add_string(struct aligning *a, const struct lg_profile *profile,
				 uint32_t *known, uint32_t string)
{
	const struct lg_strings *s = &profile->strings;

	if (known[string] || string == 0)
		return LG_OK;
	return lg_intern_add(a->u->strings, s->bytes + s->offset[string],
			     s->offset[string + 1] - s->offset[string], &known[string], a->err);
}

static enum lg_status place(struct aligning *a, struct placed *placed)
{
	const struct lg_profile *profile = placed->profile;
	lg_cleanup(lg_free) uint32_t *string =
		lg_alloc_zero(profile->strings.count, sizeof *string);
	enum lg_status status = LG_OK;

	placed->row = lg_alloc(profile->row_count, sizeof *placed->row);
	if (!string || !placed->row)
		return no_memory(a);
	for (uint32_t i = 0; i < profile->row_count; i++) {
		const struct lg_profile_row *row = &profile->row[i];

		status = add_string(a, profile, string, row->label);
		if (status == LG_OK)
			status = add_string(a, profile, string, row->type);
		if (status != LG_OK)
			return status;
		placed->row[i] = lg_paths_step(
			&a->u->paths, row->parent == LG_NONE ? LG_NONE : placed->row[row->parent],
			string[row->label], string[row->type],
			lg_text_is(lg_intern_text(a->u->strings, string[row->label]), "->"));
		if (a->u->paths.failed)
			return no_memory(a);
	}
	return LG_OK;
}

static enum lg_status place_side(struct aligning *a, const struct lg_diff_side *side,
				 struct placed *placed)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < side->count && status == LG_OK; i++) {
		placed[i].profile = side->profile[i];
		status = place(a, &placed[i]);
	}
	return status;
}

/* The head first: its rows then have the same numbers whatever they are compared with. */
static enum lg_status place_all(struct aligning *a, const struct lg_diff_side *base,
				const struct lg_diff_side *head)
{
	enum lg_status status;

	a->placed = lg_alloc_zero(a->base_count + a->head_count, sizeof *a->placed);
	if (!a->placed)
		return no_memory(a);
	status = place_side(a, head, a->placed + base->count);
	a->u->head_rows = a->u->paths.count;
	return status == LG_OK ? place_side(a, base, a->placed) : status;
}

static enum lg_status sum_all(struct aligning *a)
{
	for (size_t i = 0; i < a->base_count + a->head_count; i++) {
		struct placed *placed = &a->placed[i];
		const struct lg_profile *profile = placed->profile;

		placed->sum = lg_alloc_zero(a->u->paths.count, sizeof *placed->sum);
		if (!placed->sum)
			return no_memory(a);
		for (uint32_t r = 0; r < profile->row_count; r++) {
			struct lg_diff_sum *sum = &placed->sum[placed->row[r]];

			sum->count += profile->row[r].count;
			sum->bytes += profile->row[r].shallow_bytes;
			if (i == a->base_count)
				a->u->head_retained[placed->row[r]] +=
					profile->row[r].retained_bytes;
		}
	}
	return LG_OK;
}

/* By the rule for noise, counts and bytes each. */
static void settle_row(struct aligning *a, const struct lg_diff_rule *rule, uint32_t row)
{
	uint64_t count[2][LG_DIFF_MAX_SIDES], bytes[2][LG_DIFF_MAX_SIDES];

	for (size_t i = 0; i < a->base_count + a->head_count; i++) {
		bool head = i >= a->base_count;
		size_t at = head ? i - a->base_count : i;

		count[head][at] = a->placed[i].sum[row].count;
		bytes[head][at] = a->placed[i].sum[row].bytes;
	}
	lg_diff_settle(rule, count[0], count[1], &a->u->base[row].count, &a->u->head[row].count);
	lg_diff_settle(rule, bytes[0], bytes[1], &a->u->base[row].bytes, &a->u->head[row].bytes);
}

static enum lg_status find_suspects(struct aligning *a)
{
	const struct placed *head = &a->placed[a->base_count];
	const struct lg_profile *profile = head->profile;

	a->u->suspect_row = lg_alloc(profile->suspect_count, sizeof *a->u->suspect_row);
	if (!a->u->suspect_row)
		return no_memory(a);
	for (uint32_t i = 0; i < profile->suspect_count; i++) {
		uint32_t row = profile->suspect[i].row;

		a->u->suspect_row[i] = row == LG_NONE ? LG_NONE : head->row[row];
	}
	return LG_OK;
}

static void find_parts(struct lg_diff_union *u)
{
	for (uint32_t i = 0; i < u->paths.count; i++) {
		const struct lg_path_row *row = &u->paths.row[i];

		if (row->parent != LG_NONE && u->part[row->parent] != LG_DIFF_COUNTS)
			u->part[i] = u->part[row->parent];
		else if (row->parent == LG_NONE && lg_diff_is_word(u, row->label, LG_PROFILE_GARBAGE))
			u->part[i] = LG_DIFF_GARBAGE;
		else if (row->parent == LG_NONE && lg_diff_is_word(u, row->label, LG_PROFILE_REST))
			u->part[i] = LG_DIFF_REST;
		else if (lg_diff_is_warm_up(u, i))
			u->part[i] = LG_DIFF_WARM_UP;
	}
}

enum lg_status lg_diff_align(const struct lg_diff_side *base, const struct lg_diff_side *head,
			     struct lg_diff_union *out, struct lg_error *err)
{
	lg_cleanup(release) struct aligning a = {
		.u = out,
		.base_count = base->count,
		.head_count = head->count,
		.err = err,
	};
	struct lg_diff_rule rule;
	enum lg_status status = check_side(base, "base", err);

	if (status == LG_OK)
		status = check_side(head, "head", err);
	if (status == LG_OK)
		status = check_versions(base, head, err);
	if (status != LG_OK)
		return status;
	rule = lg_diff_rule_make(base->count, head->count);
	out->strings = lg_intern_new();
	if (!out->strings)
		return no_memory(&a);
	out->paths.max_rows = SIZE_MAX / 2;
	status = lg_intern_add(out->strings, LG_PATH_ELSEWHERE, strlen(LG_PATH_ELSEWHERE),
			       &out->paths.elsewhere, err);
	if (status == LG_OK)
		status = place_all(&a, base, head);
	if (status != LG_OK)
		return status;
	out->part = lg_alloc_zero(out->paths.count, sizeof *out->part);
	out->base = lg_alloc_zero(out->paths.count, sizeof *out->base);
	out->head = lg_alloc_zero(out->paths.count, sizeof *out->head);
	out->head_retained = lg_alloc_zero(out->paths.count, sizeof *out->head_retained);
	if (!out->part || !out->base || !out->head || !out->head_retained)
		return no_memory(&a);
	status = sum_all(&a);
	if (status == LG_OK)
		status = find_suspects(&a);
	if (status != LG_OK)
		return status;
	for (uint32_t row = 0; row < out->paths.count; row++)
		settle_row(&a, &rule, row);
	find_parts(out);
	return LG_OK;
}
