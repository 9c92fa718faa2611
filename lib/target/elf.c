/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/elf.h"

/* What a real image stays far below; a hostile one may not ask for more. */
#define MAX_PROGRAM_HEADERS 256
#define MAX_DYNAMIC_ENTRIES 1024
#define MAX_IMAGE_BYTES     ((uint64_t)1 << 32)
#define MAX_SYMBOLS         ((uint64_t)1 << 20)
#define MAX_STRING_BYTES    ((uint64_t)1 << 26)
#define MAX_BUCKETS         ((uint64_t)1 << 20)
#define CHAIN_STEP          256

struct lg_elf {
	const struct lg_memory *memory;
	uint64_t base;
	uint64_t bias; /* what is added to the addresses in the file */
	uint64_t end;
	uint64_t dynamic, dynamic_bytes;
	uint64_t symbols, strings, string_bytes, hash, gnu_hash;
	Elf64_Sym *symbol;
	uint64_t symbol_count;
	char *string; /* string_bytes, and a terminator of ours */
};

LG_DEFINE_CLEANUP(lg_elf_free, struct lg_elf *)

uint64_t lg_elf_end(const struct lg_elf *elf)
{
	return elf->end;
}

void lg_elf_free(struct lg_elf *elf)
{
	if (!elf)
		return;
	free(elf->symbol);
	free(elf->string);
	free(elf);
}

static enum lg_status refuse(const struct lg_elf *elf, struct lg_error *err, const char *what,
			     uint64_t value, const char *expected)
{
	return lg_fail(err, LG_E_UNREADABLE, "ELF image at 0x%llx: %s is %llu, expected %s",
		       (unsigned long long)elf->base, what, (unsigned long long)value, expected);
}

static bool inside(const struct lg_elf *elf, uint64_t address, uint64_t bytes)
{
	return address >= elf->base && address <= elf->end && bytes <= elf->end - address;
}

static enum lg_status read_header(struct lg_elf *elf, Elf64_Ehdr *header, struct lg_error *err)
{
	enum lg_status status = lg_memory_read(elf->memory, elf->base, header, sizeof *header, err);

	if (status != LG_OK)
		return status;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return lg_fail(err, LG_E_UNREADABLE, "no ELF image at 0x%llx",
			       (unsigned long long)elf->base);
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return refuse(elf, err, "its class", header->e_ident[EI_CLASS], "2 (64-bit)");
	if (header->e_ident[EI_DATA] != ELFDATA2LSB)
		return refuse(elf, err, "its data encoding", header->e_ident[EI_DATA],
			      "1 (little-endian)");
	if (header->e_machine != EM_X86_64)
		return refuse(elf, err, "its machine", header->e_machine, "62 (x86-64)");
	if (header->e_type != ET_DYN && header->e_type != ET_EXEC)
		return refuse(elf, err, "its type", header->e_type, "2 or 3");
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(elf, err, "the size of a program header", header->e_phentsize, "56");
	if (header->e_phnum == 0 || header->e_phnum > MAX_PROGRAM_HEADERS)
		return refuse(elf, err, "the number of program headers", header->e_phnum,
			      "1 to 256");
	if (header->e_phoff > MAX_IMAGE_BYTES)
		return refuse(elf, err, "the offset of the program headers", header->e_phoff,
			      "an offset in the image");
	return LG_OK;
}

static enum lg_status read_segments(struct lg_elf *elf, struct lg_error *err)
{
	Elf64_Phdr segment[MAX_PROGRAM_HEADERS];
	uint64_t low = UINT64_MAX, high = 0;
	const Elf64_Phdr *dynamic = NULL;
	enum lg_status status;
	Elf64_Ehdr header;

	status = read_header(elf, &header, err);
	if (status != LG_OK)
		return status;
	status = lg_memory_read(elf->memory, elf->base + header.e_phoff, segment,
				header.e_phnum * sizeof *segment, err);
	if (status != LG_OK)
		return status;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		uint64_t end;

