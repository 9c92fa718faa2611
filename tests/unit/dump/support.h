/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_DUMP_SUPPORT_H
#define TEST_DUMP_SUPPORT_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fake_snapshot.h"
#include "formats/dump/schema.h"
#include "leakgraph/dump.h"

LG_DEFINE_CLEANUP(lg_snapshot_free, struct lg_snapshot *)
#define SNAPSHOT lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot

/* A folder for one test, removed with its files at the end of the scope. */
struct folder {
	char path[64];
	char file[80]; /* a name in it */
};

static inline struct folder folder_make(void)
{
	struct folder folder = {.path = "/tmp/leakgraph-test-XXXXXX"};

	cr_assert_not_null(mkdtemp(folder.path));
	snprintf(folder.file, sizeof folder.file, "%s/x.msgpack", folder.path);
	return folder;
}

/* Files in the folder; the name of one of them in *name. */
static inline unsigned folder_count(const struct folder *folder, char name[256])
{
	DIR *dir = opendir(folder->path);
	struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			count++;
			if (name)
				snprintf(name, 256, "%s", entry->d_name);
		}
	closedir(dir);
	return count;
}

static inline void folder_remove(struct folder *folder)
{
	char name[256], path[512];

	chmod(folder->path, 0700);
	while (folder_count(folder, name)) {
		snprintf(path, sizeof path, "%s/%s", folder->path, name);
		if (remove(path) != 0)
			break;
	}
	rmdir(folder->path);
}
#define FOLDER lg_cleanup(folder_remove) struct folder folder = folder_make()

static inline void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void assert_text(const char *path, const char *text)
{
	char buffer[256] = "";
	FILE *file = fopen(path, "r");

	cr_assert_not_null(file);
	buffer[fread(buffer, 1, sizeof buffer - 1, file)] = 0;
	fclose(file);
	cr_assert_str_eq(buffer, text);
}

static inline uint64_t value_at(const struct lg_snapshot *s, const struct lg_dump_column *c,
				uint64_t row)
{
	const char *p = (const char *)*lg_dump_elements(s, c) + row * c->stride + c->member;
	uint64_t v = 0;

	memcpy(&v, p, c->width);
	return v;
}

static inline void assert_same_text(const struct lg_snapshot *a, uint32_t i,
				    const struct lg_snapshot *b, uint32_t j)
{
	struct lg_text x = lg_snapshot_string(a, i), y = lg_snapshot_string(b, j);

	cr_assert_eq(x.length, y.length, "string %u", i);
	cr_assert(x.length == 0 || memcmp(x.bytes, y.bytes, x.length) == 0, "string %u", i);
}

/* Every value of every table, all strings, all of info. */
static inline void assert_same(const struct lg_snapshot *a, const struct lg_snapshot *b)
{
	for (int t = 0; t < LG_TABLE_COUNT; t++) {
		const struct lg_dump_table *table = &lg_dump_tables[t];
		uint32_t rows = *lg_dump_row_count(a, table);

		cr_assert_eq(rows, *lg_dump_row_count(b, table), "%s", table->name);
		for (unsigned c = 0; c < table->column_count; c++)
			for (uint64_t i = 0; i < (uint64_t)rows + table->column[c].difference; i++)
				if (value_at(a, &table->column[c], i) !=
				    value_at(b, &table->column[c], i))
					cr_assert_fail("%s.%s[%lu]", table->name,
						       table->column[c].name, i);
	}
	for (uint32_t i = 0; i < a->strings.count; i++)
		assert_same_text(a, i, b, i);
	for (int i = 0; i < LG_DUMP_INFO_FIELDS; i++)
		if (lg_dump_info_fields[i].text)
			assert_same_text(a, *(uint32_t *)((char *)&a->info + lg_dump_info_fields[i].slot), b,
					 *(uint32_t *)((char *)&b->info + lg_dump_info_fields[i].slot));
		else
			cr_assert_eq(memcmp((char *)&a->info + lg_dump_info_fields[i].slot,
					    (char *)&b->info + lg_dump_info_fields[i].slot, 8),
				     0, "info.%s", lg_dump_info_fields[i].name);
}

static inline struct lg_snapshot *read_back(const char *path)
{
	struct lg_snapshot *out = NULL;
	struct lg_error err = {0};

	cr_assert_eq(lg_dump_read(path, NULL, &out, &err), LG_OK, "%s", err.text);
	return out;
}

#endif
