/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CORE_BUILD_ID_H
#define LG_CORE_BUILD_ID_H

#include <stdbool.h>

#include "base/memory.h"

/* What the linker wrote into an ELF file to tell its builds apart; empty where it did not. */
#define LG_BUILD_ID_BYTES 64
struct lg_build_id {
	uint8_t bytes[LG_BUILD_ID_BYTES];
	uint32_t length;
};

/*
 * Of the ELF file whose bytes stand at base: a file's own, or those of its
 * first mapping. False where no 64-bit ELF file begins there.
 */
bool lg_build_id_read(const struct lg_memory *memory, uint64_t base, struct lg_build_id *out);

bool lg_build_id_equal(const struct lg_build_id *a, const struct lg_build_id *b);

/* "8f3a…" in full; "none" where there is none. */
#define LG_BUILD_ID_TEXT_BYTES (2 * LG_BUILD_ID_BYTES + 8)
const char *lg_build_id_text(const struct lg_build_id *id, char text[LG_BUILD_ID_TEXT_BYTES]);

/* An open file as memory: addresses are its bytes. */
struct lg_memory lg_file_memory(int fd);

#endif
