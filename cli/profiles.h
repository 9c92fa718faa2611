/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_PROFILES_H
#define LG_CLI_PROFILES_H

#include "cli.h"

/* Paths that a profile keeps by itself. */
#define PROFILE_ROWS 20000

/* The profile of a dump, or of a profile's own file; the caller owns *out. With progress. */
enum lg_status profile_open(const char *path, struct lg_profile **out,
			    struct lg_error *err) LG_MUST_CHECK;

#endif
