/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_ELF_H
#define LG_TARGET_ELF_H

#include "base/memory.h"
#include "target/maps.h"

/*
 * A loaded ELF image, read from the memory of its process: program headers,
 * dynamic section and .dynsym, so that it works stripped, deleted, in a
 * container and under chroot. Everything in it is hostile and bounded.
 */
struct lg_elf;

/* The image whose header is mapped at base. The caller frees. */
enum lg_status lg_elf_open(const struct lg_memory *memory, uint64_t base, struct lg_elf **out,
			   struct lg_error *err) LG_MUST_CHECK;
void lg_elf_free(struct lg_elf *elf);

/* Behind the last byte of the image, what no file backs (.bss) included. */
uint64_t lg_elf_end(const struct lg_elf *elf);

/* Address and size of an exported symbol. False where there is none. */
bool lg_elf_symbol(const struct lg_elf *elf, const char *name, uint64_t *address, uint64_t *bytes);

#endif
