/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/stream.h"

LG_DEFINE_CLEANUP(lg_stream_free, struct lg_stream *)

static char folder[] = "/tmp/leakgraph-stream-XXXXXX";
static char path[64];

static void make_folder(void)
{
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
	unlink(path);
	/* Fails where a temporary file was left. */
	cr_expect(rmdir(folder) == 0);
}

TestSuite(stream, .init = make_folder, .fini = remove_folder);

static struct lg_stream *open_stream(void)
{
	struct lg_stream *stream;
	struct lg_error err = {0};

	cr_assert(lg_stream_open(path, &stream, &err) == LG_OK, "%s", err.text);
	return stream;
}

/* What the file holds, terminated; NULL where there is none. The caller frees it. */
static char *content(size_t *length)
{
	lg_cleanup(lg_fclose) FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t capacity = 0;
	ssize_t got = file ? getdelim(&text, &capacity, EOF, file) : -1;

	*length = got < 0 ? 0 : (size_t)got;
	return text;
}

Test(stream, writes_texts_numbers_and_quotes)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	lg_cleanup(lg_free) char *text = NULL;
	size_t length;

	lg_stream_text(stream, "a");
	lg_stream_char(stream, ' ');
	lg_stream_number(stream, 0);
	lg_stream_char(stream, ' ');
	lg_stream_number(stream, UINT64_MAX);
	lg_stream_quoted(stream, "x\"y\\z", '\\');
	lg_stream_quoted(stream, "x\"y\\z", '"');
	cr_assert(lg_stream_commit(stream, NULL) == LG_OK);
	text = content(&length);
	cr_expect_str_eq(text, "a 0 18446744073709551615\"x\\\"y\\\\z\"\"x\"\"y\\z\"");
}

Test(stream, pieces_larger_than_its_buffer)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	static char large[700000];
	lg_cleanup(lg_free) char *text = NULL;
	size_t length;

	memset(large, 'x', sizeof large);
	for (size_t bytes = 1; bytes < sizeof large; bytes *= 3)
		lg_stream_bytes(stream, large, bytes);
	lg_stream_text(stream, "end");
	cr_assert(lg_stream_commit(stream, NULL) == LG_OK);
	text = content(&length);
	cr_expect(length == 797161 + 3, "%zu", length);
	cr_expect_str_eq(text + length - 4, "xend");
}

Test(stream, what_is_not_committed_is_gone)
{
	struct lg_stream *stream = open_stream();

	lg_stream_text(stream, "half");
	lg_stream_free(stream);
	cr_expect(access(path, F_OK) != 0);
}

Test(stream, the_first_failure_stays)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	struct rlimit small = {4096, 4096};
	static char large[300000];
	struct lg_error err = {0}, again = {0};

	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &small) == 0);
	cr_expect(lg_stream_check(stream, &err) == LG_OK);
	lg_stream_bytes(stream, large, sizeof large);
	cr_expect(lg_stream_check(stream, &err) == LG_E_IO);
	cr_expect(strstr(err.text, "/file: writing at byte 4096: File too large"), "%s", err.text);
	lg_stream_text(stream, "more");
	cr_expect(lg_stream_commit(stream, &again) == LG_E_IO);
	cr_expect_str_eq(again.text, err.text);
	cr_expect(access(path, F_OK) != 0);
}

Test(stream, a_folder_that_is_not_there)
{
	struct lg_stream *stream;
	struct lg_error err = {0};

	cr_expect(lg_stream_open("/nowhere/file", &stream, &err) == LG_E_IO);
	cr_expect(strstr(err.text, "cannot open the directory '/nowhere'"), "%s", err.text);
	cr_expect(!stream);
}
