/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <criterion/criterion.h>

#include "leakgraph/budget.h"

static void refuse(const char *text, const char *message)
{
	struct lg_budgets *budgets = lg_budgets_new();
	struct lg_error err = {0};

	cr_expect_eq(lg_budgets_add(budgets, "b", text, strlen(text), &err), LG_E_USAGE, "%s", text);
	cr_expect_str_eq(err.text, message);
	lg_budgets_free(budgets);
}

Test(budget, errors_name_line_and_column)
{
	refuse("totl growth <= 5%", "b:1:1: expected total, holder, new-path, new-suspect, type, path or ignore, not 'totl'");
	refuse("# fine\n\n  total growht <= 5%", "b:3:9: expected growth, bytes, count or retained, not 'growht'");
	refuse("total retained <= 5%", "b:1:7: 'total' has no 'retained'");
	refuse("total growth < 5%", "b:1:14: expected '<=', not '<'");
	refuse("total growth <=", "b:1:16: expected a size as 8MiB, or a percentage as 5%");
	refuse("total growth <= 5", "b:1:17: expected a size with its unit, as 8MiB, not '5'");
	refuse("total growth <= -5%", "b:1:17: expected a size as 8MiB, or a percentage as 5%, not '-5%'");
	refuse("total growth <= 0x10B", "b:1:17: expected a size as 8MiB, or a percentage as 5%, not '0x10B'");
	refuse("total growth <= nan%", "b:1:17: expected a size as 8MiB, or a percentage as 5%, not 'nan%'");
	refuse("total count <= 5MiB", "b:1:16: expected a number of objects, not '5MiB'");
	refuse("total growth <= 5% or 8MiB", "b:1:20: expected the end of the line, not 'or'");
	refuse("total growth <= 1% and 2% and 3% and 4% and 5%", "b:1:41: more than 4 limits");
	refuse("type", "b:1:5: expected the name of a type");
	refuse("path \"module app", "b:1:6: a quote that is not closed");
	refuse("ignore module app until 2027-01-31 why", "b:1:8: expected type, path or sig, not 'module'");
	refuse("ignore type a.B 2027-01-31 why", "b:1:17: expected 'until', not '2027-01-31'");
	refuse("ignore type a.B until 2027-02-30 why", "b:1:23: expected a day as 2027-01-31, not '2027-02-30'");
	refuse("ignore type a.B until 2027-1-31 why", "b:1:23: expected a day as 2027-01-31, not '2027-1-31'");
	refuse("ignore sig 12345 until 2027-01-31 why", "b:1:12: expected a signature as 9f31c2e0, not '12345'");
	refuse("new-suspect growth <= 0", "b:1:13: 'new-suspect' has no 'growth'");
	refuse("path \"module app → .CACHE → [str]\" grwth <= 5%",
	       "b:1:36: expected growth, bytes, count or retained, not 'grwth'");
	refuse("ignore type a.B until 2027-01-31", "b:1:33: expected a reason in quotes");
}

Test(budget, a_byte_of_zero_is_refused)
{
	struct lg_budgets *budgets = lg_budgets_new();
	struct lg_error err = {0};

	cr_expect_eq(lg_budgets_add(budgets, "b", "type a\0b count <= 1", 19, &err), LG_E_USAGE);
	cr_expect_str_eq(err.text, "b:1:6: a NUL byte");
	lg_budgets_free(budgets);
}

/* A comparison made by hand: 300 of 1000 bytes grew, 200 of them on a new path. */
static struct lg_diff_holder holders[] = {
	{.path_text = "module app → .CACHE", .item = "[str] → app.Session", .item_type = "app.Session",
	 .base_count = 0, .head_count = 20, .base_bytes = 0, .head_bytes = 200, .grown_bytes = 200,
	 .head_retained_bytes = 220, .fresh = true, .signature = "075f53ee"},
	{.path_text = "module app → .LOG", .item = "[]", .item_type = "str", .base_count = 10,
	 .head_count = 20, .base_bytes = 100, .head_bytes = 200, .grown_bytes = 100,
	 .head_retained_bytes = 200, .signature = ""},
};
static struct lg_diff_suspect suspects[] = {
	{"075f53ee", "module app | .CACHE | [str] | app.Session", "app.Session", 20, 220, true},
	{"9f31c2e0", "module app | .LOG | [] | str", "str", 20, 200, false},
};
static struct lg_diff_type types[] = {
	{"app.Session", 0, 20, 0, 200},
	{"str", 100, 90, 1000, 900},
};
static const struct lg_diff diff = {
	.totals = {.base_bytes = 1000, .head_bytes = 1300, .base_objects = 100, .head_objects = 130,
		   .grown_bytes = 300},
	.holder = holders,
	.holder_count = 2,
	.suspect = suspects,
	.suspect_count = 2,
	.type = types,
	.type_count = 2,
};

