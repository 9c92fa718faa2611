/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_IMAGE_H
#define LG_TARGET_IMAGE_H

#include "target/freeze.h"

#define LG_PAGE_BYTES ((uint64_t)4096)
/* Where x86-64 Linux ends the memory of processes (four levels of page tables). */
#define LG_END_OF_MEMORY (((uint64_t)1 << 47) - LG_PAGE_BYTES)

/* A range of memory whose bytes are in a file; zeros stand in none (file -1). */
struct lg_part {
	uint64_t start, end; /* multiples of LG_PAGE_BYTES */
	uint64_t offset;     /* in the file, of start; any number */
	int file;
	bool readable, writable, executable;
};

/*
 * The memory of a process as it stood at one moment, told by where its bytes
 * are: what a core file says, and what a copy of a live process is. Parts
 * ascend and don't overlap. Zero-initialise; release with lg_image_free().
 */
struct lg_image {
	struct lg_part *part;
	size_t part_count, part_capacity;
	int *file; /* descriptors, closed with the image */
	size_t file_count, file_capacity;
	struct lg_maps maps; /* as /proc/PID/maps would tell them */
	struct lg_freeze_extent extent;
	uint64_t fs_base, gs_base; /* of one of its threads: its thread-local storage */
	uint64_t *stack; /* stack pointers of its threads */
	size_t stack_count, stack_capacity;
};

void lg_image_free(struct lg_image *image);

/* Behind the last one. An empty part is left out. */
enum lg_status lg_image_add_part(struct lg_image *image, const struct lg_part *part,
				 struct lg_error *err) LG_MUST_CHECK;

/* Takes *fd over (it is -1 afterwards), also when it fails. *index is for lg_part.file. */
enum lg_status lg_image_add_file(struct lg_image *image, int *fd, int *index,
				 struct lg_error *err) LG_MUST_CHECK;

enum lg_status lg_image_add_stack(struct lg_image *image, uint64_t pointer,
				  struct lg_error *err) LG_MUST_CHECK;

/* Must the bytes be copied, since they don't lie in the file as pages do? */
static inline bool lg_part_is_copied(const struct lg_part *part)
{
	return part->file >= 0 && part->offset % LG_PAGE_BYTES != 0;
}

#endif
