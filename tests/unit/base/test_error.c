/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#include "leakgraph/status.h"

Test(error, fail_fills_and_returns)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_fail(&err, LG_E_LIMIT, "%d of %s", 3, "four"), LG_E_LIMIT);
	cr_assert_eq(err.status, LG_E_LIMIT);
	cr_assert_str_eq(err.text, "3 of four");
}

Test(error, nobody_need_listen)
{
	cr_assert_eq(lg_fail(NULL, LG_E_IO, "lost"), LG_E_IO);
	lg_fail_within(NULL, "outer");
}

Test(error, long_text_is_cut_and_terminated)
{
	struct lg_error err = {0};
	char text[3000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	lg_fail(&err, LG_E_IO, "%s", text);
	cr_assert_eq(strlen(err.text), sizeof err.text - 1);
	cr_assert_eq(lg_fail_within(&err, "%s", text), LG_E_IO);
	cr_assert_eq(strlen(err.text), sizeof err.text - 1);
}

Test(error, within_puts_before)
{
	struct lg_error err = {0};

	lg_fail(&err, LG_E_UNREADABLE, "is empty");
	cr_assert_eq(lg_fail_within(&err, "section '%s'", "objects"), LG_E_UNREADABLE);
	lg_fail_within(&err, "%s", "a.msgpack");
	cr_assert_str_eq(err.text, "a.msgpack: section 'objects': is empty");
}

static int answer_seven(void *context, const char *stage, uint64_t done, uint64_t total,
			const char *unit)
{
	*(bool *)context = strcmp(stage, "read") == 0 && done == 1 && total == 2 &&
			   strcmp(unit, "chunks") == 0;
	return 7;
}

Test(error, progress_passes_on_and_may_be_absent)
{
	bool right = false;
	struct lg_progress progress = {answer_seven, &right};
	struct lg_progress none = {0};

	cr_assert_eq(lg_progress_report(&progress, "read", 1, 2, "chunks"), 7);
	cr_assert(right);
	cr_assert_eq(lg_progress_report(&none, "read", 1, 2, "chunks"), 0);
	cr_assert_eq(lg_progress_report(NULL, "read", 1, 2, "chunks"), 0);
}
