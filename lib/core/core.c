/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "core/core.h"
#include "core/notes.h"

/* vm.max_map_count is 65,530 by default; some databases raise it into the millions. */
#define MAX_SEGMENTS ((uint64_t)1 << 22)

LG_DEFINE_CLEANUP(lg_core_free, struct lg_core *)

void lg_core_free(struct lg_core *core)
{
	if (!core)
		return;
	lg_close(&core->fd);
	free(core->name);
	free(core->segment);
	free(core->mapping);
	free(core->paths);
	free(core->stack);
	free(core);
}

enum lg_status lg_core_pread(const struct lg_core *core, const char *what, uint64_t offset, void *to,
			     size_t bytes, struct lg_error *err)
{
	size_t done = 0;

	if (offset > core->file_bytes || bytes > core->file_bytes - offset)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s: %s ends at byte %" PRIu64 ", the file has %" PRIu64
			       " bytes: it was cut off",
			       core->name, what, offset + bytes, core->file_bytes);
	while (done < bytes) {
		ssize_t got = pread(core->fd, (char *)to + done, bytes - done,
				    (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return lg_fail(err, LG_E_IO, "%s: %s", core->name,
				       got ? strerror(errno) : "it became shorter");
		done += (size_t)got;
	}
	return LG_OK;
}

static enum lg_status open_file(struct lg_core *core, struct lg_error *err)
{
	struct stat facts;

	core->fd = open(core->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (core->fd < 0 || fstat(core->fd, &facts) != 0)
		return lg_fail(err, LG_E_IO, "%s: %s", core->name, strerror(errno));
	if (!S_ISREG(facts.st_mode))
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s is no regular file, expected a core file on a disk", core->name);
	core->file_bytes = (uint64_t)facts.st_size;
	core->written_ns = facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
	return LG_OK;
}

/* As systemd-coredump and others store them. */
static const struct {
	unsigned char magic[4];
	unsigned char bytes;
	const char *name, *command;
} compressed[] = {
	{{0x28, 0xb5, 0x2f, 0xfd}, 4, "zstd", "zstd -d"},
	{{0x04, 0x22, 0x4d, 0x18}, 4, "lz4", "lz4 -d"},
	{{0xfd, '7', 'z', 'X'}, 4, "xz", "xz -d"},
	{{0x1f, 0x8b}, 2, "gzip", "gzip -d"},
};

static enum lg_status refuse_magic(const struct lg_core *core, const unsigned char *head,
				   struct lg_error *err)
{
	for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++)
		if (memcmp(head, compressed[i].magic, compressed[i].bytes) == 0)
			return lg_fail(err, LG_E_UNREADABLE,
				       "%s is compressed by %s, expected a plain core: %s it first",
				       core->name, compressed[i].name, compressed[i].command);
	return lg_fail(err, LG_E_UNREADABLE,
		       "%s begins with %02x %02x %02x %02x, expected an ELF core file", core->name,
		       head[0], head[1], head[2], head[3]);
}

static enum lg_status refuse(const struct lg_core *core, const char *what, uint64_t value,
			     const char *expected, struct lg_error *err)
{
	return lg_fail(err, LG_E_UNREADABLE, "%s: %s is %" PRIu64 ", expected %s", core->name, what,
		       value, expected);
}

static enum lg_status check_header(const struct lg_core *core, const Elf64_Ehdr *header,
				   struct lg_error *err)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return refuse_magic(core, header->e_ident, err);
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s is of a 32-bit program, expected a core of a 64-bit one",
			       core->name);
	if (header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != EM_X86_64)
		return refuse(core, "its machine", header->e_machine, "62 (x86-64)", err);
	if (header->e_type != ET_CORE)
		return refuse(core, "its ELF type", header->e_type,
			      "4: this is a program or a library, no core", err);
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(core, "the size of a program header", header->e_phentsize, "56", err);
	return LG_OK;
}

