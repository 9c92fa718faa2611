/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/pool.h"
#include "base/array.h"
#include "formats/fleet/fleet.h"
#include "profile/steps.h"

const struct lg_fleet_table *const lg_fleet_tables[] = {
	&lg_fleet_process, &lg_fleet_paths,   &lg_fleet_suspects, &lg_fleet_types,
	&lg_fleet_memory,  &lg_fleet_objects, &lg_fleet_refs,     &lg_fleet_roots,
	NULL,
};

/* Those of a profile's file may be anything, and as long. */
#define NAME_COLUMNS (4 * LG_NAME_COLUMNS)

static void sum_up(struct lg_fleet *fleet)
{
	const struct lg_profile *profile = fleet->profile;

	for (uint32_t i = profile->row_count; i-- > 0;) {
		const struct lg_profile_row *row = &profile->row[i];

		fleet->total_objects[i] += row->count;
		fleet->total_bytes[i] += row->shallow_bytes;
		if (row->parent == LG_NONE)
			continue;
		fleet->total_objects[row->parent] += fleet->total_objects[i];
		fleet->total_bytes[row->parent] += fleet->total_bytes[i];
	}
}

enum lg_status lg_fleet_open(struct lg_fleet *fleet, struct lg_error *err)
{
	const struct lg_profile *profile = fleet->profile;

	fleet->pool = lg_pool_new();
	fleet->text = lg_alloc(profile->strings.count, sizeof *fleet->text);
	fleet->total_objects = lg_alloc_zero(profile->row_count, sizeof *fleet->total_objects);
	fleet->total_bytes = lg_alloc_zero(profile->row_count, sizeof *fleet->total_bytes);
	if (!fleet->pool || !fleet->text || !fleet->total_objects || !fleet->total_bytes)
		return lg_fail(err, LG_E_MEMORY, "no memory for the tables of %u paths",
			       profile->row_count);
	for (uint32_t i = 0; i < profile->strings.count; i++) {
		struct lg_buffer text = {0};

		lg_buffer_name(&text, lg_profile_text(profile, i), 0, NAME_COLUMNS);
		fleet->text[i] = lg_buffer_keep(&text, fleet->pool);
	}
	sum_up(fleet);
	return lg_pool_check(fleet->pool, err);
}

void lg_fleet_release(struct lg_fleet *fleet)
{
	free(fleet->text);
	free(fleet->total_objects);
	free(fleet->total_bytes);
	lg_pool_free(fleet->pool);
	free(fleet->path);
}

/* What lg_path_text() may need. */
static size_t room_of(const struct lg_path *path)
{
	size_t bytes = 1;

	for (size_t i = 0; i < path->count; i++)
		bytes += strlen(path->hop[i].label) + strlen(path->hop[i].type) +
			 2 * LG_NUMBER_TEXT_BYTES;
	return bytes;
}

enum lg_status lg_fleet_path(struct lg_fleet *fleet, uint32_t row, const char **out,
			     struct lg_error *err)
{
	const struct lg_profile *profile = fleet->profile;
	struct lg_hop hop[LG_PROFILE_MAX_STEPS];
	struct lg_path path = {.hop = hop + LG_PROFILE_MAX_STEPS};

	/* No path has more steps: lg_profile_validate(). */
	for (uint32_t at = row; at != LG_NONE && path.hop > hop; at = profile->row[at].parent) {
		*--path.hop = lg_profile_hop(fleet->text[profile->row[at].label],
					     fleet->text[profile->row[at].type],
					     profile->row[at].parent == LG_NONE);
		path.count++;
	}
	if (!lg_reserve(fleet->path, fleet->path_capacity, room_of(&path)))
		return lg_fail(err, LG_E_MEMORY, "no memory for a path");
	lg_path_text(&path, 0, NULL, fleet->path, fleet->path_capacity);
	*out = fleet->path;
	return LG_OK;
}
