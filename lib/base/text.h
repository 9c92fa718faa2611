/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_TEXT_H
#define LG_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

#include "leakgraph/snapshot.h"

/* Is it just these bytes? */
static inline bool lg_text_is(struct lg_text text, const char *expected)
{
	return text.length == strlen(expected) && memcmp(text.bytes, expected, text.length) == 0;
}

#endif
