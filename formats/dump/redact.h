/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_REDACT_H
#define LG_DUMP_REDACT_H

#include "leakgraph/snapshot.h"

/*
 * A view of a snapshot in which the names of keys, locals and attributes are
 * hashed and contents are not compared (SPEC.md, "Redacted"). All but strings, ref_name and mappings is borrowed
 * from the snapshot. O(references + strings + mappings). Zero-initialise; for lg_cleanup.
 */
struct lg_redacted {
	struct lg_snapshot view;
	uint32_t *ref_name;
	struct lg_mapping *mappings;
	uint64_t *offset;
	char *bytes;
};
enum lg_status lg_redact(const struct lg_snapshot *snapshot, struct lg_redacted *out,
			 struct lg_error *err) LG_MUST_CHECK;
void lg_redacted_release(struct lg_redacted *redacted);

#endif
