/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * The free lists of glibc's malloc, summed up where they are: each step waits
 * for memory, and from outside for a system call as well. A fault ends it, and
 * what was summed up until then stays.
 */

#define CHUNK_FLAGS 7ull
#define CHUNK_SIZE 8
#define CHUNK_NEXT 16
#define CHUNK_PREVIOUS 24

_Noreturn void blob_lists_main(struct lg_walker_lists *l);

/* The second entry of the blob; blob.ld puts it at LG_WALKER_LISTS_ENTRY. */
__asm__(".section .text.lists_entry,\"ax\",@progbits\n"
	"	cld\n"
	"	andq $-16, %rsp\n"
	"	xorl %ebp, %ebp\n"
	"	call blob_lists_main\n"
	"	ud2\n"
	".previous\n");

/* What exceeds all there is, is torn or hostile. */
static bool count_chunk(struct lg_walker_lists *l, uint64_t chunk)
{
	uint64_t bytes = load64(chunk + CHUNK_SIZE) & ~CHUNK_FLAGS;

	if (bytes > l->most_bytes - l->bytes || l->chunks == l->most_chunks)
		return false;
	l->bytes += bytes;
	l->chunks++;
	return true;
}

/* A ring; the bin looks like a chunk of it. */
static bool sum_bin(struct lg_walker_lists *l, uint64_t bin)
{
	uint64_t before = bin;

	for (uint64_t at = load64(bin + CHUNK_NEXT); at != bin; at = load64(at + CHUNK_NEXT)) {
		if (load64(at + CHUNK_PREVIOUS) != before || !count_chunk(l, at))
			return false;
		before = at;
	}
	return true;
}

/*
 * One link only. Since 2.32 it is kept as an exclusive or with the place it
 * stands in, which no address of a chunk resembles.
 */
static bool sum_fastbin(struct lg_walker_lists *l, uint64_t at)
{
	while (at) {
		uint64_t link = load64(at + CHUNK_NEXT);
		uint64_t plain = link ^ (at + CHUNK_NEXT) >> 12;

		if (!count_chunk(l, at))
			return false;
		at = plain % 16 == 0 ? plain : link;
	}
	return true;
}

static bool sum_all(struct lg_walker_lists *l)
{
	for (uint32_t i = 0; i < l->bin_count; i++)
		if (!sum_bin(l, l->bins + i * 16 - CHUNK_NEXT))
			return false;
	for (uint32_t i = 0; i < l->fastbin_count; i++)
		if (!sum_fastbin(l, load64(l->fastbins + i * 8)))
			return false;
	return true;
}

_Noreturn void blob_lists_main(struct lg_walker_lists *l)
{
	l->whole = sum_all(l);
	for (;;)
		__asm__ volatile("int3" ::: "memory");
}
