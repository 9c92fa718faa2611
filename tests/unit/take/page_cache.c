/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "byte_memory.h"
#include "take/page_cache.h"

#define BASE 0x10000u
#define BYTES (6 * 4096u)

static unsigned char bytes[BYTES];
static struct byte_memory under;
static struct lg_page_cache *cache;
static const struct lg_memory *memory;

static void set_up(void)
{
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 4096);
	byte_memory_init(&under, BASE, bytes, BYTES);
	cache = lg_page_cache_new(&under.memory);
	cr_assert(cache);
	memory = lg_page_cache_memory(cache);
}

static void tear_down(void)
{
	lg_page_cache_free(cache);
	lg_page_cache_free(NULL);
}

TestSuite(page_cache, .init = set_up, .fini = tear_down);

Test(page_cache, gives_the_same_bytes_across_pages)
{
	unsigned char got[9000];
	struct lg_error err = {0};

	cr_assert_eq(lg_memory_read(memory, BASE + 4000, got, sizeof got, &err), LG_OK, "%s", err.text);
	cr_assert_arr_eq(got, bytes + 4000, sizeof got);
}

Test(page_cache, reads_a_page_once)
{
	unsigned char got[8];
	struct lg_error err;

	for (int i = 0; i < 500; i++)
		cr_assert_eq(lg_memory_read(memory, BASE + 8 * (uint64_t)i, got, 8, &err), LG_OK);
	cr_assert_eq(under.reads, 1);
}

Test(page_cache, asks_for_an_unreadable_page_once)
{
	unsigned char got[8];
	struct lg_error err;

	for (int i = 0; i < 100; i++)
		cr_assert_eq(lg_memory_read(memory, 0x900000 + 8 * (uint64_t)i, got, 8, &err),
			     LG_E_UNREADABLE);
	cr_assert_eq(under.reads, 1);
	cr_assert_str_eq(err.text, "8 bytes at 0x900318 can't be read");
}

Test(page_cache, refuses_addresses_that_can_not_be)
{
	unsigned char got[8];
	struct lg_error err;

	cr_assert_eq(lg_memory_read(memory, UINT64_MAX - 3, got, 8, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "8 bytes at 0xfffffffffffffffc do not exist");
	cr_assert_eq(lg_memory_read(memory, (1ull << 47) - 4, got, 8, &err), LG_E_UNREADABLE);
	cr_assert_eq(under.reads, 0);
}

Test(page_cache, fails_where_only_the_first_page_is_there)
{
	unsigned char got[16];
	struct lg_error err;

	cr_assert_eq(lg_memory_read(memory, BASE + BYTES - 8, got, 16, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "8 bytes at 0x16000 can't be read");
}
