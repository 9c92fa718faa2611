/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_FINISH_H
#define LG_PROFILE_FINISH_H

#include "profile/search.h"

/*
 * From the rows of all nodes to a profile of the objects with a bit in member
 * (NULL: all): sums, and rows in their order. May be called again for others.
 */
enum lg_status lg_profile_finish(struct lg_profile_search *search, const uint64_t *member,
				 struct lg_profile **out, struct lg_error *err) LG_MUST_CHECK;

#endif
