/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "core/notes.h"

/* Some notes for each thread, and more threads than a machine has. */
#define MAX_NOTES      ((uint64_t)1 << 21)
#define MAX_FILE_BYTES ((uint64_t)1 << 28)
#define MAX_AUXILIARY  64

/* The head of NT_FILE, and of each of its mappings; offsets are in pages. */
struct file_head {
	uint64_t count, page_bytes;
};
struct file_row {
	uint64_t start, end, pages;
};

struct note {
	uint32_t type;
	uint64_t offset, bytes; /* of what it says */
};

static enum lg_status read_registers(struct lg_core *core, const struct note *note,
				     struct lg_error *err)
{
	struct elf_prstatus status;
	struct user_regs_struct registers;
	enum lg_status got;

	if (note->bytes < sizeof status)
		return LG_OK;
	got = lg_core_pread(core, "a note", note->offset, &status, sizeof status, err);
	if (got != LG_OK)
		return got;
	memcpy(&registers, status.pr_reg, sizeof registers);
	if (core->stack_count == 0) {
		core->fs_base = registers.fs_base;
		core->gs_base = registers.gs_base;
	}
	if (!lg_reserve(core->stack, core->stack_capacity, core->stack_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu threads", core->stack_count + 1);
	core->stack[core->stack_count++] = registers.rsp;
	return LG_OK;
}

static enum lg_status read_process(struct lg_core *core, const struct note *note,
				   struct lg_error *err)
{
	struct elf_prpsinfo process;
	enum lg_status status;
	size_t length;

	if (note->bytes < sizeof process)
		return LG_OK;
	status = lg_core_pread(core, "a note", note->offset, &process, sizeof process, err);
	if (status != LG_OK)
		return status;
	core->pid = process.pr_pid;
	length = strnlen(process.pr_psargs, sizeof process.pr_psargs);
	memcpy(core->arguments, process.pr_psargs, length);
	while (length && core->arguments[length - 1] == ' ')
		length--;
	core->arguments[length] = 0;
	return LG_OK;
}

static enum lg_status read_auxiliary(struct lg_core *core, const struct note *note,
				     struct lg_error *err)
{
	Elf64_auxv_t entry[MAX_AUXILIARY];
	size_t count = note->bytes / sizeof *entry;
	enum lg_status status;

	if (count > MAX_AUXILIARY)
		count = MAX_AUXILIARY;
	status = lg_core_pread(core, "a note", note->offset, entry, count * sizeof *entry, err);
	for (size_t i = 0; i < count && status == LG_OK; i++) {
		if (entry[i].a_type == AT_ENTRY)
			core->entry = entry[i].a_un.a_val;
		if (entry[i].a_type == AT_SYSINFO_EHDR)
			core->vdso = entry[i].a_un.a_val;
		if (entry[i].a_type == AT_RANDOM)
			core->on_stack = entry[i].a_un.a_val;
	}
	return status;
}

static int by_start(const void *left, const void *right)
{
	const struct lg_core_mapping *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

static enum lg_status bad_row(const struct lg_core *core, uint64_t i, const char *what,
			      uint64_t value, const char *expected, struct lg_error *err)
{
	return lg_fail(err, LG_E_UNREADABLE,
		       "%s: mapped file %" PRIu64 " %s 0x%" PRIx64 ", expected %s", core->name, i,
		       what, value, expected);
}

static enum lg_status check_rows(struct lg_core *core, struct lg_error *err)
{
	for (size_t i = 0; i < core->mapping_count; i++) {
		const struct lg_core_mapping *m = &core->mapping[i];

		if (m->start % LG_PAGE_BYTES || m->end % LG_PAGE_BYTES)
			return bad_row(core, i, "lies at", m->start, "whole pages", err);
		if (m->end <= m->start || m->end > LG_END_OF_MEMORY)
			return bad_row(core, i, "ends at", m->end, "an address behind its start", err);
		if (i && m->start < m[-1].end)
			return bad_row(core, i, "begins at", m->start,
				       "an address behind the one before", err);
	}
	return LG_OK;
}

/* Rows, then as many paths, each with its zero. */
static enum lg_status parse_files(struct lg_core *core, const char *text, uint64_t bytes,
				  const struct file_head *head, struct lg_error *err)
{
	const struct file_row *row = (const void *)text;
	uint64_t at = head->count * sizeof *row;

	core->mapping = lg_alloc(head->count, sizeof *core->mapping);
	if (!core->mapping)
		return lg_fail(err, LG_E_MEMORY, "no memory for %" PRIu64 " mapped files",
			       head->count);
	for (uint64_t i = 0; i < head->count; i++) {
		const char *path = text + at;
		size_t length = strnlen(path, bytes - at);

		if (length == bytes - at)
			return lg_fail(err, LG_E_UNREADABLE,
				       "%s: the note of mapped files ends in path %" PRIu64
				       " of %" PRIu64,
				       core->name, i, head->count);
		core->mapping[i] = (struct lg_core_mapping){
			.start = row[i].start,
			.end = row[i].end,
			.path = path,
		};
		if (__builtin_mul_overflow(row[i].pages, head->page_bytes, &core->mapping[i].offset))
			return bad_row(core, i, "is mapped from page", row[i].pages,
				       "one in a file", err);
		at += length + 1;
	}
	core->mapping_count = head->count;
	qsort(core->mapping, core->mapping_count, sizeof *core->mapping, by_start);
	return check_rows(core, err);
}

static enum lg_status read_files(struct lg_core *core, const struct note *note, struct lg_error *err)
{
	struct file_head head;
	uint64_t bytes = note->bytes - sizeof head;
	enum lg_status status;

	if (core->paths || note->bytes < sizeof head)
		return LG_OK;
	if (note->bytes > MAX_FILE_BYTES)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s: the note of mapped files has %" PRIu64
			       " bytes, expected at most %" PRIu64,
			       core->name, note->bytes, MAX_FILE_BYTES);
	status = lg_core_pread(core, "the note of mapped files", note->offset, &head, sizeof head,
			       err);
	if (status != LG_OK)
		return status;
	if (head.count > bytes / sizeof(struct file_row))
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s: the note of mapped files claims %" PRIu64
			       " of them, it has %" PRIu64 " bytes",
			       core->name, head.count, note->bytes);
	core->paths = lg_alloc(bytes, 1);
	if (!core->paths)
		return lg_fail(err, LG_E_MEMORY, "no memory for the paths of mapped files");
	status = lg_core_pread(core, "the note of mapped files", note->offset + sizeof head,
			       core->paths, bytes, err);
	return status == LG_OK ? parse_files(core, core->paths, bytes, &head, err) : status;
}

static enum lg_status read_note(struct lg_core *core, const struct note *note, struct lg_error *err)
{
	switch (note->type) {
	case NT_PRSTATUS:
		return read_registers(core, note, err);
	case NT_PRPSINFO:
		return read_process(core, note, err);
	case NT_AUXV:
		return read_auxiliary(core, note, err);
	case NT_FILE:
		return read_files(core, note, err);
	}
	return LG_OK;
}

static uint64_t padded(uint64_t bytes)
{
	return (bytes + 3) & ~(uint64_t)3;
}

enum lg_status lg_core_read_notes(struct lg_core *core, uint64_t offset, uint64_t bytes,
				  struct lg_error *err)
{
	uint64_t end = offset + bytes;

	if (end > core->file_bytes)
		end = core->file_bytes;
	for (uint64_t i = 0; i < MAX_NOTES && offset < end; i++) {
		struct note note;
		Elf64_Nhdr head;
		char name[8] = "";
		enum lg_status status;

		if (end - offset < sizeof head)
			return LG_OK;
		status = lg_core_pread(core, "a note", offset, &head, sizeof head, err);
		offset += sizeof head;
		if (status == LG_OK && head.n_namesz <= sizeof name && offset + head.n_namesz <= end)
			status = lg_core_pread(core, "a note", offset, name, head.n_namesz, err);
		if (status != LG_OK)
			return status;
		offset += padded(head.n_namesz);
		note = (struct note){head.n_type, offset, head.n_descsz};
		offset += padded(head.n_descsz);
		if (note.offset > end || note.bytes > end - note.offset)
			return LG_OK;
		if (strncmp(name, "CORE", sizeof name) == 0)
			status = read_note(core, &note, err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}
