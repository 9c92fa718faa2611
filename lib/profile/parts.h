/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_PARTS_H
#define LG_PROFILE_PARTS_H

#include "leakgraph/profile.h"

/*
 * Profiles of parts of a heap, on the paths that the whole one has: out[i] holds
 * the objects with a bit in member[i], NULL: all. On failure none is handed out.
 */
enum lg_status lg_profile_build_parts(struct lg_analysis *analysis,
				      const struct lg_progress *progress,
				      const uint64_t *const *member, size_t parts,
				      struct lg_profile **out, struct lg_error *err) LG_MUST_CHECK;

#endif
