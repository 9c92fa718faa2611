/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "target/image.h"

void lg_image_free(struct lg_image *image)
{
	for (size_t i = 0; i < image->file_count; i++)
		close(image->file[i]);
	free(image->file);
	free(image->part);
	free(image->stack);
	lg_maps_free(&image->maps);
	*image = (struct lg_image){0};
}

enum lg_status lg_image_add_part(struct lg_image *image, const struct lg_part *part,
				 struct lg_error *err)
{
	if (part->start >= part->end)
		return LG_OK;
	if (!lg_reserve(image->part, image->part_capacity, image->part_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu parts of a process's memory",
			       image->part_count + 1);
	image->part[image->part_count++] = *part;
	return LG_OK;
}

enum lg_status lg_image_add_file(struct lg_image *image, int *fd, int *index, struct lg_error *err)
{
	int taken = *fd;

	*fd = -1;
	*index = -1;
	if (!lg_reserve(image->file, image->file_capacity, image->file_count + 1)) {
		close(taken);
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu files", image->file_count + 1);
	}
	*index = (int)image->file_count;
	image->file[image->file_count++] = taken;
	return LG_OK;
}

enum lg_status lg_image_add_stack(struct lg_image *image, uint64_t pointer, struct lg_error *err)
{
	if (!lg_reserve(image->stack, image->stack_capacity, image->stack_count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for the stacks of %zu threads",
			       image->stack_count + 1);
	image->stack[image->stack_count++] = pointer;
	return LG_OK;
}
