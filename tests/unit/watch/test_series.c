/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch/series.h"

/* 2026-11-22 18:10:16.123 UTC */
#define MOMENT 1795371016123456789ull

static char folder[64];

static void enter_folder(void)
{
	strcpy(folder, "/tmp/leakgraph-series-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(series, .init = enter_folder, .fini = leave_folder);

static void write_file(const char *path, size_t bytes)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file, "%s", path);
	for (size_t i = 0; i < bytes; i++)
		fputc('x', file);
	fclose(file);
}

static struct lg_series *series_of(const char *output, uint32_t keep, uint64_t keep_bytes)
{
	struct lg_error err = {0};
	struct lg_series *series;

	cr_assert_eq(lg_series_new(output, 4242, keep, keep_bytes, &series, &err), LG_OK, "%s",
		     err.text);
	return series;
}

static void add(struct lg_series *series, const char *path, size_t bytes)
{
	struct lg_error err = {0};

	write_file(path, bytes);
	cr_assert_eq(lg_series_add(series, path, &err), LG_OK, "%s", err.text);
}

static void assert_next(const char *output, const char *expected)
{
	struct lg_series *series = series_of(output, 10, 1000);
	struct lg_error err = {0};
	char path[PATH_MAX];

	cr_assert_eq(lg_series_next(series, MOMENT, path, &err), LG_OK, "%s", err.text);
	cr_assert_str_eq(path, expected);
	lg_series_free(series);
}

Test(series, names)
{
	char inside[128];

	assert_next("", "leakgraph-4242-20261122T181016.123Z.msgpack");
	assert_next("new/", "new/leakgraph-4242-20261122T181016.123Z.msgpack");
	assert_next("a{n}b{pid}", "a0001b4242");
	assert_next("{time}{x}{", "20261122T181016.123Z{x}{");
	snprintf(inside, sizeof inside, "%s/leakgraph-4242-20261122T181016.123Z.msgpack", folder);
	assert_next(folder, inside);
}

Test(series, names_that_would_not_differ)
{
	struct lg_error err = {0};
	struct lg_series *series;

	cr_assert_eq(lg_series_new("d-{pid}.msgpack", 1, 1, 1, &series, &err), LG_E_USAGE);
	cr_assert_str_eq(err.text, "'d-{pid}.msgpack' is no directory and has neither {time} nor {n} "
				   "in it: all dumps would have one name");
	cr_assert_null(series);
}

Test(series, never_replaces_a_file)
{
	struct lg_series *series = series_of("dump-{n}", 10, 1000);
	struct lg_error err = {0};
	char path[PATH_MAX];

	write_file("dump-0001", 3);
	cr_assert_eq(lg_series_next(series, MOMENT, path, &err), LG_E_IO);
	cr_assert_str_eq(err.text, "dump-0001 is there already and not of this series");
	lg_series_free(series);
}

Test(series, keeps_so_many)
{
	struct lg_series *series = series_of("{n}", 2, 1000);
	struct lg_error err = {0};
	char path[PATH_MAX];

	add(series, "0001", 10);
	add(series, "0002", 10);
	cr_assert(!lg_series_trim(series, path, &err));
	add(series, "0003", 10);
	cr_assert(lg_series_trim(series, path, &err));
	cr_assert_str_eq(path, "0001");
	cr_assert_eq(err.status, LG_OK);
	cr_assert(!lg_series_trim(series, path, &err));
	cr_assert_neq(access("0001", F_OK), 0);
	cr_assert_eq(access("0002", F_OK), 0);
	lg_series_free(series);
}

Test(series, keeps_so_many_bytes_and_the_last)
{
	struct lg_series *series = series_of("{n}", 10, 100);
	struct lg_error err = {0};
	char path[PATH_MAX];

	add(series, "0001", 40);
	add(series, "0002", 40);
	add(series, "0003", 40);
	cr_assert(lg_series_trim(series, path, &err));
	cr_assert(!lg_series_trim(series, path, &err));
	add(series, "0004", 500);
	cr_assert(lg_series_trim(series, path, &err));
	cr_assert(lg_series_trim(series, path, &err));
	cr_assert(!lg_series_trim(series, path, &err));
	cr_assert_eq(access("0004", F_OK), 0);
	lg_series_free(series);
}

Test(series, removes_only_what_it_wrote)
{
	struct lg_series *series = series_of("{n}", 1, 100);
	struct lg_error err = {0};
	char path[PATH_MAX];

	add(series, "0001", 10);
	add(series, "0002", 10);
	/* Another file under the name, and one that is gone. */
	write_file("other", 10);
	cr_assert_eq(rename("other", "0001"), 0);
	cr_assert(lg_series_trim(series, path, &err));
	cr_assert_str_eq(err.text, "0001 stays: it is not the file that this series wrote");
	cr_assert_eq(access("0001", F_OK), 0);
	cr_assert_eq(unlink("0002"), 0);
	add(series, "0003", 10);
	cr_assert(lg_series_trim(series, path, &err));
	cr_assert_eq(err.status, LG_OK);
	lg_series_free(series);
}
