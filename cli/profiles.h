/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_PROFILES_H
#define LG_CLI_PROFILES_H

#include "input.h"

/* Paths that a profile keeps where nothing else is said. */
#define PROFILE_ROWS 20000

/* The profile of a dump, or of a profile's own file; the caller owns *out. With progress. */
enum lg_status profile_open(const char *path, struct lg_profile **out,
			    struct lg_error *err) LG_MUST_CHECK;
/* The same; a dump stays open in `input`, which is as it was (zero) where there is none. */
enum lg_status profile_open_input(const char *path, struct input *input, struct lg_profile **out,
				  struct lg_error *err) LG_MUST_CHECK;

#endif
