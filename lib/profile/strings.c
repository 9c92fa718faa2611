/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "profile/strings.h"

uint32_t lg_profile_add_string(struct lg_profile *profile, const char *text)
{
	struct lg_strings *strings = &profile->strings;
	uint64_t used = strings->offset[strings->count], length = strlen(text);
	char *bytes = realloc(strings->bytes, used + length + 1);
	uint64_t *offset;

	if (!bytes)
		return LG_NONE;
	strings->bytes = bytes;
	offset = realloc(strings->offset, ((size_t)strings->count + 2) * sizeof *offset);
	if (!offset)
		return LG_NONE;
	strings->offset = offset;
	memcpy(bytes + used, text, length);
	offset[strings->count + 1] = used + length;
	return strings->count++;
}

enum lg_status lg_profile_set_name(struct lg_profile *profile, const char *name,
				   struct lg_error *err)
{
	uint32_t string = lg_profile_add_string(profile, name);

	if (string == LG_NONE)
		return lg_fail(err, LG_E_MEMORY, "no memory for the name of a build");
	profile->name = string;
	return LG_OK;
}
