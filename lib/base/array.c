/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/array.h"

#define HUGE_COLUMN_BYTES (4u << 20)
#define PAGE_BYTES 4096u

void *lg_alloc(size_t count, size_t size)
{
	size_t bytes;

	if (!lg_mul_size(count, size, &bytes))
		return NULL;
	return malloc(bytes ? bytes : 1);
}

void *lg_alloc_zero(size_t count, size_t size)
{
	size_t bytes;

	if (!lg_mul_size(count, size, &bytes))
		return NULL;
	return calloc(bytes ? bytes : 1, 1);
}

void *lg_alloc_column(size_t count, size_t size)
{
	char *column = lg_alloc_zero(count, size);
	uintptr_t start = ((uintptr_t)column + PAGE_BYTES - 1) & -(uintptr_t)PAGE_BYTES;
	uintptr_t end;

	if (!column || count * size < HUGE_COLUMN_BYTES)
		return column;
	end = ((uintptr_t)column + count * size) & -(uintptr_t)PAGE_BYTES;
	/* Advice only: without huge pages all works, slower. */
	(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
	return column;
}

bool lg_reserve_(void *slot, size_t *capacity, size_t needed, size_t size)
{
	void *old, *grown;
	size_t wanted, bytes;

	if (needed <= *capacity)
		return true;
	if (__builtin_add_overflow(*capacity, *capacity / 2 + 8, &wanted) || wanted < needed)
		wanted = needed;
	if (!lg_mul_size(wanted, size, &bytes))
		return false;
	memcpy(&old, slot, sizeof old);
	grown = realloc(old, bytes);
	if (!grown)
		return false;
	memcpy(slot, &grown, sizeof grown);
	*capacity = wanted;
	return true;
}
