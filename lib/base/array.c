/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

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
