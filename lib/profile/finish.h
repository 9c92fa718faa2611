/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_FINISH_H
#define LG_PROFILE_FINISH_H

#include "profile/search.h"

/* From the rows of all nodes to the profile: sums, and rows in their order. */
enum lg_status lg_profile_finish(struct lg_profile_search *search, struct lg_profile **out,
				 struct lg_error *err) LG_MUST_CHECK;

#endif
