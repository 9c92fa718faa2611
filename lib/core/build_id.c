/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/build_id.h"

#define MAX_PROGRAM_HEADERS 256
#define MAX_NOTES           64

static enum lg_status read_file(void *context, uint64_t address, void *buffer, size_t bytes,
				struct lg_error *err)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t got = pread((int)(intptr_t)context, (char *)buffer + done, bytes - done,
				    (off_t)(address + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return lg_fail(err, LG_E_UNREADABLE, "%s",
				       got ? strerror(errno) : "the file ends here");
		done += (size_t)got;
	}
	return LG_OK;
}

struct lg_memory lg_file_memory(int fd)
{
	return (struct lg_memory){.read = read_file, .context = (void *)(intptr_t)fd};
}

static uint64_t padded(uint64_t bytes)
{
	return (bytes + 3) & ~(uint64_t)3;
}

static bool search_notes(const struct lg_memory *memory, uint64_t at, uint64_t bytes,
			 struct lg_build_id *out)
{
	uint64_t end = at + bytes;

	for (int i = 0; i < MAX_NOTES && at < end; i++) {
		Elf64_Nhdr head;
		char name[4];

		if (lg_memory_read(memory, at, &head, sizeof head, NULL) != LG_OK)
			return false;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof name &&
		    head.n_descsz <= sizeof out->bytes &&
		    lg_memory_read(memory, at + sizeof head, name, sizeof name, NULL) == LG_OK &&
		    memcmp(name, "GNU", sizeof name) == 0 &&
		    lg_memory_read(memory, at + sizeof head + sizeof name, out->bytes,
				   head.n_descsz, NULL) == LG_OK) {
			out->length = head.n_descsz;
			return true;
		}
		at += sizeof head + padded(head.n_namesz) + padded(head.n_descsz);
	}
	return false;
}

bool lg_build_id_read(const struct lg_memory *memory, uint64_t base, struct lg_build_id *out)
{
	Elf64_Ehdr header;

	*out = (struct lg_build_id){0};
	if (lg_memory_read(memory, base, &header, sizeof header, NULL) != LG_OK ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (unsigned i = 0; i < header.e_phnum && i < MAX_PROGRAM_HEADERS; i++) {
		Elf64_Phdr segment;

		if (lg_memory_read(memory, base + header.e_phoff + i * sizeof segment, &segment,
				   sizeof segment, NULL) != LG_OK)
			break;
		if (segment.p_type == PT_NOTE &&
		    search_notes(memory, base + segment.p_offset, segment.p_filesz, out))
			break;
	}
	return true;
}

bool lg_build_id_equal(const struct lg_build_id *a, const struct lg_build_id *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

const char *lg_build_id_text(const struct lg_build_id *id, char text[LG_BUILD_ID_TEXT_BYTES])
{
	if (!id->length)
		return "none";
	for (uint32_t i = 0; i < id->length; i++)
		snprintf(text + 2 * i, 3, "%02x", id->bytes[i]);
	return text;
}
