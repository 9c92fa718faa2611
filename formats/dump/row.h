/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_ROW_H
#define LG_DUMP_ROW_H

#include "formats/dump/input.h"
#include "formats/dump/label.h"

/* One value of the row form, taken apart token by token (SPEC.md, section 4). */

struct lg_row_text {
	const char *bytes;
	size_t length;
};

struct lg_row {
	uint64_t id, size;
	struct lg_row_text module, type; /* module.bytes NULL: not said */
	uint32_t refcount;
	uint64_t link_count;
	struct lg_token_reader links; /* for lg_row_next_link, link_count times */
};

/* A referent or a root. */
struct lg_row_link {
	uint64_t id;
	struct lg_label_parts label;
};

enum lg_status lg_row_parse(const uint8_t *value, uint64_t bytes, struct lg_row *out,
			    struct lg_error *err) LG_MUST_CHECK;

enum lg_link_of { LG_LINK_REFERENT, LG_LINK_ROOT };
/* minor: the file's; kinds of a newer one are taken as kind 0. */
enum lg_status lg_row_next_link(struct lg_token_reader *links, enum lg_link_of of, uint32_t minor,
				struct lg_row_link *out, struct lg_error *err) LG_MUST_CHECK;

/* The list in {"section": "roots", "objects": [...]}. */
enum lg_status lg_row_parse_roots(const uint8_t *value, uint64_t bytes, uint64_t *count,
				  struct lg_token_reader *links,
				  struct lg_error *err) LG_MUST_CHECK;

#endif
