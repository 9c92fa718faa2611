/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_SNAPSHOT_VALIDATE_H
#define LG_SNAPSHOT_VALIDATE_H

#include "leakgraph/snapshot.h"

/*
 * As lg_snapshot_validate(), but columns of objects and references, and the
 * tables of single objects, may be missing as a whole (an index is read in
 * parts), and are left out then.
 */
enum lg_status lg_snapshot_validate_there(const struct lg_snapshot *snapshot,
					  struct lg_error *err) LG_MUST_CHECK;

#endif
