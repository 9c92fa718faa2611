/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "watch/conditions.h"

#define SECOND ((uint64_t)1000000000)
#define MB     ((uint64_t)1000000)

/* What is due at a moment; a dump is made where anything is. */
static unsigned at(struct lg_conditions *conditions, uint64_t seconds, uint64_t rss_mb)
{
	unsigned due = lg_conditions_due(conditions, seconds * SECOND, rss_mb * MB);

	if (due)
		lg_conditions_met(conditions, seconds * SECOND, rss_mb * MB);
	return due;
}

Test(conditions, rss_holds_once)
{
	const struct lg_watch_options options = {.rss_bytes = 100 * MB};
	struct lg_conditions c = {.options = &options};

	cr_assert_eq(at(&c, 0, 99), 0);
	cr_assert_eq(at(&c, 1, 100), LG_WATCH_RSS);
	cr_assert_eq(at(&c, 2, 200), 0);
	/* About the threshold: no fall yet. */
	cr_assert_eq(at(&c, 3, 91), 0);
	cr_assert_eq(at(&c, 4, 101), 0);
	cr_assert_eq(at(&c, 5, 89), 0);
	cr_assert_eq(at(&c, 6, 100), LG_WATCH_RSS);
}

Test(conditions, every_counts_from_the_last)
{
	const struct lg_watch_options options = {.every_ns = 10 * SECOND};
	struct lg_conditions c = {.options = &options};

	cr_assert_eq(at(&c, 1000, 5), LG_WATCH_FIRST);
	cr_assert_eq(at(&c, 1009, 5), 0);
	cr_assert_eq(at(&c, 1012, 5), LG_WATCH_EVERY);
	cr_assert_eq(at(&c, 1021, 5), 0);
	cr_assert_eq(at(&c, 1022, 5), LG_WATCH_EVERY);
}

Test(conditions, growth_is_that_since_the_last)
{
	const struct lg_watch_options options = {.growth = 0.2};
	struct lg_conditions c = {.options = &options};

	cr_assert_eq(at(&c, 0, 100), LG_WATCH_FIRST);
	cr_assert_eq(at(&c, 1, 119), 0);
	cr_assert_eq(at(&c, 2, 121), LG_WATCH_GROWTH);
	cr_assert_eq(at(&c, 3, 144), 0);
	cr_assert_eq(at(&c, 4, 146), LG_WATCH_GROWTH);
}

Test(conditions, together)
{
	const struct lg_watch_options options = {
		.rss_bytes = 100 * MB,
		.every_ns = 10 * SECOND,
		.growth = 0.5,
	};
	struct lg_conditions c = {.options = &options};

	cr_assert_eq(at(&c, 0, 120), LG_WATCH_FIRST | LG_WATCH_RSS);
	cr_assert_eq(at(&c, 10, 180), LG_WATCH_EVERY | LG_WATCH_GROWTH);
	cr_assert_eq(at(&c, 19, 200), 0);
}

/* What was due and not had is due still. */
Test(conditions, stay_until_met)
{
	const struct lg_watch_options options = {.rss_bytes = 100 * MB};
	struct lg_conditions c = {.options = &options};

	cr_assert_eq(lg_conditions_due(&c, 0, 100 * MB), LG_WATCH_RSS);
	cr_assert_eq(lg_conditions_due(&c, SECOND, 101 * MB), LG_WATCH_RSS);
}
