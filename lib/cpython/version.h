/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_VERSION_H
#define LG_CPYTHON_VERSION_H

#include "base/memory.h"
#include "target/maps.h"

#define LG_VERSION_TEXT_BYTES 32

/* PY_VERSION_HEX as text: 0x030d00b2 is "3.13.0b2". */
void lg_version_format(uint32_t version_hex, char out[LG_VERSION_TEXT_BYTES]);

/* The other way round, 0 where that can't be: "3.9.18", "3.10.0rc1+". */
uint32_t lg_version_parse(const char *text);

/*
 * The version of an interpreter that exports none (before 3.11): from the text
 * of sys.version in the image's data, else from the file's name ("3.9"), else "of
 * an unknown version". Reads at most 64 MiB.
 */
void lg_version_guess(const struct lg_memory *memory, const struct lg_maps *maps,
		      const struct lg_map *image, char out[LG_VERSION_TEXT_BYTES]);

#endif