		if (segment[i].p_type == PT_DYNAMIC)
			dynamic = &segment[i];
		if (segment[i].p_type != PT_LOAD)
			continue;
		if (__builtin_add_overflow(segment[i].p_vaddr, segment[i].p_memsz, &end))
			return refuse(elf, err, "the size of a segment", segment[i].p_memsz,
				      "one that fits");
		low = segment[i].p_vaddr < low ? segment[i].p_vaddr : low;
		high = end > high ? end : high;
	}
	low &= ~(uint64_t)4095;
	if (high <= low || high - low > MAX_IMAGE_BYTES)
		return refuse(elf, err, "the size of the image", high - low, "1 byte to 4 GiB");
	elf->bias = elf->base - low;
	if (__builtin_add_overflow(elf->base, high - low, &elf->end))
		return refuse(elf, err, "the size of the image", high - low, "one that fits");
	if (!dynamic)
		return lg_fail(err, LG_E_UNREADABLE, "ELF image at 0x%llx has no dynamic section",
			       (unsigned long long)elf->base);
	elf->dynamic = elf->bias + dynamic->p_vaddr;
	elf->dynamic_bytes = dynamic->p_memsz;
	if (!inside(elf, elf->dynamic, elf->dynamic_bytes))
		return refuse(elf, err, "the address of the dynamic section", dynamic->p_vaddr,
			      "one in the image");
	return LG_OK;
}

/* glibc adds the bias to these in memory, musl and the vDSO leave them: take either. */
static uint64_t pointer(const struct lg_elf *elf, uint64_t value)
{
	return inside(elf, value, 0) ? value : elf->bias + value;
}

static enum lg_status read_dynamic(struct lg_elf *elf, struct lg_error *err)
{
	Elf64_Dyn entry[MAX_DYNAMIC_ENTRIES];
	uint64_t count = elf->dynamic_bytes / sizeof *entry;
	enum lg_status status;

	if (count > MAX_DYNAMIC_ENTRIES)
		count = MAX_DYNAMIC_ENTRIES;
	status = lg_memory_read(elf->memory, elf->dynamic, entry, count * sizeof *entry, err);
	if (status != LG_OK)
		return status;
	for (uint64_t i = 0; i < count && entry[i].d_tag != DT_NULL; i++) {
		uint64_t value = entry[i].d_un.d_val;

		switch (entry[i].d_tag) {
		case DT_SYMTAB:
			elf->symbols = pointer(elf, value);
			break;
		case DT_STRTAB:
			elf->strings = pointer(elf, value);
			break;
		case DT_STRSZ:
			elf->string_bytes = value;
			break;
		case DT_HASH:
			elf->hash = pointer(elf, value);
			break;
		case DT_GNU_HASH:
			elf->gnu_hash = pointer(elf, value);
			break;
		case DT_SYMENT:
			if (value != sizeof(Elf64_Sym))
				return refuse(elf, err, "the size of a symbol", value, "24");
			break;
		}
	}
	if (!inside(elf, elf->symbols, sizeof(Elf64_Sym)))
		return refuse(elf, err, "the address of the symbols", elf->symbols,
			      "one in the image");
	if (elf->string_bytes > MAX_STRING_BYTES || !inside(elf, elf->strings, elf->string_bytes))
		return refuse(elf, err, "the size of the strings", elf->string_bytes,
			      "one in the image");
	return LG_OK;
}

/* Follow the chain of the last bucket to its end, which is the last symbol. */
static enum lg_status follow_chain(struct lg_elf *elf, uint64_t chains, uint64_t first,
				   uint64_t last, struct lg_error *err)
{
	uint32_t chain[CHAIN_STEP];

	while (last < MAX_SYMBOLS) {
		uint64_t at = chains + (last - first) * sizeof *chain;
		uint64_t count = CHAIN_STEP;
		enum lg_status status;

		if (!inside(elf, at, sizeof *chain))
			break;
		if (!inside(elf, at, sizeof chain))
			count = (elf->end - at) / sizeof *chain;
		status = lg_memory_read(elf->memory, at, chain, count * sizeof *chain, err);
		if (status != LG_OK)
			return status;
		for (uint64_t i = 0; i < count; i++, last++) {
			if (chain[i] & 1) {
				elf->symbol_count = last + 1;
				return LG_OK;
			}
		}
	}
	return refuse(elf, err, "the length of a hash chain", last, "one that ends in the image");
}

static enum lg_status count_by_gnu_hash(struct lg_elf *elf, struct lg_error *err)
{
	uint32_t head[4]; /* buckets, first symbol, bloom words, bloom shift */
	lg_cleanup(lg_free) uint32_t *bucket = NULL;
	uint64_t buckets, chains, last = 0;
	enum lg_status status = lg_memory_read(elf->memory, elf->gnu_hash, head, sizeof head, err);

