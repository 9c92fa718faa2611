/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_UTF8_H
#define LG_DUMP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Is it well-formed UTF-8 (no surrogates, no overlong forms), as strict readers want it? */
bool lg_utf8_valid(const char *bytes, size_t length);

#endif
