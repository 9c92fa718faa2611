/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "formats/parquet/chunk.h"
#include "formats/parquet/parquet.h"

LG_DEFINE_CLEANUP(lg_stream_free, struct lg_stream *)
LG_DEFINE_CLEANUP(lg_parquet_free, struct lg_parquet *)

static const struct lg_parquet_column number = {"n", LG_PARQUET_INT64, false};
static const struct lg_parquet_column perhaps = {"p", LG_PARQUET_INT64, true};
static const struct lg_parquet_column address = {"a", LG_PARQUET_UINT64, false};
static const struct lg_parquet_column name = {"t", LG_PARQUET_TEXT, true};
static const struct lg_parquet_column truth = {"b", LG_PARQUET_BOOLEAN, false};

static struct lg_text text_of(const char *text)
{
	return (struct lg_text){text, strlen(text)};
}

/* ---- a column of a row group ---- */

struct chunk_of {
	struct lg_chunk chunk;
	struct lg_bytes bytes;
};

static void release(struct chunk_of *of)
{
	lg_chunk_release(&of->chunk);
	lg_bytes_free(&of->bytes);
}

static struct chunk_of make_chunk(const struct lg_parquet_column *column)
{
	struct chunk_of of = {.chunk = {.column = column}};

	cr_assert(lg_chunk_clear(&of.chunk, NULL) == LG_OK);
	return of;
}

static void add_text(struct lg_chunk *chunk, const char *text)
{
	cr_assert(lg_chunk_text(chunk, text_of(text), NULL) == LG_OK);
}

static void expect_data(struct chunk_of *of, bool dictionary, const void *expected, size_t count)
{
	of->bytes.used = 0;
	lg_chunk_data(&of->chunk, dictionary, &of->bytes);
	cr_assert_eq(of->bytes.used, count);
	cr_expect(memcmp(of->bytes.bytes, expected, count) == 0);
}

Test(chunk, numbers_are_plain_and_nulls_are_levels)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&perhaps);

	cr_assert(lg_chunk_number(&of.chunk, 1, NULL) == LG_OK);
	cr_assert(lg_chunk_null(&of.chunk, NULL) == LG_OK);
	cr_assert(lg_chunk_number(&of.chunk, INT64_MAX, NULL) == LG_OK);
	/* Two bytes of levels: one group, 101. */
	expect_data(&of, false,
		    "\2\0\0\0\3\5"
		    "\1\0\0\0\0\0\0\0"
		    "\xff\xff\xff\xff\xff\xff\xff\x7f", 22);
	cr_expect_not(lg_chunk_has_dictionary(&of.chunk));
}

Test(chunk, truths_are_bits)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&truth);

	for (int i = 0; i < 10; i++)
		cr_assert(lg_chunk_number(&of.chunk, i % 3 == 0, NULL) == LG_OK);
	expect_data(&of, false, "\x49\x02", 2);
}

Test(chunk, texts_that_repeat_have_a_dictionary)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&name);

	for (int i = 0; i < 8; i++)
		add_text(&of.chunk, i % 2 ? "odd" : "even");
	cr_assert(lg_chunk_has_dictionary(&of.chunk));
	cr_expect_eq(lg_chunk_dictionary(&of.chunk, &of.bytes), 2);
	cr_assert_eq(of.bytes.used, 15);
	cr_expect(memcmp(of.bytes.bytes, "\4\0\0\0even\3\0\0\0odd", 15) == 0);
	/* Levels: a run of eight; then the width, and one group of indexes. */
	expect_data(&of, true, "\2\0\0\0\x10\1" "\1\3\xaa", 9);
}

Test(chunk, an_empty_text_is_one_of_them)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&name);
	lg_cleanup(lg_bytes_free) struct lg_bytes dictionary = {0};
	struct lg_chunk_bounds bounds = {0};

	for (int i = 0; i < 100; i++)
		add_text(&of.chunk, i % 2 ? "odd" : "");
	cr_expect_eq(lg_chunk_dictionary(&of.chunk, &dictionary), 2);
	cr_assert_eq(dictionary.used, 11);
	cr_expect(memcmp(dictionary.bytes, "\0\0\0\0\3\0\0\0odd", 11) == 0);
	cr_assert(lg_chunk_bounds(&of.chunk, &bounds));
	cr_expect_eq(bounds.least.used, 0);
	cr_expect_eq(bounds.greatest.used, 3);
	lg_bytes_free(&bounds.least);
	lg_bytes_free(&bounds.greatest);
}

Test(chunk, texts_that_differ_are_plain)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&name);

	add_text(&of.chunk, "one");
	add_text(&of.chunk, "two");
	cr_expect_not(lg_chunk_has_dictionary(&of.chunk));
	expect_data(&of, false, "\2\0\0\0\3\3" "\3\0\0\0one\3\0\0\0two", 20);
}

Test(chunk, nothing_but_nulls)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&name);
	struct lg_chunk_bounds bounds = {0};

	cr_assert(lg_chunk_null(&of.chunk, NULL) == LG_OK);
	cr_expect_not(lg_chunk_has_dictionary(&of.chunk));
	cr_expect_not(lg_chunk_bounds(&of.chunk, &bounds));
	expect_data(&of, false, "\2\0\0\0\3\0", 6);
}

