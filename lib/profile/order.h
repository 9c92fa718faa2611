/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_ORDER_H
#define LG_PROFILE_ORDER_H

#include "leakgraph/profile.h"

/*
 * Put the rows, of which each stands behind its parent, into the order of a
 * profile. Rows with nothing on or below them go, and strings of no row.
 * O(rows log rows).
 */
enum lg_status lg_profile_order(struct lg_profile *profile, struct lg_error *err) LG_MUST_CHECK;

#endif
