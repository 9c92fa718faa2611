/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "byte_memory.h"
#include "target/elf.h"
#include "target/process_memory.h"

/* A small image with three symbols, in both forms of hash table. */
#define BASE 0x7f0000000000

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment[2];
	Elf64_Dyn dynamic[8];
	Elf64_Sym symbol[3];
	uint32_t hash[2 + 1 + 3];
	uint32_t gnu_hash[4 + 2 + 1 + 2];
	char string[32];
	char data[64];
};

static struct image good(void)
{
	struct image image = {
		.header = {
			.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_phoff = offsetof(struct image, segment),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2,
		},
		.segment = {
			{.p_type = PT_LOAD, .p_memsz = sizeof(struct image)},
			{.p_type = PT_DYNAMIC,
			 .p_vaddr = offsetof(struct image, dynamic),
			 .p_memsz = sizeof image.dynamic},
		},
		.dynamic = {
			{DT_SYMTAB, {offsetof(struct image, symbol)}},
			{DT_STRTAB, {offsetof(struct image, string)}},
			{DT_STRSZ, {sizeof image.string}},
			{DT_SYMENT, {sizeof(Elf64_Sym)}},
			{DT_HASH, {offsetof(struct image, hash)}},
			{DT_GNU_HASH, {offsetof(struct image, gnu_hash)}},
			{DT_NULL, {0}},
		},
		.symbol = {
			{0},
			{.st_name = 1,
			 .st_shndx = 5,
			 .st_value = offsetof(struct image, data),
			 .st_size = 8},
			{.st_name = 7,
			 .st_shndx = 5,
			 .st_value = offsetof(struct image, data) + 8,
			 .st_size = 16},
		},
		.hash = {1, 3, 1, 0, 2, 0},
		.gnu_hash = {1, 1, 1, 6, 0, 0, 1, 0x10, 0x21},
		.string = "\0first\0second",
	};

	return image;
}

static enum lg_status open_image(const struct image *image, struct lg_elf **out,
				 struct lg_error *err)
{
	struct byte_memory fake;
	enum lg_status status;

	byte_memory_init(&fake, BASE, image, sizeof *image);
	status = lg_elf_open(&fake.memory, BASE, out, err);
	cr_assert_leq(fake.reads, 16);
	return status;
}

static void finds_both(const struct image *image, uint64_t bias)
{
	struct lg_error err = {0};
	uint64_t address, bytes;
	struct lg_elf *elf;

	cr_assert_eq(open_image(image, &elf, &err), LG_OK, "%s", err.text);
	cr_assert(lg_elf_symbol(elf, "first", &address, &bytes));
	cr_assert_eq(address, bias + offsetof(struct image, data));
	cr_assert_eq(bytes, 8);
	cr_assert(lg_elf_symbol(elf, "second", &address, &bytes));
	cr_assert_eq(address, bias + offsetof(struct image, data) + 8);
	cr_assert_eq(bytes, 16);
	cr_assert(!lg_elf_symbol(elf, "secon", &address, &bytes));
	cr_assert(!lg_elf_symbol(elf, "", &address, &bytes));
	lg_elf_free(elf);
}

Test(elf, both_hash_tables)
{
	struct image image = good();

	finds_both(&image, BASE);
	image.dynamic[4].d_tag = DT_DEBUG; /* DT_GNU_HASH alone */
	finds_both(&image, BASE);
}

Test(elf, relocated_pointers)
{
	struct image image = good();

	for (int i = 0; i < 6; i++)
		if (i != 2 && i != 3)
			image.dynamic[i].d_un.d_ptr += BASE;
	finds_both(&image, BASE);
}

Test(elf, linked_at_an_address)
{
	struct image image = good();

	image.header.e_type = ET_EXEC;
	image.segment[0].p_vaddr += BASE;
	image.segment[1].p_vaddr += BASE;
	for (int i = 0; i < 6; i++)
		if (i != 2 && i != 3)
			image.dynamic[i].d_un.d_ptr += BASE;
	image.symbol[1].st_value += BASE;
	image.symbol[2].st_value += BASE;
	finds_both(&image, BASE);
}

static void refused(const struct image *image, const char *message)
{
	struct lg_error err = {0};
	struct lg_elf *elf;
	char text[256];

	cr_assert_eq(open_image(image, &elf, &err), LG_E_UNREADABLE, "%s", message);
	cr_assert_null(elf);
	snprintf(text, sizeof text, "ELF image at 0x7f0000000000%s", message);
	cr_assert_str_eq(err.text, text);
}

#define REFUSED(change, message)              \
	do {                                  \
		struct image image = good();  \
		change;                       \
		refused(&image, message);     \
	} while (0)

