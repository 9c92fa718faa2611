/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_MAPPINGS_H
#define LG_TAKE_MAPPINGS_H

#include "native/region.h"
#include "take/taking.h"
#include "target/residency.h"

/*
 * The table of mappings: what is mapped, cut where regions begin and end, with
 * what of it is resident. Pages of a process's own are counted in the copy,
 * which stands still; those of files in the process itself, since a copy does
 * not inherit them. Sets the columns, resident_bytes of the arenas, and
 * anonymous_bytes, file_bytes, shared_bytes of info. regions are sorted.
 */
enum lg_status lg_take_mappings(struct lg_taking *taking, const struct lg_maps *maps,
				const struct lg_residency *residency,
				const struct lg_regions *regions, struct lg_error *err) LG_MUST_CHECK;

#endif
