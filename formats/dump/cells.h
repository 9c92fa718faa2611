/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_CELLS_H
#define LG_DUMP_CELLS_H

#include "formats/dump/schema.h"

/* Values of a column between the snapshot, where they have any width and stride, and uint64_t. */

void lg_cells_gather(uint64_t *value, const struct lg_snapshot *snapshot,
		     const struct lg_dump_column *column, uint64_t first, uint32_t count);

/* Those of a `difference` column go one element further, and are left to be added up. */
enum lg_status lg_cells_scatter(const uint64_t *value, const struct lg_snapshot *snapshot,
				const struct lg_dump_column *column, uint64_t first,
				uint32_t count, struct lg_error *err) LG_MUST_CHECK;

#endif
