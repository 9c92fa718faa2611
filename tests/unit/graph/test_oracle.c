/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/cleanup.h"
#include "check.h"
#include "graphs.h"

/* How many graphs; LEAKGRAPH_TEST_GRAPHS for more. */
static uint64_t graph_count(uint64_t by_default)
{
	const char *text = getenv("LEAKGRAPH_TEST_GRAPHS");
	uint64_t wanted = text ? strtoull(text, NULL, 10) : 0;

	return wanted ? wanted : by_default;
}

static const struct lg_tuning tunings[] = {{4, 4}, {0, 0}, {1, 0}, {0, 1}};

static void compare(struct lg_snapshot *snapshot, uint64_t seed, bool small)
{
	const struct lg_tuning *tuning = &tunings[seed / 3 % 4];
	struct checked c = check_open(snapshot, tuning);

	cr_assert(c.graph != NULL, "seed %lu: %s", (unsigned long)seed, c.error.text);
	check_against_igraph(&c, seed);
	check_tree(&c, seed);
	if (small)
		check_by_removal(&c, seed);
	check_close(&c);
}

Test(oracle, random_graphs, .timeout = 7200)
{
	for (uint64_t seed = 0; seed < graph_count(2000); seed++)
		compare(random_snapshot(seed), seed, seed % 3 != 0);
}

/* Small enough for igraph, large enough for all that heap_snapshot() does. */
Test(oracle, heaps, .timeout = 7200)
{
	for (uint64_t seed = 0; seed < graph_count(2000) / 5; seed++)
		compare(heap_snapshot(500 + (uint32_t)(seed % 7) * 700, seed), seed, false);
}

/* What the tests work on is what the engine may be given. */
Test(oracle, made_snapshots_are_valid)
{
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct lg_snapshot *made[] = {random_snapshot(seed), heap_snapshot(800, seed),
					      twin_snapshot(1 + (uint32_t)seed)};

		for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
			struct lg_error error = {0};

			cr_assert(lg_snapshot_validate(made[i], &error) == LG_OK, "seed %lu: %s",
				  (unsigned long)seed, error.text);
			lg_snapshot_free(made[i]);
		}
	}
}
