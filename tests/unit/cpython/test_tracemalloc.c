/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "cpython/tracemalloc.h"
#include "tests/unit/cpython/fake_python.h"

/* The tables of tracemalloc, made by hand: as 3.11 has them, found by probing alone. */

#define BUCKETS 16
#define BLOCK 0x7f0000001000ull

struct tables {
	struct fake *fake;
	uint64_t variable, table, array;
	uint64_t file;
};

static struct tables tables_new(void)
{
	struct tables t = {.fake = fake_new()};

	t.variable = fake_space(t.fake, 8);
	t.table = fake_space(t.fake, 64);
	t.array = fake_space(t.fake, 8 * BUCKETS);
	t.file = fake_str(t.fake, "/srv/app.py");
	fake_put64(t.fake, t.variable, t.table);
	fake_put64(t.fake, t.table + 8, BUCKETS);
	fake_put64(t.fake, t.table + 16, t.array);
	return t;
}

/* Lines are innermost first. */
static uint64_t traceback_of(const struct tables *t, const uint32_t *line, uint32_t count)
{
	uint64_t at = fake_space(t->fake, 16 + 12ull * count);

	fake_put32(t->fake, at + 8, count | count << 16);
	for (uint32_t i = 0; i < count; i++) {
		fake_put64(t->fake, at + 12 + 12ull * i, t->file);
		fake_put32(t->fake, at + 20 + 12ull * i, line[i]);
	}
	return at;
}

static uint64_t add_trace(const struct tables *t, uint32_t bucket, uint64_t block,
			  uint64_t traceback)
{
	uint64_t entry = fake_space(t->fake, 32), trace = fake_space(t->fake, 16);

	fake_put64(t->fake, entry, fake_get64(t->fake, t->array + 8ull * bucket));
	fake_put64(t->fake, entry + 16, block);
	fake_put64(t->fake, entry + 24, trace);
	fake_put64(t->fake, trace, 100);
	fake_put64(t->fake, trace + 8, traceback);
	fake_put64(t->fake, t->array + 8ull * bucket, entry);
	fake_put64(t->fake, t->table, fake_get64(t->fake, t->table) + 1);
	return entry;
}

static struct lg_traces read_all(struct tables *t, uint64_t most)
{
	char path[] = "/usr/bin/python3.11";
	struct lg_map map = {.start = FAKE_BASE, .end = FAKE_BASE + FAKE_BYTES, .readable = true,
			     .writable = true, .path = path};
	struct lg_maps maps = {.map = &map, .count = 1};
	struct lg_traces traces;
	struct lg_error err = {0};

	t->fake->python.image = FAKE_BASE;
	cr_assert_eq(lg_traces_read(&t->fake->python, &maps, most, t->fake->strings, &traces, &err),
		     LG_OK, "%s", err.text);
	return traces;
}

Test(tracemalloc, tracebacks_share_their_callers)
{
	struct tables t = tables_new();
	const uint32_t one[] = {7, 3, 1}, other[] = {9, 3, 1};
	uint64_t first = traceback_of(&t, one, 3), second = traceback_of(&t, other, 3);
	struct lg_traces traces;
	const uint32_t *site;

	add_trace(&t, 0, BLOCK, first);
	add_trace(&t, 0, BLOCK + 64, second);
	add_trace(&t, 15, BLOCK + 128, first);
	traces = read_all(&t, 100);
	cr_assert_eq(traces.site_count, 4);
	cr_assert_eq(traces.block.count, 3);
	site = lg_word_map_find(&traces.block, BLOCK);
	cr_assert_not_null(site);
	cr_expect_eq(traces.site[*site].line, 7);
	cr_expect_eq(traces.site[traces.site[*site].caller].line, 3);
	cr_expect_eq(*site, *lg_word_map_find(&traces.block, BLOCK + 128));
	cr_expect_eq(traces.site[*site].caller,
		     traces.site[*lg_word_map_find(&traces.block, BLOCK + 64)].caller);
	for (size_t i = 0; i < traces.site_count; i++)
		cr_expect(traces.site[i].caller == LG_NONE || traces.site[i].caller < i);
	lg_traces_free(&traces);
	fake_free(t.fake);
}

Test(tracemalloc, what_is_no_table_is_not_taken_for_one)
{
	const uint32_t line[] = {7};

	for (int damage = 0; damage < 5; damage++) {
		struct tables t = tables_new();
		uint64_t traceback = traceback_of(&t, line, 1);
		uint64_t entry = add_trace(&t, 3, BLOCK, traceback);
		struct lg_traces traces;

		if (damage == 0)
			fake_put64(t.fake, t.table + 8, BUCKETS - 1);
		else if (damage == 1)
			fake_put64(t.fake, t.table, 0);
		else if (damage == 2)
			fake_put64(t.fake, t.table + 16, 0x1234);
		else if (damage == 3)
			fake_put64(t.fake, entry + 24, 8);
		else
			fake_put64(t.fake, traceback + 12, t.table);
		traces = read_all(&t, 100);
		cr_expect_eq(traces.site_count, 0, "damage %d", damage);
		lg_traces_free(&traces);
		fake_free(t.fake);
	}
}

Test(tracemalloc, chains_that_bite_their_tail_and_counts_that_lie_end)
{
	struct tables t = tables_new();
	const uint32_t line[] = {7};
	uint64_t traceback = traceback_of(&t, line, 1), huge = traceback_of(&t, line, 1);
	uint64_t last = add_trace(&t, 2, BLOCK, traceback);
	struct lg_traces traces;

	add_trace(&t, 2, BLOCK + 64, traceback);
	fake_put64(t.fake, last, fake_get64(t.fake, t.array + 16));
	/* Frames that reach far behind what is mapped. */
	fake_put32(t.fake, huge + 8, 0xffff);
	add_trace(&t, 9, BLOCK + 128, huge);
	traces = read_all(&t, 1000);
	cr_expect_eq(traces.site_count, 1);
	cr_expect_not_null(lg_word_map_find(&traces.block, BLOCK));
	lg_traces_free(&traces);
	cr_expect_lt(t.fake->reads, 200000);
	fake_put64(t.fake, t.table + 8, 1ull << 36);
	traces = read_all(&t, 1000);
	cr_expect_leq(traces.site_count, 1);
	lg_traces_free(&traces);
	fake_free(t.fake);
}

Test(tracemalloc, no_more_than_asked_for)
{
	struct tables t = tables_new();
	const uint32_t line[] = {7};
	uint64_t traceback = traceback_of(&t, line, 1);
	struct lg_traces traces;

	for (uint32_t i = 0; i < 50; i++)
		add_trace(&t, i % BUCKETS, BLOCK + 64 * i, traceback);
	traces = read_all(&t, 20);
	cr_expect_eq(traces.block.count, 20);
	lg_traces_free(&traces);
	fake_free(t.fake);
}
