/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/room.h"
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
	size_t mapped_bytes; /* 0: from malloc */
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

/*
 * Pages kept, in units of a huge page: each lies in one mapping of the kernel's,
 * as mremap wants it.
 */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static char **kept;
static size_t kept_count, kept_capacity;

/* Called locked. What can't be noted is given back. */
static void keep(char *base, size_t bytes)
{
	if (!lg_reserve(kept, kept_capacity, kept_count + bytes / HUGE_BYTES)) {
		munmap(base, bytes);
		return;
	}
	for (size_t at = 0; at < bytes; at += HUGE_BYTES)
		kept[kept_count++] = base + at;
}

/* Called locked. */
static void give_back(size_t units)
{
	while (units-- && kept_count)
		munmap(kept[--kept_count], HUGE_BYTES);
}

/* Aligned to a huge page: map one more than needed, give back both ends. */
static char *map_aligned(size_t bytes)
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

/*
 * Called locked. Put kept pages in the place of fresh ones, from the start on;
 * *used is how many bytes. A failed mremap may leave a hole, which is filled.
 */
static bool move_kept(char *base, size_t bytes, size_t *used)
{
	for (*used = 0; *used < bytes && kept_count; *used += HUGE_BYTES) {
		char *to = base + *used, *from = kept[--kept_count];

		if (mremap(from, HUGE_BYTES, HUGE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to)
			continue;
		munmap(from, HUGE_BYTES);
		return mmap(to, HUGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == to;
	}
	return true;
}

/* Where not enough is kept, kept pages and fresh ones are together what was asked for. */
static char *map_pages(size_t bytes, size_t *used)
{
	char *base;

	pthread_mutex_lock(&kept_lock);
	base = map_aligned(bytes);
	if (!base) {
		give_back(kept_count);
		base = map_aligned(bytes);
	}
	if (base && !move_kept(base, bytes, used)) {
		munmap(base, bytes);
		base = NULL;
	}
	pthread_mutex_unlock(&kept_lock);
	return base;
}

static struct header *get_mapped(size_t bytes, bool zeroed)
{
	size_t mapped = (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1), used;
	char *base = map_pages(mapped, &used);
	struct header *header = (struct header *)(void *)base;

	if (!base)
		return NULL;
	if (zeroed)
		memset(base, 0, used < bytes ? used : bytes);
	header->mapped_bytes = mapped;
	return header;
}

static struct header *get_small(size_t bytes, bool zeroed)
{
	struct header *header = zeroed ? calloc(1, bytes) : malloc(bytes);

	if (header)
		header->mapped_bytes = 0;
	return header;
}

static void *alloc(size_t count, size_t size, bool zeroed)
{
	struct header *header;
	size_t bytes;

	if (!lg_mul_size(count, size, &bytes) || bytes > MOST_BYTES - sizeof *header)
		return NULL;
	bytes += sizeof *header;
	if (!account(bytes))
		return NULL;
	header = bytes < MAPPED_FROM_BYTES ? get_small(bytes, zeroed) : get_mapped(bytes, zeroed);
	if (!header) {
		atomic_fetch_sub(&in_use, bytes);
		return NULL;
	}
	header->bytes = bytes;
	return header + 1;
}

void *lg_pages_alloc(size_t count, size_t size)
{
	return alloc(count, size, true);
}

void *lg_pages_alloc_dirty(size_t count, size_t size)
{
	return alloc(count, size, false);
}

void lg_pages_free(void *array)
{
	struct header *header = array;

	if (!array)
		return;
	header--;
	atomic_fetch_sub(&in_use, header->bytes);
	if (!header->mapped_bytes) {
		free(header);
		return;
	}
	pthread_mutex_lock(&kept_lock);
	keep((char *)header, header->mapped_bytes);
	pthread_mutex_unlock(&kept_lock);
}

void lg_pages_drain(void)
{
	pthread_mutex_lock(&kept_lock);
	give_back(kept_count);
	free(lg_take(kept));
	kept_capacity = 0;
	pthread_mutex_unlock(&kept_lock);
}

uint64_t lg_pages_kept(void)
{
	uint64_t bytes;

	pthread_mutex_lock(&kept_lock);
	bytes = (uint64_t)kept_count * HUGE_BYTES;
	pthread_mutex_unlock(&kept_lock);
	return bytes;
}

enum lg_status lg_pages_room(const char *what, uint64_t needed_bytes, struct lg_error *err)
{
	uint64_t there = lg_pages_kept();

	return lg_room_check(what, needed_bytes > there ? needed_bytes - there : 0, err);
}

enum lg_status lg_pages_take_(void *slot, size_t count, size_t size, bool zeroed,
			      const char *what, struct lg_error *err)
{
	void *array = alloc(count, size, zeroed);

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