	if (status != LG_OK)
		return status;
	if (head[0] > MAX_BUCKETS || head[2] > MAX_BUCKETS)
		return refuse(elf, err, "the number of hash buckets",
			      head[0] > head[2] ? head[0] : head[2], "at most 1048576");
	buckets = elf->gnu_hash + sizeof head + (uint64_t)head[2] * 8;
	chains = buckets + (uint64_t)head[0] * 4;
	if (!inside(elf, buckets, (uint64_t)head[0] * 4))
		return refuse(elf, err, "the number of hash buckets", head[0],
			      "one that fits the image");
	bucket = lg_alloc(head[0], sizeof *bucket);
	if (!bucket)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u hash buckets", head[0]);
	status = lg_memory_read(elf->memory, buckets, bucket, (size_t)head[0] * 4, err);
	if (status != LG_OK)
		return status;
	for (uint32_t i = 0; i < head[0]; i++)
		last = bucket[i] > last ? bucket[i] : last;
	elf->symbol_count = head[1];
	if (last < head[1])
		return LG_OK; /* nothing is exported */
	return follow_chain(elf, chains, head[1], last, err);
}

static enum lg_status count_symbols(struct lg_elf *elf, struct lg_error *err)
{
	enum lg_status status;
	uint32_t head[2]; /* buckets, chains: one chain word a symbol */

	if (inside(elf, elf->hash, sizeof head)) {
		status = lg_memory_read(elf->memory, elf->hash, head, sizeof head, err);
		elf->symbol_count = head[1];
	} else if (inside(elf, elf->gnu_hash, 16)) {
		status = count_by_gnu_hash(elf, err);
	} else {
		return lg_fail(err, LG_E_UNREADABLE,
			       "ELF image at 0x%llx has neither DT_HASH nor DT_GNU_HASH",
			       (unsigned long long)elf->base);
	}
	if (status != LG_OK)
		return status;
	if (elf->symbol_count > MAX_SYMBOLS ||
	    !inside(elf, elf->symbols, elf->symbol_count * sizeof(Elf64_Sym)))
		return refuse(elf, err, "the number of symbols", elf->symbol_count,
			      "one that fits the image");
	return LG_OK;
}

static enum lg_status read_symbols(struct lg_elf *elf, struct lg_error *err)
{
	enum lg_status status;

	elf->symbol = lg_alloc(elf->symbol_count, sizeof *elf->symbol);
	elf->string = lg_alloc(elf->string_bytes + 1, 1);
	if (!elf->symbol || !elf->string)
		return lg_fail(err, LG_E_MEMORY, "no memory for %llu symbols",
			       (unsigned long long)elf->symbol_count);
	elf->string[elf->string_bytes] = 0;
	status = lg_memory_read(elf->memory, elf->symbols, elf->symbol,
				elf->symbol_count * sizeof *elf->symbol, err);
	if (status != LG_OK)
		return status;
	return lg_memory_read(elf->memory, elf->strings, elf->string, elf->string_bytes, err);
}

enum lg_status lg_elf_open(const struct lg_memory *memory, uint64_t base, struct lg_elf **out,
			   struct lg_error *err)
{
	lg_cleanup(lg_elf_free_slot) struct lg_elf *elf = lg_alloc_zero(1, sizeof *elf);
	enum lg_status status;

	*out = NULL;
	if (!elf)
		return lg_fail(err, LG_E_MEMORY, "no memory for an ELF image");
	elf->memory = memory;
	elf->base = base;
	status = read_segments(elf, err);
	if (status == LG_OK)
		status = read_dynamic(elf, err);
	if (status == LG_OK)
		status = count_symbols(elf, err);
	if (status == LG_OK)
		status = read_symbols(elf, err);
	if (status == LG_OK)
		*out = lg_take(elf);
	return status;
}

bool lg_elf_symbol(const struct lg_elf *elf, const char *name, uint64_t *address, uint64_t *bytes)
{
	for (uint64_t i = 0; i < elf->symbol_count; i++) {
		const Elf64_Sym *symbol = &elf->symbol[i];
		uint64_t at = elf->bias + symbol->st_value;

		if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) == STT_TLS ||
		    symbol->st_name >= elf->string_bytes || !inside(elf, at, symbol->st_size) ||
		    strcmp(elf->string + symbol->st_name, name) != 0)
			continue;
		*address = at;
		*bytes = symbol->st_size;
		return true;
	}
	return false;
}
