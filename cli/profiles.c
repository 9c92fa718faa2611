/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiles.h"
#include "screen.h"

enum lg_status profile_open_input(const char *path, struct input *input, struct lg_profile **out,
				  struct lg_error *err)
{
	bool is_one;
	enum lg_status status = lg_profile_is_one(path, &is_one, err);

	*out = NULL;
	if (status != LG_OK)
		return lg_fail_within(err, "%s", path);
	if (is_one)
		return lg_profile_read(path, out, err);
	status = input_open_file(input, path, false, err);
	if (status == LG_OK)
		status = lg_profile_build(input->analysis, &input->progress, out, err);
	progress_erase();
	return status;
}

enum lg_status profile_open(const char *path, struct lg_profile **out, struct lg_error *err)
{
	scoped(input_close) struct input input = {0};

	return profile_open_input(path, &input, out, err);
}
