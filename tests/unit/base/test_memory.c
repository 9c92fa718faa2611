/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

/* Two pages at an address of their own; what lies beyond can't be read. */
#define BASE 0x10000u

struct fake {
	unsigned char bytes[2 * 4096];
	bool second_page;
};

static enum lg_status fake_read(void *context, uint64_t address, void *buffer, size_t bytes,
				struct lg_error *err)
{
	struct fake *fake = context;
	size_t end = fake->second_page ? 8192 : 4096;

	if (address < BASE || address - BASE > end || bytes > end - (address - BASE))
		return lg_fail(err, LG_E_IO, "no memory at %#lx", address);
	memcpy(buffer, fake->bytes + (address - BASE), bytes);
	return LG_OK;
}

Test(memory, words_are_little_endian)
{
	struct fake fake = {.bytes = {1, 2, 3, 4, 5, 6, 7, 8}};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};
	uint64_t wide;
	uint32_t narrow;

	cr_assert_eq(lg_memory_read_u64(&memory, BASE, &wide, &err), LG_OK);
	cr_assert_eq(wide, 0x0807060504030201);
	cr_assert_eq(lg_memory_read_u32(&memory, BASE + 1, &narrow, &err), LG_OK);
	cr_assert_eq(narrow, 0x05040302);
}

Test(memory, a_failure_says_where)
{
	struct fake fake = {0};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};
	uint64_t word;

	cr_assert_eq(lg_memory_read_u64(&memory, 64, &word, &err), LG_E_IO);
	cr_assert_str_eq(err.text, "no memory at 0x40");
}

Test(memory, a_string_may_end_at_the_last_mapped_byte)
{
	struct fake fake = {0};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};
	char buffer[64];

	memcpy(fake.bytes + 4092, "abc", 4);
	cr_assert_eq(lg_memory_read_string(&memory, BASE + 4092, buffer, sizeof buffer, &err), LG_OK);
	cr_assert_str_eq(buffer, "abc");
}

Test(memory, a_string_may_cross_a_page)
{
	struct fake fake = {.second_page = true};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};
	char buffer[64];

	memcpy(fake.bytes + 4090, "across the end", 15);
	cr_assert_eq(lg_memory_read_string(&memory, BASE + 4090, buffer, sizeof buffer, &err), LG_OK);
	cr_assert_str_eq(buffer, "across the end");
}

Test(memory, a_string_that_never_ends_is_cut)
{
	struct fake fake = {.second_page = true};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};
	char buffer[16];

	memset(fake.bytes, 'x', sizeof fake.bytes);
	cr_assert_eq(lg_memory_read_string(&memory, BASE, buffer, sizeof buffer, &err), LG_OK);
	cr_assert_str_eq(buffer, "xxxxxxxxxxxxxxx");
}

Test(memory, a_string_that_runs_off_the_map_fails)
{
	struct fake fake = {0};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};
	char buffer[64];

	memset(fake.bytes, 'x', sizeof fake.bytes);
	cr_assert_eq(lg_memory_read_string(&memory, BASE + 4090, buffer, sizeof buffer, &err), LG_E_IO);
	cr_assert_str_eq(err.text, "no memory at 0x11000");
}

Test(memory, a_buffer_of_no_bytes_is_a_defect)
{
	struct fake fake = {0};
	struct lg_memory memory = {fake_read, &fake};
	struct lg_error err = {0};

	cr_assert_eq(lg_memory_read_string(&memory, BASE, NULL, 0, &err), LG_E_INTERNAL);
	cr_assert_str_eq(err.text, "string buffer of 0 bytes");
}
