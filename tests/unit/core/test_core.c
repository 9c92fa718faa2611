/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/build_id.h"
#include "core/files.h"

static struct lg_error err;

/* A core with two segments: the first stored by one page of two, the second without its end. */
#define HEAP  ((uint64_t)0x10000000)
#define IMAGE ((uint64_t)0x20000000)

struct fake_core {
	Elf64_Ehdr header;
	Elf64_Phdr segment[3];
	uint32_t unused; /* so that nothing stands between the parts of the note */
	Elf64_Nhdr note;
	char owner[8];
	uint64_t count, page_bytes, start, end, pages;
	char path[16];
};

static const char *write_core(const char *path, size_t file_bytes)
{
	static char name[64];
	struct fake_core core = {
		.header = {.e_type = ET_CORE, .e_machine = EM_X86_64, .e_phnum = 3,
			   .e_phoff = offsetof(struct fake_core, segment),
			   .e_phentsize = sizeof(Elf64_Phdr)},
		.segment = {
			{.p_type = PT_NOTE, .p_offset = offsetof(struct fake_core, note),
			 .p_filesz = sizeof core - offsetof(struct fake_core, note)},
			{.p_type = PT_LOAD, .p_offset = 4096, .p_vaddr = HEAP, .p_filesz = 4096,
			 .p_memsz = 8192, .p_flags = PF_R | PF_W},
			{.p_type = PT_LOAD, .p_offset = 8192, .p_vaddr = IMAGE, .p_filesz = 8192,
			 .p_memsz = 12288, .p_flags = PF_R | PF_X},
		},
		.note = {.n_namesz = 5, .n_type = NT_FILE,
			 .n_descsz = sizeof core - offsetof(struct fake_core, count)},
		.owner = "CORE",
		.count = 1,
		.page_bytes = 4096,
		.start = IMAGE,
		.end = IMAGE + 12288,
	};
	int fd = memfd_create("core", 0);

	memcpy(core.header.e_ident, ELFMAG, SELFMAG);
	core.header.e_ident[EI_CLASS] = ELFCLASS64;
	core.header.e_ident[EI_DATA] = ELFDATA2LSB;
	strcpy(core.path, path);
	cr_assert_eq(write(fd, &core, sizeof core), (ssize_t)sizeof core);
	cr_assert_eq(pwrite(fd, "heap", 4, 4096), 4);
	cr_assert_eq(ftruncate(fd, (off_t)file_bytes), 0);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return name;
}

static struct lg_core *open_core(const char *path, size_t file_bytes)
{
	struct lg_core *core;

	cr_assert_eq(lg_core_open(write_core(path, file_bytes), &core, &err), LG_OK, "%s", err.text);
	return core;
}

Test(core, tells_what_is_stored)
{
	struct lg_core *core = open_core("/none", 16384);
	struct lg_memory memory = lg_core_memory(core);
	uint32_t word;

	cr_assert_eq(core->segment_count, 2);
	cr_assert_eq(core->segment[0].stored_bytes, 4096);
	cr_assert_eq(core->segment[1].stored_bytes, 8192);
	cr_assert_eq(core->cut_bytes, 0);
	cr_assert_str_eq(lg_core_mapping_at(core, IMAGE + 5)->path, "/none");
	cr_assert_null(lg_core_mapping_at(core, HEAP));
	cr_assert_eq(lg_memory_read_u32(&memory, HEAP, &word, &err), LG_OK);
	cr_assert_eq(memcmp(&word, "heap", 4), 0);
	cr_assert_eq(lg_memory_read_u32(&memory, HEAP + 4094, &word, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "0x10001000 is not in the core");
	lg_core_free(core);
}

/* What the core should have had is not taken from the file, which may have changed since. */
Test(core, image_of_one_that_was_cut_off)
{
	struct lg_core *core = open_core("/none", 12288);
	struct lg_core_sources sources = {0};
	struct lg_core_losses losses;
	struct lg_image image = {0};

	cr_assert_eq(core->cut_bytes, 4096);
	cr_assert_eq(lg_core_image(core, &sources, &image, &losses, &err), LG_OK, "%s", err.text);
	cr_assert_eq(losses.files, 1);
	cr_assert_eq(losses.other_bytes, 4096);
	cr_assert_eq(image.part_count, 3);
	cr_assert_eq(image.part[0].start, HEAP);
	cr_assert_eq(image.part[0].offset, 4096);
	/* Never written to, so not stored. */
	cr_assert_eq(image.part[1].start, HEAP + 4096);
	cr_assert_eq(image.part[1].file, -1);
	cr_assert_eq(image.part[2].end, IMAGE + 4096);
	cr_assert_eq(image.maps.count, 2);
	cr_assert_str_eq(image.maps.map[1].path, "/none");
	cr_assert(image.maps.map[1].executable);
	lg_core_free(core);
	lg_image_free(&image);
}

Test(core, a_sysroot_that_is_not_there)
{
	struct lg_core *core = open_core("/none", 16384);
	struct lg_core_sources sources = {.sysroot = "/nowhere/at/all"};
	struct lg_core_losses losses;
	struct lg_image image = {0};

	cr_assert_eq(lg_core_image(core, &sources, &image, &losses, &err), LG_E_USAGE);
	cr_assert_str_eq(err.text, "--sysroot /nowhere/at/all: No such file or directory");
	lg_core_free(core);
	lg_image_free(&image);
}

Test(build_id, of_a_file_and_of_none)
{
	struct lg_build_id id = {.length = 3, .bytes = {0x12, 0xab, 0x00}}, same = id, own;
	char text[LG_BUILD_ID_TEXT_BYTES];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), none = open("/dev/null", O_RDONLY);
	struct lg_memory exe = lg_file_memory(fd), nothing = lg_file_memory(none);

	cr_assert_str_eq(lg_build_id_text(&id, text), "12ab00");
	cr_assert(lg_build_id_equal(&id, &same));
	same.bytes[2] = 1;
	cr_assert_not(lg_build_id_equal(&id, &same));
	cr_assert(lg_build_id_read(&exe, 0, &own));
	cr_assert_not(lg_build_id_read(&nothing, 0, &own));
	cr_assert_str_eq(lg_build_id_text(&own, text), "none");
	close(fd);
	close(none);
}