/* More headers than fit 16 bits: the number stands in the first section header. */
static enum lg_status count_headers(const struct lg_core *core, const Elf64_Ehdr *header,
				    uint64_t *out, struct lg_error *err)
{
	Elf64_Shdr section;
	enum lg_status status;

	*out = header->e_phnum;
	if (header->e_phnum == PN_XNUM) {
		status = lg_core_pread(core, "its section header", header->e_shoff, &section,
				       sizeof section, err);
		if (status != LG_OK)
			return status;
		*out = section.sh_info;
	}
	if (*out == 0 || *out > MAX_SEGMENTS)
		return refuse(core, "the number of program headers", *out, "1 to 4194304", err);
	return LG_OK;
}

static enum lg_status bad_segment(const struct lg_core *core, uint64_t i, const char *what,
				  uint64_t value, const char *expected, struct lg_error *err)
{
	return lg_fail(err, LG_E_UNREADABLE,
		       "%s: program header %" PRIu64 ": %s is 0x%" PRIx64 ", expected %s",
		       core->name, i, what, value, expected);
}

static enum lg_status add_segment(struct lg_core *core, uint64_t i, const Elf64_Phdr *h,
				  struct lg_error *err)
{
	struct lg_core_segment segment = {
		.start = h->p_vaddr,
		.offset = h->p_offset,
		.readable = h->p_flags & PF_R,
		.writable = h->p_flags & PF_W,
		.executable = h->p_flags & PF_X,
	};
	uint64_t there, end;

	if (h->p_vaddr % LG_PAGE_BYTES)
		return bad_segment(core, i, "its address", h->p_vaddr, "a multiple of 4096", err);
	if (h->p_memsz % LG_PAGE_BYTES)
		return bad_segment(core, i, "its size in memory", h->p_memsz, "a multiple of 4096",
				   err);
	if (h->p_filesz > h->p_memsz)
		return bad_segment(core, i, "its size in the file", h->p_filesz,
				   "at most that in memory", err);
	if (__builtin_add_overflow(h->p_vaddr, h->p_memsz, &segment.end))
		return bad_segment(core, i, "its size in memory", h->p_memsz,
				   "one that fits behind its address", err);
	if (__builtin_add_overflow(h->p_offset, h->p_filesz, &end))
		return bad_segment(core, i, "its offset", h->p_offset, "one in a file", err);
	if (segment.end > LG_END_OF_MEMORY) {
		/* The kernel's own page of calls stands there in many cores, and is no loss. */
		if (h->p_memsz > LG_PAGE_BYTES)
			core->beyond_bytes += h->p_memsz;
		return LG_OK;
	}
	there = h->p_offset < core->file_bytes ? core->file_bytes - h->p_offset : 0;
	segment.stored_bytes = h->p_filesz < there ? h->p_filesz : there & ~(LG_PAGE_BYTES - 1);
	segment.stored_bytes &= ~(LG_PAGE_BYTES - 1);
	segment.claimed_bytes = (h->p_filesz + LG_PAGE_BYTES - 1) & ~(LG_PAGE_BYTES - 1);
	core->cut_bytes += h->p_filesz - segment.stored_bytes;
	if (h->p_memsz)
		core->segment[core->segment_count++] = segment;
	return LG_OK;
}

