/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static uint64_t file_bytes(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

/* Writes in both compressions, reads, compares; returns the bytes of the zstd file. */
static uint64_t round_trip(const struct lg_snapshot *s)
{
	FOLDER;

	for (int c = LG_DUMP_PLAIN; c >= LG_DUMP_ZSTD; c--) {
		struct lg_dump_write_options options = {.compression = (enum lg_dump_compression)c};
		struct lg_error err = {0};
		struct lg_dump_header header;

		cr_assert_eq(lg_dump_write(folder.file, s, &options, &err), LG_OK, "%s", err.text);
		cr_assert_eq(lg_dump_peek(folder.file, &header, &err), LG_OK, "%s", err.text);
		cr_assert_eq(header.file_bytes, file_bytes(folder.file));
		cr_assert(!header.rows && header.version_major == 1 && header.version_minor == 1);
		cr_assert_eq(lg_dump_verify(folder.file, &err), LG_OK, "%s", err.text);
		SNAPSHOT *back = read_back(folder.file);

		assert_same(s, back);
	}
	return file_bytes(folder.file);
}

Test(round_trip, empty)
{
	SNAPSHOT *s = fake_empty();

	round_trip(s);
}

Test(round_trip, small)
{
	SNAPSHOT *s = fake_heap(3);

	round_trip(s);
}

Test(round_trip, options_may_be_absent)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	struct lg_error err = {0};

	cr_assert_eq(lg_dump_write(folder.file, s, NULL, &err), LG_OK, "%s", err.text);
	SNAPSHOT *back = read_back(folder.file);

	assert_same(s, back);
}

Test(round_trip, many_chunks)
{
	SNAPSHOT *s = fake_heap(60000);

	cr_assert_gt(s->object_count, 7 * LG_DUMP_CHUNK_ROWS);
	cr_assert_lt(round_trip(s), 4ul * s->object_count);
}

Test(round_trip, chunks_that_end_at_a_boundary)
{
	for (uint32_t n = LG_DUMP_CHUNK_ROWS - 1; n <= LG_DUMP_CHUNK_ROWS + 1; n++) {
		SNAPSHOT *s = fake_allocate(n, n, 0, 0, 1, 0, 0);

		fake_strings(s, lg_intern_new());
		for (uint32_t i = 1; i < n; i++)
			s->address[i] = 16ul * i;
		round_trip(s);
	}
}

Test(round_trip, largest_and_smallest_values)
{
	SNAPSHOT *s = fake_heap(2);

	for (uint32_t i = 1; i < s->object_count; i++) {
		s->address[i] = i % 2 ? UINT64_MAX : 0;
		s->refcount[i] = i % 3 ? UINT32_MAX : 0;
		s->flags[i] = i % 2 ? UINT8_MAX : 0;
		s->shallow_bytes[i] = 0;
	}
	s->shallow_bytes[5] = INT64_MAX;
	s->containers[0] = (struct lg_container){0, 0, 4, 0, UINT32_MAX};
	s->containers[1] = (struct lg_container){INT64_MAX, INT64_MAX, 5, UINT32_MAX, UINT32_MAX};
	s->bounds[1].most = UINT32_MAX;
	s->types[3].slotted_bytes = UINT32_MAX;
	s->roots[0].excess = UINT32_MAX;
	s->types[3].flags = UINT32_MAX;
	s->threads[0].ident = s->threads[0].native_id = UINT64_MAX;
	s->frames[0].line = s->frames[0].depth = UINT32_MAX;
	s->ref_kind[3] = LG_REF_KEY_TYPE;
	s->ref_name[3] = FAKE_TYPES - 1;
	s->info.python_hex = s->info.pid = s->info.taken_at_ns = UINT64_MAX;
	round_trip(s);
}

/* Addresses that jump both ways by any distance: the differences wrap around. */
Test(round_trip, random_addresses)
{
	SNAPSHOT *s = fake_heap(20000);
	uint64_t state = 42;

	for (uint32_t i = 1; i < s->object_count; i++)
		s->address[i] = fake_random(&state) >> (fake_random(&state) % 64);
	round_trip(s);
}

static struct lg_snapshot *with_strings(struct lg_intern *strings)
{
	struct lg_snapshot *s = fake_allocate(1, 1, 0, 0, 1, 0, 0);

	fake_strings(s, strings);
	return s;
}

static void add(struct lg_intern *strings, const char *bytes, size_t length)
{
	struct lg_error err;
	uint32_t number;

	cr_assert_eq(lg_intern_add(strings, bytes, length, &number, &err), LG_OK);
}