#define DAY_2027_01_31 1801353600

static struct lg_judgement *judge(const char *text, int64_t now)
{
	struct lg_budgets *budgets = lg_budgets_new();
	struct lg_judgement *judgement;
	struct lg_error err = {0};

	cr_assert_eq(lg_budgets_add(budgets, "b", text, strlen(text), &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_budgets_judge(budgets, &diff, now, &judgement, &err), LG_OK);
	lg_budgets_free(budgets);
	return judgement;
}

static void expect(const char *text, bool over, const char *said, const char *where)
{
	struct lg_judgement *judgement = judge(text, 0);

	cr_assert_eq(judgement->result_count, 1);
	cr_expect_eq(judgement->result[0].over, over, "%s", text);
	cr_expect_eq(judgement->over, over && !judgement->result[0].warn, "%s", text);
	cr_expect_str_eq(judgement->result[0].said, said);
	cr_expect_str_eq(judgement->result[0].where, where);
	lg_judgement_free(judgement);
}

Test(budget, measures)
{
	expect("total growth <= 30%", false, "300 B, 30.0 % of 1.0 kB", "");
	expect("total growth <= 30% and 299B", true, "300 B, 30.0 % of 1.0 kB", "");
	expect("total growth <= 29.9% warn", true, "300 B, 30.0 % of 1.0 kB", "");
	expect("total bytes <= 30%", false, "1.3 kB, before 1.0 kB", "");
	expect("total bytes <= 1.2kB", true, "1.3 kB, before 1.0 kB", "");
	expect("total count <= 129", true, "130, before 100", "");
	expect("holder growth <= 200B", false, "200 B, before 0 B", "module app → .CACHE");
	expect("holder growth <= 150B", true, "200 B, before 0 B", "module app → .CACHE");
	expect("new-path retained <= 219B", true, "220 B, before 0 B", "module app → .CACHE");
	expect("new-path retained <= 220B", false, "220 B, before 0 B", "module app → .CACHE");
	expect("type app.Session count <= 19", true, "20, before 0", "app.Session");
	expect("type str growth <= 0", false, "0 B, 0.0 % of 1.0 kB", "str");
	expect("new-suspect count <= 0", true, "1, before 0", "module app | .CACHE | [str] | app.Session");
	expect("new-suspect retained <= 220B", false, "220 B, before 0 B",
	       "module app | .CACHE | [str] | app.Session");
	expect("type no.Such count <= 0", false, "0, before 0", "no.Such");
}

Test(budget, an_exception_holds_until_the_end_of_its_day)
{
	const char *text = "total growth <= 150B\nignore path \"module app → .CACHE\" until "
			   "2027-01-31 \"warming the cache\"\n";
	struct lg_judgement *judgement = judge(text, DAY_2027_01_31 + 86399);

	cr_expect(!judgement->over);
	cr_expect_str_eq(judgement->result[0].said, "100 B, 10.0 % of 1.0 kB");
	cr_assert_eq(judgement->exception_count, 1);
	cr_expect(!judgement->exception[0].expired);
	cr_expect_eq(judgement->exception[0].grown_bytes, 200);
	cr_expect_str_eq(judgement->exception[0].reason, "warming the cache");
	lg_judgement_free(judgement);
	judgement = judge("total growth <= 150B\nnew-suspect count <= 0\n"
			  "ignore sig 075f53ee until 2027-01-31 x", 0);
	cr_expect(!judgement->over);
	lg_judgement_free(judgement);
	judgement = judge(text, DAY_2027_01_31 + 86400);
	cr_expect(judgement->over);
	cr_expect(judgement->exception[0].expired);
	lg_judgement_free(judgement);
}