Test(chunk, bounds_of_numbers)
{
	lg_cleanup(release) struct chunk_of of = make_chunk(&address);
	struct lg_chunk_bounds bounds = {0};

	cr_assert(lg_chunk_number(&of.chunk, UINT64_MAX, NULL) == LG_OK);
	cr_assert(lg_chunk_number(&of.chunk, 5, NULL) == LG_OK);
	cr_assert(lg_chunk_bounds(&of.chunk, &bounds));
	cr_expect(memcmp(bounds.least.bytes, "\5\0\0\0\0\0\0\0", 8) == 0);
	cr_expect(memcmp(bounds.greatest.bytes, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 0);
	cr_expect(bounds.least_exact && bounds.greatest_exact);
	lg_bytes_free(&bounds.least);
	lg_bytes_free(&bounds.greatest);
}

/* ---- files ---- */

static char folder[] = "/tmp/leakgraph-parquet-XXXXXX";
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

TestSuite(parquet, .init = make_folder, .fini = remove_folder);

static struct lg_stream *open_stream(void)
{
	struct lg_stream *stream;
	struct lg_error err = {0};

	cr_assert(lg_stream_open(path, &stream, &err) == LG_OK, "%s", err.text);
	return stream;
}

/* The end of a row is refused, with this text; so is the end of the file. */
static void expect_refusal(struct lg_parquet *file, enum lg_status status, const char *text)
{
	struct lg_error err = {0}, again = {0};

	cr_expect_eq(lg_parquet_end_row(file, &err), status);
	cr_expect_str_eq(err.text, text);
	cr_expect_eq(lg_parquet_finish(file, NULL, 0, &again), status);
	cr_expect_str_eq(again.text, text);
}

static struct lg_parquet *open_file(struct lg_stream *stream,
				    const struct lg_parquet_column *column, size_t count)
{
	struct lg_parquet *file;
	struct lg_error err = {0};

	cr_assert(lg_parquet_open(stream, column, count, &file, &err) == LG_OK, "%s", err.text);
	return file;
}

Test(parquet, refuses_rows_that_are_none)
{
	static const struct lg_parquet_column two[] = {{"n", LG_PARQUET_INT64, false},
						       {"t", LG_PARQUET_TEXT, true}};
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *few = open_file(stream, two, 2);
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *many = open_file(stream, two, 2);

	lg_parquet_number(few, 1);
	expect_refusal(few, LG_E_INTERNAL, "a row has 1 values, expected 2");
	lg_parquet_number(many, 1);
	lg_parquet_null(many);
	lg_parquet_null(many);
	expect_refusal(many, LG_E_INTERNAL, "a row has more than 2 values");
}

Test(parquet, refuses_values_that_are_none_of_the_column)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *large = open_file(stream, &number, 1);
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *null = open_file(stream, &number, 1);
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *text = open_file(stream, &number, 1);
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *digit = open_file(stream, &name, 1);

	lg_parquet_number(large, (uint64_t)1 << 63);
	expect_refusal(large, LG_E_LIMIT,
		       "n is 9223372036854775808, a column holds at most 9223372036854775807");
	lg_parquet_null(null);
	expect_refusal(null, LG_E_INTERNAL, "a null for 'n'");
	lg_parquet_text(text, text_of("x"));
	expect_refusal(text, LG_E_INTERNAL, "a text for 'n'");
	lg_parquet_number(digit, 1);
	expect_refusal(digit, LG_E_INTERNAL, "a number for 't'");
}

Test(parquet, a_text_beyond_all_bounds_is_refused_before_it_is_read)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *file = open_file(stream, &name, 1);

	lg_parquet_text(file, (struct lg_text){NULL, LG_PARQUET_TEXT_BYTES + 1});
	expect_refusal(file, LG_E_LIMIT,
		       "t is a text of 1073741825 bytes, a column holds at most 1073741824");
}

Test(parquet, begins_and_ends_with_its_magic)
{
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *file = open_file(stream, &number, 1);
	lg_cleanup(lg_fclose) FILE *written = NULL;
	struct lg_error err = {0};
	char bytes[1024];
	size_t count;
	uint32_t footer;

	lg_parquet_number(file, 7);
	cr_assert(lg_parquet_end_row(file, &err) == LG_OK);
	cr_assert(lg_parquet_finish(file, NULL, 0, &err) == LG_OK);
	cr_assert(lg_stream_commit(stream, &err) == LG_OK);
	written = fopen(path, "rb");
	cr_assert(written);
	count = fread(bytes, 1, sizeof bytes, written);
	cr_assert(count > 12 && count < sizeof bytes);
	cr_expect(memcmp(bytes, "PAR1", 4) == 0);
	cr_expect(memcmp(bytes + count - 4, "PAR1", 4) == 0);
	memcpy(&footer, bytes + count - 8, sizeof footer);
	cr_expect(footer < count - 12);
}

Test(parquet, row_groups_are_bounded_by_bytes)
{
	static char large[1 << 20];
	lg_cleanup(lg_stream_free_slot) struct lg_stream *stream = open_stream();
	lg_cleanup(lg_parquet_free_slot) struct lg_parquet *file = open_file(stream, &name, 1);
	struct lg_error err = {0};
	struct stat st;

	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 40; i++) {
		/* Each is another, so that a group holds them all. */
		large[0] = (char)('A' + i);
		lg_parquet_text(file, text_of(large));
		cr_assert(lg_parquet_end_row(file, &err) == LG_OK);
	}
	cr_assert(lg_parquet_finish(file, NULL, 0, &err) == LG_OK);
	cr_assert(lg_stream_commit(stream, &err) == LG_OK);
	cr_assert(stat(path, &st) == 0);
	cr_expect(st.st_size > 0 && st.st_size < 1 << 20);
}
