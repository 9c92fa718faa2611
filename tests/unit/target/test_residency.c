/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "target/residency.h"

Test(residency, anonymous_and_swapped_bytes_of_each_mapping)
{
	static const char text[] = "00400000-00600000 rw-p 00000000 fe:01 12   /usr/bin/A Program\n"
				   "Size:               2048 kB\n"
				   "Rss:                  12 kB\n"
				   "Anonymous:             8 kB\n"
				   "AnonHugePages:         4 kB\n"
				   "Swap:                 16 kB\n"
				   "SwapPss:               0 kB\n"
				   "VmFlags: rd wr mr mw me ac\n"
				   "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n"
				   "Anonymous:          1024 kB\n";
	struct lg_residency residency;
	struct lg_error err = {0};

	cr_assert_eq(lg_residency_parse(text, &residency, &err), LG_OK, "%s", err.text);
	cr_assert_eq(residency.count, 2);
	cr_expect_eq(residency.map[0].anonymous_bytes, 8 << 10);
	cr_expect_eq(residency.map[0].swap_bytes, 16 << 10);
	cr_expect_eq(lg_residency_find(&residency, 0x7f0000000000), &residency.map[1]);
	cr_expect_eq(residency.map[1].anonymous_bytes, 1 << 20);
	cr_expect_null(lg_residency_find(&residency, 0x400001));
	cr_expect_null(lg_residency_find(&residency, UINT64_MAX));
	lg_residency_free(&residency);
}

static void refuse(const char *text, const char *message)
{
	struct lg_residency residency;
	struct lg_error err = {0};

	cr_assert_eq(lg_residency_parse(text, &residency, &err), LG_E_ATTACH);
	cr_expect_str_eq(err.text, message);
	lg_residency_free(&residency);
}

Test(residency, what_is_no_such_table_is_refused)
{
	struct lg_residency residency;
	struct lg_error err = {0};

	refuse("nonsense", "smaps: 'nonsense' begins no ascending mapping");
	refuse("2-1 rw-p", "smaps: '2-1 rw-p' begins no ascending mapping");
	refuse("1000-3000 rw-p\nRss: 4 kB\n2000-4000 rw-p\n",
	       "smaps: '2000-4000 rw-p\n' begins no ascending mapping");
	/* Fields before the first mapping are of none. */
	cr_assert_eq(lg_residency_parse("Anonymous: 4 kB\n", &residency, &err), LG_OK);
	cr_expect_eq(residency.count, 0);
	lg_residency_free(&residency);
}

Test(residency, of_oneself)
{
	long page = sysconf(_SC_PAGESIZE);
	int pagemap = lg_pagemap_open(getpid());
	struct lg_page_walk *walk = lg_page_walk_new(getpid());
	char *memory = aligned_alloc((size_t)page, 64 * (size_t)page);
	uint64_t start = (uint64_t)(uintptr_t)memory, end = start + 64 * (uint64_t)page;

	cr_assert(memory && walk && pagemap >= 0);
	memory[8 * page] = memory[9 * page] = memory[40 * page] = 1;
	cr_expect_geq(lg_pagemap_count(pagemap, start, end).anonymous, 3);
	cr_expect_eq(lg_pagemap_count(pagemap, start + 8 * page, start + 10 * page).anonymous, 2);
	cr_expect_eq(lg_page_walk_next(walk, start + 9 * page, end), start + 9 * page);
	cr_expect_leq(lg_page_walk_next(walk, start + 10 * page, end), start + 40 * page);
	cr_expect_gt(lg_rollup_read(getpid()).rss_bytes, 0);
	lg_page_walk_free(walk);
	close(pagemap);
	free(memory);
	/* Of nobody, all pages may be there. */
	walk = lg_page_walk_new(0);
	cr_expect_eq(lg_page_walk_next(walk, 0x1000, 0x9000), 0x1000);
	lg_page_walk_free(walk);
}
