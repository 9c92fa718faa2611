/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_LABEL_H
#define LG_DUMP_LABEL_H

#include <stddef.h>
#include <stdint.h>

#include "leakgraph/snapshot.h"

/* A label as text (SPEC.md, section 3), taken apart. */
struct lg_label_parts {
	uint8_t kind;
	const char *name; /* within the text; of LG_REF_KEY_TYPE the type */
	size_t length;
};

/* Any text is a label: what is none of the known forms is kind 0 with that name. */
struct lg_label_parts lg_label_parse_reference(const char *text, size_t length);
struct lg_label_parts lg_label_parse_root(const char *text, size_t length);

#endif
