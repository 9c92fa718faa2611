/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_SUSPECTS_H
#define LG_PROFILE_SUSPECTS_H

#include "profile/search.h"

/* The verdict's suspects, with the rows that hold them; rows are those of the search still. */
enum lg_status lg_profile_find_suspects(struct lg_profile_search *search, struct lg_profile *out,
					struct lg_error *err) LG_MUST_CHECK;

#endif