static int by_start(const void *left, const void *right)
{
	const struct lg_core_segment *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

static enum lg_status order_segments(struct lg_core *core, struct lg_error *err)
{
	if (core->segment_count == 0)
		return lg_fail(err, LG_E_UNREADABLE, "%s has no segment of memory, expected some",
			       core->name);
	qsort(core->segment, core->segment_count, sizeof *core->segment, by_start);
	for (size_t i = 1; i < core->segment_count; i++)
		if (core->segment[i].start < core->segment[i - 1].end)
			return lg_fail(err, LG_E_UNREADABLE,
				       "%s: a segment at 0x%" PRIx64 " begins inside the one at "
				       "0x%" PRIx64 " that ends at 0x%" PRIx64,
				       core->name, core->segment[i].start,
				       core->segment[i - 1].start, core->segment[i - 1].end);
	return LG_OK;
}

static enum lg_status read_headers(struct lg_core *core, struct lg_error *err)
{
	lg_cleanup(lg_free) Elf64_Phdr *headers = NULL;
	Elf64_Ehdr header = {0};
	uint64_t count;
	enum lg_status status;

	if (core->file_bytes < sizeof header)
		return refuse(core, "its size", core->file_bytes, "at least 64 bytes", err);
	status = lg_core_pread(core, "its header", 0, &header, sizeof header, err);
	if (status == LG_OK)
		status = check_header(core, &header, err);
	if (status == LG_OK)
		status = count_headers(core, &header, &count, err);
	if (status != LG_OK)
		return status;
	/* Before memory is taken: are they there? */
	if (header.e_phoff > core->file_bytes ||
	    count > (core->file_bytes - header.e_phoff) / sizeof *headers)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s: %" PRIu64 " program headers at byte %" PRIu64
			       ", the file has %" PRIu64 " bytes: it was cut off",
			       core->name, count, (uint64_t)header.e_phoff, core->file_bytes);
	headers = lg_alloc(count, sizeof *headers);
	core->segment = lg_alloc(count, sizeof *core->segment);
	if (!headers || !core->segment)
		return lg_fail(err, LG_E_MEMORY, "no memory for %" PRIu64 " segments", count);
	status = lg_core_pread(core, "its program headers", header.e_phoff, headers,
			       count * sizeof *headers, err);
	for (uint64_t i = 0; i < count && status == LG_OK; i++) {
		if (headers[i].p_type == PT_LOAD)
			status = add_segment(core, i, &headers[i], err);
		if (headers[i].p_type == PT_NOTE)
			status = lg_core_read_notes(core, headers[i].p_offset, headers[i].p_filesz,
						    err);
	}
	return status == LG_OK ? order_segments(core, err) : status;
}

enum lg_status lg_core_open(const char *path, struct lg_core **out, struct lg_error *err)
{
	lg_cleanup(lg_core_free_slot) struct lg_core *core = lg_alloc_zero(1, sizeof *core);
	enum lg_status status;

	*out = NULL;
	if (!core)
		return lg_fail(err, LG_E_MEMORY, "no memory for a core");
	core->fd = -1;
	core->name = strdup(path);
	if (!core->name)
		return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	status = open_file(core, err);
	if (status == LG_OK)
		status = read_headers(core, err);
	if (status == LG_OK)
		*out = lg_take(core);
	return status;
}

static const struct lg_core_segment *segment_at(const struct lg_core *core, uint64_t address)
{
	size_t low = lg_bisect(at, core->segment_count, address >= core->segment[at].end);

	if (low == core->segment_count || address < core->segment[low].start)
		return NULL;
	return &core->segment[low];
}

static enum lg_status read_memory(void *context, uint64_t address, void *buffer, size_t bytes,
				  struct lg_error *err)
{
	const struct lg_core *core = context;
	char *to = buffer;

	while (bytes) {
		const struct lg_core_segment *s = segment_at(core, address);
		uint64_t within = s ? address - s->start : 0;
		size_t step;
		enum lg_status status;

		if (!s || within >= s->stored_bytes)
			return lg_fail(err, LG_E_UNREADABLE, "0x%" PRIx64 " is not in the core",
				       address);
		step = s->stored_bytes - within < bytes ? s->stored_bytes - within : bytes;
		status = lg_core_pread(core, "memory", s->offset + within, to, step, err);
		if (status != LG_OK)
			return status;
		to += step;
		address += step;
		bytes -= step;
	}
	return LG_OK;
}

struct lg_memory lg_core_memory(const struct lg_core *core)
{
	return (struct lg_memory){.read = read_memory, .context = (void *)(uintptr_t)core};
}

const struct lg_core_mapping *lg_core_mapping_at(const struct lg_core *core, uint64_t address)
{
	size_t low = lg_bisect(at, core->mapping_count, address >= core->mapping[at].end);

	if (low == core->mapping_count || address < core->mapping[low].start)
		return NULL;
	return &core->mapping[low];
}