Test(elf, refusals)
{
	REFUSED(image.header.e_ident[EI_CLASS] = 1, ": its class is 1, expected 2 (64-bit)");
	REFUSED(image.header.e_ident[EI_DATA] = 2,
		": its data encoding is 2, expected 1 (little-endian)");
	REFUSED(image.header.e_machine = EM_AARCH64, ": its machine is 183, expected 62 (x86-64)");
	REFUSED(image.header.e_type = ET_CORE, ": its type is 4, expected 2 or 3");
	REFUSED(image.header.e_phentsize = 55, ": the size of a program header is 55, expected 56");
	REFUSED(image.header.e_phnum = 0, ": the number of program headers is 0, expected 1 to 256");
	REFUSED(image.header.e_phnum = 257,
		": the number of program headers is 257, expected 1 to 256");
	REFUSED(image.header.e_phoff = UINT64_MAX,
		": the offset of the program headers is 18446744073709551615, expected an offset in "
		"the image");
	REFUSED(image.segment[0].p_vaddr = UINT64_MAX,
		": the size of a segment is 536, expected one that fits");
	REFUSED(image.segment[0].p_type = PT_NULL,
		": the size of the image is 4096, expected 1 byte to 4 GiB");
	REFUSED(image.segment[0].p_memsz = (uint64_t)1 << 33,
		": the size of the image is 8589934592, expected 1 byte to 4 GiB");
	REFUSED(image.segment[1].p_type = PT_NULL, " has no dynamic section");
	REFUSED(image.segment[1].p_vaddr = 4096,
		": the address of the dynamic section is 4096, expected one in the image");
	REFUSED(image.dynamic[3].d_un.d_val = 16, ": the size of a symbol is 16, expected 24");
	REFUSED(image.dynamic[2].d_un.d_val = 1 << 20,
		": the size of the strings is 1048576, expected one in the image");
	REFUSED((image.dynamic[4].d_tag = DT_DEBUG, image.dynamic[5].d_tag = DT_DEBUG),
		" has neither DT_HASH nor DT_GNU_HASH");
	REFUSED(image.hash[1] = 1000, ": the number of symbols is 1000, expected one that fits the image");
	REFUSED(image.hash[1] = UINT32_MAX,
		": the number of symbols is 4294967295, expected one that fits the image");
	REFUSED((image.dynamic[4].d_tag = DT_DEBUG, image.gnu_hash[0] = UINT32_MAX),
		": the number of hash buckets is 4294967295, expected at most 1048576");
	REFUSED((image.dynamic[4].d_tag = DT_DEBUG, image.gnu_hash[0] = 500),
		": the number of hash buckets is 500, expected one that fits the image");
}

Test(elf, chain_without_end)
{
	struct lg_error err = {0};
	struct image image = good();
	struct lg_elf *elf;

	image.dynamic[4].d_tag = DT_DEBUG;
	memset(&image.gnu_hash[7], 0, sizeof image - offsetof(struct image, gnu_hash[7]));
	cr_assert_eq(open_image(&image, &elf, &err), LG_E_UNREADABLE);
	cr_assert_not_null(strstr(err.text, "expected one that ends in the image"), "%s", err.text);
}

Test(elf, not_an_image)
{
	struct image image = good();
	struct lg_error err = {0};
	struct byte_memory fake;
	struct lg_elf *elf;

	image.header.e_ident[0] = 0;
	cr_assert_eq(open_image(&image, &elf, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "no ELF image at 0x7f0000000000");
	byte_memory_init(&fake, BASE, &image, 16);
	cr_assert_eq(lg_elf_open(&fake.memory, BASE, &elf, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "64 bytes at 0x7f0000000000 are not mapped");
}

/* Every byte, with eight other values each: no crash, no long read, no symbol out of the image. */
Test(elf, any_byte_may_be_wrong)
{
	static const unsigned char other[] = {0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40, 0xfe};
	struct image image = good();

	for (size_t at = 0; at < sizeof image; at++) {
		for (size_t k = 0; k < sizeof other; k++) {
			struct image changed = image;
			uint64_t address, bytes;
			struct lg_elf *elf;

			((unsigned char *)&changed)[at] = other[k];
			if (open_image(&changed, &elf, NULL) != LG_OK)
				continue;
			if (lg_elf_symbol(elf, "first", &address, &bytes))
				cr_assert(address >= BASE && address - BASE <= (uint64_t)1 << 32);
			lg_elf_free(elf);
		}
	}
}

/* Cut off anywhere, it is refused. */
Test(elf, any_end)
{
	struct image image = good();

	for (size_t length = 0; length < offsetof(struct image, data); length++) {
		struct byte_memory fake;
		struct lg_elf *elf;

		byte_memory_init(&fake, BASE, &image, length);
		cr_assert_eq(lg_elf_open(&fake.memory, BASE, &elf, NULL), LG_E_UNREADABLE);
	}
}

struct visit {
	struct lg_memory memory;
	int images;
	bool found;
};

/* Each image loaded in this process, the vDSO among them, against what the linker finds. */
static int visit_image(struct dl_phdr_info *info, size_t size, void *context)
{
	struct visit *visit = context;
	uint64_t base = UINT64_MAX, address, bytes;
	struct lg_error err = {0};
	struct lg_elf *elf;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_vaddr < base)
			base = info->dlpi_phdr[i].p_vaddr;
	base = info->dlpi_addr + (base & ~(uint64_t)4095);
	cr_assert_eq(lg_elf_open(&visit->memory, base, &elf, &err), LG_OK, "%s: %s",
		     info->dlpi_name, err.text);
	visit->images++;
	if (strstr(info->dlpi_name, "libc.so")) {
		visit->found = lg_elf_symbol(elf, "environ", &address, &bytes);
		cr_assert_eq(bytes, sizeof environ);
		cr_assert(lg_elf_symbol(elf, "getpid", &address, &bytes));
		cr_assert_eq(memcmp((void *)address, (void *)(uintptr_t)getpid, 8), 0);
		cr_assert(!lg_elf_symbol(elf, "no_such_symbol", &address, &bytes));
	}
	lg_elf_free(elf);
	return 0;
}

Test(elf, own_images)
{
	struct visit visit = {.memory = lg_process_memory(getpid())};
	struct lg_elf *elf;

	dl_iterate_phdr(visit_image, &visit);
	cr_assert_gt(visit.images, 2);
	cr_assert(visit.found);
	cr_assert_eq(lg_elf_open(&visit.memory, getauxval(AT_SYSINFO_EHDR), &elf, NULL), LG_OK);
	lg_elf_free(elf);
}
