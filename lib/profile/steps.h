/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_STEPS_H
#define LG_PROFILE_STEPS_H

#include "leakgraph/profile.h"

/*
 * A row of a profile as a step of a path, which lg_path_text() then tells as
 * elsewhere. The texts are the caller's, and safe to print; root: it has no
 * row above it.
 */
struct lg_hop lg_profile_hop(const char *label, const char *type, bool root);

#endif
