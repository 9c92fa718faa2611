/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "support.h"

/* What becomes of a file that is changed while it is read. Content is for tests/corrupt. */

struct change {
	char *path;
	const char *stage;
	bool done;
	bool cut; /* else: overwrite a byte */
};

static int change_file(void *context, const char *stage, uint64_t done, uint64_t total,
		       const char *unit)
{
	struct change *change = context;

	(void)done, (void)total, (void)unit;
	if (change->done || strcmp(stage, change->stage) != 0)
		return 0;
	change->done = true;
	if (change->cut) {
		cr_assert_eq(truncate(change->path, 3000), 0);
	} else {
		int fd = open(change->path, O_WRONLY);

		/* In the middle of the last third: columns of references. */
		cr_assert_eq(pwrite(fd, "\x55\xaa\x55\xaa", 4, lseek(fd, 0, SEEK_END) * 5 / 6), 4);
		close(fd);
	}
	return 0;
}

static void read_while_changed(const char *stage, bool cut, const char *message)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(40000);
	struct lg_dump_write_options options = {.compression = LG_DUMP_PLAIN};
	struct change change = {folder.file, stage, false, cut};
	struct lg_progress progress = {change_file, &change};
	struct lg_snapshot *out = NULL;
	struct lg_error err = {0};

	cr_assert_eq(lg_dump_write(folder.file, s, &options, &err), LG_OK);
	cr_assert_eq(lg_dump_read(folder.file, &progress, &out, &err), LG_E_UNREADABLE);
	cr_assert(change.done);
	cr_assert(strstr(err.text, message), "%s", err.text);
	cr_assert_eq(strncmp(err.text, folder.file, strlen(folder.file)), 0);
	cr_assert_null(out);
}

Test(read, a_file_cut_short_after_it_was_verified)
{
	read_while_changed("read", true, ", but had ");
}

Test(read, a_file_changed_after_it_was_verified)
{
	read_while_changed("read", false, "changed while it was read");
}

Test(read, a_file_cut_short_while_it_is_verified)
{
	read_while_changed("verify", true, ", but had ");
}

Test(read, a_file_that_is_not_there)
{
	struct lg_snapshot *out = (void *)1;
	struct lg_error err = {0};
	struct lg_dump_header header;

	cr_assert_eq(lg_dump_read("/nowhere/x", NULL, &out, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "/nowhere/x: cannot be opened: No such file or directory");
	cr_assert_null(out);
	cr_assert_eq(lg_dump_verify("/nowhere/x", &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "/nowhere/x: cannot be opened: No such file or directory");
	cr_assert_eq(lg_dump_peek("/nowhere/x", &header, &err), LG_E_UNREADABLE);
	cr_assert_str_eq(err.text, "/nowhere/x: cannot be opened: No such file or directory");
	cr_assert_eq(lg_dump_peek("/nowhere/x", &header, NULL), LG_E_UNREADABLE);
}

Test(read, peek_knows_rows_and_a_cut_off_file)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	struct lg_error err = {0};
	struct lg_dump_header header;
	struct stat st;

	write_text(folder.file, "\x82\xa9leakgraph\x92\x01\x05\xa4" "form\xa4rows");
	cr_assert_eq(lg_dump_peek(folder.file, &header, &err), LG_OK, "%s", err.text);
	cr_assert(header.rows && header.version_minor == 5 && header.file_bytes == 24);
	cr_assert_eq(lg_dump_write(folder.file, s, NULL, &err), LG_OK);
	cr_assert_eq(stat(folder.file, &st), 0);
	cr_assert_eq(truncate(folder.file, st.st_size - 1), 0);
	cr_assert_eq(lg_dump_peek(folder.file, &header, &err), LG_E_UNREADABLE);
	cr_assert(strstr(err.text, "do not end with the seal of a dump"), "%s", err.text);
}

/* A list of three million items is one value of the row form. */
Test(read, a_row_larger_than_the_buffer)
{
	FOLDER;
	FILE *file = fopen(folder.file, "w");
	struct lg_error err = {0};
	static const uint8_t head[] = {0x94, 0x00, 0xa4, 'l', 'i', 's', 't', 0x08,
				       0xdd, 0x00, 0x2d, 0xc6, 0xc0};

	fputs("\x82\xa9leakgraph\x92\x01", file);
	fputc(0, file);
	fputs("\xa4" "form\xa4rows", file);
	fwrite(head, 1, sizeof head, file);
	for (uint32_t i = 1; i <= 3000000; i++) {
		uint32_t id = __builtin_bswap32(i);

		fputc(0xce, file);
		fwrite(&id, 4, 1, file);
	}
	fclose(file);
	SNAPSHOT *s = NULL;

	cr_assert_eq(lg_dump_read(folder.file, NULL, &s, &err), LG_OK, "%s", err.text);
	cr_assert_eq(s->object_count, 3000002);
	cr_assert_eq(s->reference_count, 3000000);
	cr_assert_eq(s->inner_count, 2);
	for (uint32_t i = 0; i < 3000000; i++)
		cr_assert(s->ref_target[i] == i + 2 && s->address[i + 2] == i + 1);
}
