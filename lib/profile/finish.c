/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "graph/fold.h"
#include "profile/finish.h"
#include "profile/order.h"

LG_DEFINE_CLEANUP(lg_intern_free, struct lg_intern *)
LG_DEFINE_CLEANUP(lg_profile_free, struct lg_profile *)

void lg_profile_free(struct lg_profile *profile)
{
	if (!profile)
		return;
	free(profile->row);
	free(profile->suspect);
	free(profile->strings.offset);
	free(profile->strings.bytes);
	free(profile);
}

/* The row of what no root reaches, by its type. */
static enum lg_status garbage_row(struct lg_profile_search *search, uint32_t object, uint32_t *out)
{
	uint32_t label, type, root;
	enum lg_status status =
		lg_profile_word(&search->words, LG_PROFILE_GARBAGE, &label, search->err);

	*out = 0;
	if (status == LG_OK)
		status = lg_profile_type(&search->words, object, &type, search->err);
	if (status != LG_OK)
		return status;
	root = lg_paths_step(&search->paths, LG_NONE, label, 0, false);
	*out = lg_paths_step(&search->paths, root, 0, type, false);
	return LG_OK;
}

static enum lg_status add_objects(struct lg_profile_search *search, const uint64_t *member)
{
	const struct lg_snapshot *s = search->analysis->snapshot;

	for (size_t row = 0; row < search->paths.count; row++) {
		search->paths.row[row].count = 0;
		search->paths.row[row].shallow_bytes = search->paths.row[row].retained_bytes = 0;
	}
	for (uint32_t object = 1; object < s->object_count; object++) {
		uint32_t node = lg_analysis_node(search->analysis, object);
		uint32_t row = search->row[node];
		enum lg_status status = LG_OK;

		if (member && !lg_bit_get(member, object))
			continue;
		if (row == LG_NONE)
			status = garbage_row(search, object, &row);
		if (status == LG_OK && search->paths.failed)
			status = lg_fail(search->err, LG_E_MEMORY, "no memory for %zu paths",
					 search->paths.count);
		if (status != LG_OK)
			return status;
		search->paths.row[row].shallow_bytes += s->shallow_bytes[object];
		search->paths.row[row].count += node == object && !lg_bit_get(search->part, node);
	}
	return LG_OK;
}

/* In preorder of the dominator tree a row's objects below one of its own add nothing. */
static enum lg_status add_retained(struct lg_profile_search *search)
{
	const struct lg_dominators *d = search->analysis->dominators;
	lg_cleanup(lg_free) uint32_t *until = lg_alloc_zero(search->paths.count, sizeof *until);

	if (!until)
		return lg_fail(search->err, LG_E_MEMORY, "no memory for %zu paths",
			       search->paths.count);
	for (uint32_t p = 0; p < d->reached_count; p++) {
		uint32_t node = d->order[p], row = search->row[node];

		if (row == LG_NONE || p < until[row])
			continue;
		search->paths.row[row].retained_bytes += d->retained_bytes[node];
		until[row] = p + d->subtree[node];
	}
	return LG_OK;
}

static enum lg_status copy_rows(const struct lg_paths *paths, struct lg_profile *out,
				struct lg_error *err)
{
	out->row = lg_alloc(paths->count, sizeof *out->row);
	if (!out->row)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu paths", paths->count);
	out->row_count = (uint32_t)paths->count;
	for (uint32_t i = 0; i < out->row_count; i++) {
		const struct lg_path_row *from = &paths->row[i];

		out->row[i] = (struct lg_profile_row){
			.parent = from->parent,
			.label = from->label,
			.type = from->type,
			.count = from->count,
			.shallow_bytes = from->shallow_bytes,
			.retained_bytes = from->retained_bytes,
		};
		out->objects += from->count;
		out->object_bytes += from->shallow_bytes;
	}
	return LG_OK;
}

static enum lg_status copy_info(struct lg_profile_search *search, struct lg_profile *out)
{
	const struct lg_snapshot *s = search->analysis->snapshot;
	struct lg_text version = lg_snapshot_string(s, s->info.python_version);
	struct lg_text producer = lg_snapshot_string(s, s->info.producer);
	enum lg_status status;

	out->python_hex = s->info.python_hex;
	out->pid = s->info.pid;
	out->process_start = s->info.process_start;
	out->taken_at_ns = s->info.taken_at_ns;
	out->rss_bytes = s->info.rss_bytes;
	out->anonymous_bytes = s->info.anonymous_bytes;
	status = lg_intern_add(search->words.strings, version.bytes, version.length,
			       &out->python_version, search->err);
	if (status != LG_OK)
		return status;
	return lg_intern_add(search->words.strings, producer.bytes, producer.length, &out->producer,
			     search->err);
}

static enum lg_status copy_suspects(const struct lg_profile_search *search, struct lg_profile *out)
{
	size_t count = search->suspect_count;

	out->suspect = lg_alloc(count, sizeof *out->suspect);
	if (!out->suspect)
		return lg_fail(search->err, LG_E_MEMORY, "no memory for %zu suspects", count);
	memcpy(out->suspect, search->suspect, count * sizeof *out->suspect);
	out->suspect_count = search->suspect_count;
	return LG_OK;
}

/* The search goes on with its own. */
static enum lg_status copy_strings(const struct lg_intern *strings, struct lg_strings *out,
				   struct lg_error *err)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *copy = lg_intern_new();
	enum lg_status status = LG_OK;

	if (!copy)
		return lg_fail(err, LG_E_MEMORY, "no memory for the names of a profile");
	for (uint32_t i = 1; i < lg_intern_count(strings) && status == LG_OK; i++) {
		struct lg_text text = lg_intern_text(strings, i);
		uint32_t number;

		status = lg_intern_add(copy, text.bytes, text.length, &number, err);
	}
	return status == LG_OK ? lg_intern_finish(copy, out, err) : status;
}

enum lg_status lg_profile_finish(struct lg_profile_search *search, const uint64_t *member,
				 struct lg_profile **out, struct lg_error *err)
{
	lg_cleanup(lg_profile_free_slot) struct lg_profile *profile = calloc(1, sizeof *profile);
	enum lg_status status;

	if (!profile)
		return lg_fail(err, LG_E_MEMORY, "no memory for a profile");
	status = add_objects(search, member);
	if (status == LG_OK)
		status = add_retained(search);
	if (status == LG_OK)
		status = copy_info(search, profile);
	if (status == LG_OK)
		status = copy_suspects(search, profile);
	if (status == LG_OK)
		status = copy_rows(&search->paths, profile, err);
	if (status == LG_OK)
		status = copy_strings(search->words.strings, &profile->strings, err);
	if (status == LG_OK)
		status = lg_profile_order(profile, err);
	if (status == LG_OK)
		*out = lg_take(profile);
	return status;
}
