/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_SUSPECTS_H
#define LG_PROFILE_SUSPECTS_H

#include "profile/search.h"

/* The verdict's suspects, with the rows that hold them, into the search. */
enum lg_status lg_profile_find_suspects(struct lg_profile_search *search) LG_MUST_CHECK;

#endif
