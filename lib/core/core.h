/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CORE_CORE_H
#define LG_CORE_CORE_H

#include "target/image.h"

/*
 * An ELF core file of x86-64 Linux, as the kernel and gdb write them: what it
 * says of a process's memory, and where the rest of that is (files.h).
 * Everything in it is hostile: opening one checks all headers, so that ranges
 * are in order, inside the address space and inside the file afterwards.
 */
struct lg_core_segment {
	uint64_t start, end;
	uint64_t offset;        /* in the core */
	uint64_t stored_bytes;  /* from start on, whole pages, that are in the core ... */
	uint64_t claimed_bytes; /* ... and should be; what is behind was left to the mapped file */
	bool readable, writable, executable;
};

/* A range of memory that a file was mapped to, by the note NT_FILE. */
struct lg_core_mapping {
	uint64_t start, end, offset;
	const char *path;
};

struct lg_core {
	char *name; /* as it was given */
	int fd;
	uint64_t file_bytes;
	int64_t written_ns; /* when: Unix time */
	struct lg_core_segment *segment; /* ascending, none overlaps */
	size_t segment_count;
	struct lg_core_mapping *mapping; /* ascending, none overlaps */
	size_t mapping_count;
	char *paths; /* what the mappings' paths point into */
	pid_t pid;
	char arguments[81]; /* as much of the command line as a core has */
	/* Addresses: of the program's start, the kernel's page of code, something on the first stack. */
	uint64_t entry, vdso, on_stack;
	uint64_t fs_base, gs_base; /* of the thread that stands first: the one that crashed */
	uint64_t *stack; /* stack pointers of all threads */
	size_t stack_count, stack_capacity;
	uint64_t cut_bytes;    /* that the headers claim and the file does not have */
	uint64_t beyond_bytes; /* that they claim where no process has memory */
};

/*
 * LG_E_UNREADABLE with a sentence for what is no such core: compressed, of
 * another machine, no core at all, cut off in its headers, contradictory.
 * LG_E_IO where the file can't be opened. The caller owns *out.
 */
enum lg_status lg_core_open(const char *path, struct lg_core **out, struct lg_error *err) LG_MUST_CHECK;
void lg_core_free(struct lg_core *core);

/* Read memory that is in the core. */
struct lg_memory lg_core_memory(const struct lg_core *core);

/* The mapping that holds address, or NULL. O(log mappings). */
const struct lg_core_mapping *lg_core_mapping_at(const struct lg_core *core, uint64_t address);

#endif
