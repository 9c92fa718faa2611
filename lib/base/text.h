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

/* As memcmp(), which for UTF-8 is the order of code points; the shorter of equal ones first. */
static inline int lg_text_compare(struct lg_text a, struct lg_text b)
{
	uint64_t length = a.length < b.length ? a.length : b.length;
	int order = length ? memcmp(a.bytes, b.bytes, length) : 0;

	return order ? order : (a.length > b.length) - (a.length < b.length);
}

#endif
