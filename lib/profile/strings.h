/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_STRINGS_H
#define LG_PROFILE_STRINGS_H

#include "leakgraph/profile.h"

/* Adds a string at the end of the table; LG_NONE when memory is out. O(strings). */
uint32_t lg_profile_add_string(struct lg_profile *profile, const char *text);

#endif
