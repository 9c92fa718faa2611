/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/array.h"
#include "graph/pages.h"

#define HUGE_BYTES ((size_t)2 << 20)

/*
 * The largest column there can be has 32 GiB: a uint64_t for each object.
 * Sanitizers abort on sizes beyond this instead of refusing them.
 */
#define MOST_BYTES ((size_t)1 << 40)

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAPPED_FROM_BYTES SIZE_MAX
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MAPPED_FROM_BYTES SIZE_MAX
#endif
#ifndef MAPPED_FROM_BYTES
#define MAPPED_FROM_BYTES ((size_t)1 << 20)
#endif

/* Stands before the array, so that freeing needs no size; a cache line, to keep alignment. */
struct header {
	size_t bytes;
	size_t mapped_bytes; /* 0: from calloc */
	char padding[64 - 2 * sizeof(size_t)];
};

static _Atomic uint64_t in_use;
static _Atomic uint64_t peak;
static _Atomic uint64_t limit = UINT64_MAX;

static bool account(size_t bytes)
{
	uint64_t now = atomic_fetch_add(&in_use, bytes) + bytes;
	uint64_t seen = atomic_load(&peak);

	if (now > atomic_load(&limit)) {
		atomic_fetch_sub(&in_use, bytes);
		return false;
	}
	while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
		;
	return true;
}

/* Aligned to a huge page: map one more than needed, give back both ends. */
static void *map_aligned(size_t bytes)
{
	size_t mapped = bytes + HUGE_BYTES;
	char *base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t head;

	if (base == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)base & (HUGE_BYTES - 1);
	if (head)
		munmap(base, head);
	munmap(base + head + bytes, HUGE_BYTES - head);
	/* Advice only: without huge pages all works, slower. */
	(void)madvise(base + head, bytes, MADV_HUGEPAGE);
	return base + head;
}

static struct header *get_pages(size_t bytes)
{
	struct header *header;
	size_t mapped = 0;

	if (bytes < MAPPED_FROM_BYTES) {
		header = calloc(1, bytes);
	} else {
		mapped = (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
		header = map_aligned(mapped);
	}
	if (header) {
		header->bytes = bytes;
		header->mapped_bytes = mapped;
	}
	return header;
}

void *lg_pages_alloc(size_t count, size_t size)
{
	struct header *header;
	size_t bytes;

	if (!lg_mul_size(count, size, &bytes) || bytes > MOST_BYTES - sizeof *header)
		return NULL;
	bytes += sizeof *header;
	if (!account(bytes))
		return NULL;
	header = get_pages(bytes);
	if (!header) {
		atomic_fetch_sub(&in_use, bytes);
		return NULL;
	}
	return header + 1;
}

void lg_pages_free(void *array)
{
	struct header *header = array;

	if (!array)
		return;
	header--;
	atomic_fetch_sub(&in_use, header->bytes);
	if (header->mapped_bytes)
		munmap(header, header->mapped_bytes);
	else
		free(header);
}

enum lg_status lg_pages_take_(void *slot, size_t count, size_t size, const char *what,
			      struct lg_error *err)
{
	void *array = lg_pages_alloc(count, size);

	if (!array)
		return lg_fail(err, LG_E_MEMORY, "no memory for %s: %" PRIu64 " bytes (%zu x %zu)",
			       what, (uint64_t)count * size, count, size);
	memcpy(slot, &array, sizeof array);
	return LG_OK;
}

uint64_t lg_pages_in_use(void)
{
	return atomic_load(&in_use);
}

uint64_t lg_pages_peak(void)
{
	return atomic_load(&peak);
}

void lg_pages_reset_peak(void)
{
	atomic_store(&peak, atomic_load(&in_use));
}

void lg_pages_set_limit(uint64_t bytes)
{
	atomic_store(&limit, bytes);
}