Test(round_trip, strings_of_any_bytes)
{
	struct lg_intern *strings = lg_intern_new();

	add(strings, "\0", 1);
	add(strings, "a\0b", 3);
	add(strings, "\xff\xfe\xc0\x80", 4);
	add(strings, "\xed\xa0\x80", 3);
	add(strings, "größer", 8);
	SNAPSHOT *s = with_strings(strings);

	/* As command line it must not become a str that strict readers refuse. */
	s->info.command_line = 3;
	s->info.executable = 5;
	round_trip(s);
}

/* 9 MB in strings of all lengths: cut into chunks by bytes, the longest alone in one. */
Test(round_trip, long_strings)
{
	struct lg_intern *strings = lg_intern_new();
	lg_cleanup(lg_free) char *text = malloc(6 << 20);
	uint64_t state = 7;

	for (uint32_t i = 0; i < 6 << 20; i++)
		text[i] = (char)fake_random(&state);
	for (uint32_t i = 0; i < 3000; i++)
		add(strings, text + i, i);
	add(strings, text, 6 << 20);
	add(strings, "after it", 8);
	SNAPSHOT *s = with_strings(strings);

	round_trip(s);
}

Test(round_trip, more_strings_than_a_chunk_has_rows)
{
	struct lg_intern *strings = lg_intern_new();
	char text[16];

	for (int i = 0; i < 140000; i++)
		add(strings, text, (size_t)sprintf(text, "k%d", i));
	SNAPSHOT *s = with_strings(strings);

	round_trip(s);
}

Test(round_trip, a_string_beyond_the_limit_is_refused)
{
	FOLDER;
	struct lg_intern *strings = lg_intern_new();
	lg_cleanup(lg_free) char *text = calloc(1, LG_DUMP_MAX_STRING_BYTES + 1);
	struct lg_error err = {0};

	add(strings, text, LG_DUMP_MAX_STRING_BYTES + 1);
	SNAPSHOT *s = with_strings(strings);

	cr_assert_eq(lg_dump_write(folder.file, s, NULL, &err), LG_E_LIMIT);
	cr_assert_str_eq(err.text,
			 "string 1 has 67108865 bytes, a dump holds strings of up to 67108864");
	cr_assert_eq(folder_count(&folder, NULL), 0);
}

/* Beyond 64 times its bytes a reader would refuse the file: the writer pads. */
Test(round_trip, a_heap_without_any_irregularity)
{
	SNAPSHOT *s = fake_allocate(6 << 20, 1, 0, 0, 1, 0, 0);

	fake_strings(s, lg_intern_new());
	cr_assert_gt(round_trip(s), (6ul << 20) * 25 / 64 - (1 << 20));
}

/* Each level compresses, a higher one no worse by much. */
Test(round_trip, levels)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(5000);
	struct lg_error err = {0};

	for (int level = -5; level <= 19; level += 12) {
		struct lg_dump_write_options options = {.zstd_level = level};

		cr_assert_eq(lg_dump_write(folder.file, s, &options, &err), LG_OK, "%s", err.text);
		SNAPSHOT *back = read_back(folder.file);

		assert_same(s, back);
	}
}

struct calls {
	unsigned count, stop_at;
	uint64_t last;
	bool backwards;
};

static int count_calls(void *context, const char *stage, uint64_t done, uint64_t total,
		       const char *unit)
{
	struct calls *calls = context;

	calls->backwards |= calls->count > 0 && strcmp(stage, "write") == 0 && done < calls->last;
	cr_assert_leq(done, total);
	cr_assert(*unit);
	if (strcmp(stage, "write") != 0)
		cr_assert_str_eq(unit, "bytes");
	calls->last = done;
	return ++calls->count == calls->stop_at;
}

Test(round_trip, progress_is_reported_and_can_stop_each_call)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(60000);
	struct calls writing = {0}, reading = {0};
	struct lg_dump_write_options options = {.progress = {count_calls, &writing}};
	struct lg_progress progress = {count_calls, &reading};
	struct lg_snapshot *back = NULL;
	struct lg_error err = {0};
	unsigned calls;

	cr_assert_eq(lg_dump_write(folder.file, s, &options, &err), LG_OK);
	cr_assert_geq(writing.count, 2);
	cr_assert_not(writing.backwards);
	cr_assert_eq(lg_dump_read(folder.file, &progress, &back, &err), LG_OK);
	lg_snapshot_free(back);
	calls = reading.count;
	cr_assert_geq(calls, 10);
	/* The other threads may take the last chunks, so stop well before. */
	for (unsigned stop = 1; stop < calls / 2; stop++) {
		reading = (struct calls){.stop_at = stop};
		cr_assert_eq(lg_dump_read(folder.file, &progress, &back, &err), LG_E_INTERRUPTED);
		cr_assert_null(back);
	}
}
