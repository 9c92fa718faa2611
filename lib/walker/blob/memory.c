/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/syscall.h>

#include "target/allowed.h"
#include "walker/blob/blob.h"

/* The compiler may call these for copies and clearings of structures. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
	return start;
}

void *memset(void *to, int value, size_t bytes)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
	return start;
}

#define ARENA_BYTES (16ull << 20)

/* mmap of private anonymous memory; the kernel's answer as it is. */
static int64_t map_pages(uint64_t bytes)
{
	int64_t result = SYS_mmap;
	register uint64_t flags __asm__("r10") = LG_ALLOWED_FLAGS;
	register int64_t fd __asm__("r8") = -1;
	register uint64_t offset __asm__("r9") = 0;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(0), "S"(bytes), "d"(LG_ALLOWED_PROTECTION), "r"(flags), "r"(fd), "r"(offset)
			 : "rcx", "r11", "memory");
	return result;
}

static uint64_t take_pages(struct lg_walker *w, uint64_t bytes)
{
	int64_t pages;

	if (bytes > w->memory_limit_bytes - w->memory_bytes)
		blob_end(w, LG_WALKER_NO_MEMORY);
	pages = map_pages(bytes);
	if (pages < 0 && pages > -4096)
		blob_end(w, LG_WALKER_NO_MEMORY);
	w->memory_bytes += bytes;
	return (uint64_t)pages;
}

void *blob_alloc(struct lg_walker *w, uint64_t bytes)
{
	uint64_t start;

	bytes = (bytes + 15) & ~15ull;
	if (bytes > ARENA_BYTES / 4)
		return (void *)take_pages(w, (bytes + 4095) & ~4095ull);
	if (bytes > w->arena_end - w->arena) {
		w->arena = take_pages(w, ARENA_BYTES);
		w->arena_end = w->arena + ARENA_BYTES;
	}
	start = w->arena;
	w->arena += bytes;
	return (void *)start;
}

bool blob_equal(const char *a, const char *b, uint32_t capacity)
{
	for (uint32_t i = 0; i < capacity; i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			return true;
	}
	return false;
}
