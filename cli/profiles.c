/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "input.h"
#include "profiles.h"
#include "screen.h"

enum lg_status profile_open(const char *path, struct lg_profile **out, struct lg_error *err)
{
	scoped(input_close) struct input input = {0};
	bool is_one;
	enum lg_status status = lg_profile_is_one(path, &is_one, err);

	*out = NULL;
	if (status != LG_OK)
		return lg_fail_within(err, "%s", path);
	if (is_one)
		return lg_profile_read(path, out, err);
	status = input_open_file(&input, path, false, err);
	if (status == LG_OK)
		status = lg_profile_build(input.analysis, &input.progress, out, err);
	progress_erase();
	return status;
}

enum lg_status profiles_open(struct profiles *profiles, const char *const *path, size_t count,
			     struct lg_error *err)
{
	enum lg_status status = LG_OK;

	profiles->profile = calloc(count + 1, sizeof(struct lg_profile *));
	if (!profiles->profile)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu profiles", count);
	/* One after the other: a dump is gone from memory before the next is read. */
	for (size_t i = 0; i < count && status == LG_OK; i++) {
		status = profile_open(path[i], &profiles->profile[i], err);
		profiles->count += status == LG_OK;
	}
	return status;
}

void profiles_close(struct profiles *profiles)
{
	for (size_t i = 0; i < profiles->count; i++)
		lg_profile_free(profiles->profile[i]);
	free(profiles->profile);
}
