/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads dump files and says what became of each, for the tests of hostile files:
 *
 *	dump_check [--memory MIB] FILE...      a line for each: status, tab, message
 *	dump_check [--memory MIB] -            the same, names from standard input
 *	dump_check --print FILE                all columns, as JSON
 *	dump_check --sample small|plain|regular|redacted FILE   writes one
 *
 * --memory bounds the address space; a build with AddressSanitizer needs
 * terabytes of it and is bounded by its own allocator instead.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "fake_snapshot.h"
#include "formats/dump/schema.h"
#include "leakgraph/dump.h"

LG_DEFINE_CLEANUP(lg_snapshot_free, struct lg_snapshot *)

static uint64_t value_at(const struct lg_snapshot *s, const struct lg_dump_column *c, uint64_t row)
{
	const char *p = (const char *)*lg_dump_elements(s, c) + row * c->stride + c->member;
	uint64_t v = 0;

	memcpy(&v, p, c->width);
	return v;
}

/* Uses every value, so that a sanitizer sees a column that is too short. */
static uint64_t touch(const struct lg_snapshot *s)
{
	uint64_t sum = 0;

	for (int t = 0; t < LG_TABLE_COUNT; t++)
		for (unsigned c = 0; c < lg_dump_tables[t].column_count; c++)
			for (uint64_t i = 0; i < *lg_dump_row_count(s, &lg_dump_tables[t]); i++)
				sum += value_at(s, &lg_dump_tables[t].column[c], i);
	for (uint32_t i = 0; i < s->strings.count; i++) {
		struct lg_text text = lg_snapshot_string(s, i);

		for (uint64_t n = 0; n < text.length; n++)
			sum += (unsigned char)text.bytes[n];
	}
	return sum;
}

static void check(const char *path)
{
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = NULL;
	struct lg_error err = {0};
	struct lg_dump_header header;
	enum lg_status verified = lg_dump_verify(path, &err);
	enum lg_status status = lg_dump_read(path, NULL, &s, &err);

	if (lg_dump_peek(path, &header, NULL) != LG_OK && status == LG_OK)
		printf("99\tread, but peek refuses it\n");
	else if (verified != LG_OK && status == LG_OK)
		printf("99\tread, but verify refuses it\n");
	else if (status != LG_OK)
		printf("%d\t%s\n", (int)status, err.text);
	else
		printf("0\t%u objects, %u references, %#" PRIx64 "\n", s->object_count,
		       s->reference_count, touch(s));
	fflush(stdout);
}

static void print_text(struct lg_text text)
{
	putchar('"');
	for (uint64_t i = 0; i < text.length; i++)
		printf("%02x", (unsigned char)text.bytes[i]);
	putchar('"');
}

static void print_info(const struct lg_snapshot *s)
{
	for (int i = 0; i < LG_DUMP_INFO_FIELDS; i++) {
		const struct lg_dump_info_field *f = &lg_dump_info_fields[i];
		const char *slot = (const char *)&s->info + f->slot;

		printf("\"info.%s\": ", f->name);
		if (f->text)
			print_text(lg_snapshot_string(s, *(const uint32_t *)slot));
		else
			printf("%" PRIu64, *(const uint64_t *)slot);
		printf(",\n");
	}
}

static int print(const char *path)
{
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = NULL;
	struct lg_error err = {0};

	if (lg_dump_read(path, NULL, &s, &err) != LG_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("{\n");
	print_info(s);
	for (int t = 0; t < LG_TABLE_COUNT; t++)
		for (unsigned c = 0; c < lg_dump_tables[t].column_count; c++) {
			const struct lg_dump_column *column = &lg_dump_tables[t].column[c];
			uint64_t rows = *lg_dump_row_count(s, &lg_dump_tables[t]);

			printf("\"%s.%s\": [", lg_dump_tables[t].name, column->name);
			for (uint64_t i = 0; i < rows; i++) {
				uint64_t v = value_at(s, column, i + column->difference);

				v -= column->difference ? value_at(s, column, i) : 0;
				printf("%s%" PRIu64, i ? "," : "", v);
			}
			printf("],\n");
		}
	printf("\"strings\": [");
	for (uint32_t i = 0; i < s->strings.count; i++) {
		printf("%s", i ? "," : "");
		print_text(lg_snapshot_string(s, i));
	}
	printf("]}\n");
	return 0;
}

static int sample(const char *kind, const char *path)
{
	struct lg_dump_write_options options = {0};
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = NULL;
	struct lg_error err = {0};

	if (strcmp(kind, "regular") == 0) {
		/* Leaves that are all alike: it compresses beyond what readers allow. */
		s = fake_allocate(16 << 20, 1, 0, 0, 1, 0, 0);
		fake_strings(s, lg_intern_new());
	} else {
		s = fake_heap(3);
	}
	options.compression = strcmp(kind, "plain") == 0 ? LG_DUMP_PLAIN : LG_DUMP_ZSTD;
	options.redact = strcmp(kind, "redacted") == 0;
	if (lg_dump_write(path, s, &options, &err) == LG_OK)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

static void bound_memory(const char *mib)
{
#ifdef __SANITIZE_ADDRESS__
	(void)mib;
#else
	struct rlimit limit = {.rlim_cur = strtoull(mib, NULL, 10) << 20};

	limit.rlim_max = limit.rlim_cur;
	if (setrlimit(RLIMIT_AS, &limit) != 0)
		abort();
#endif
}

int main(int argc, char **argv)
{
	int i = 1;
	char line[4096];

	if (argc == 4 && strcmp(argv[1], "--sample") == 0)
		return sample(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "--print") == 0)
		return print(argv[2]);
	if (argc > 3 && strcmp(argv[1], "--memory") == 0) {
		bound_memory(argv[2]);
		i = 3;
	}
	if (i < argc && strcmp(argv[i], "-") == 0) {
		while (fgets(line, sizeof line, stdin)) {
			line[strcspn(line, "\n")] = 0;
			check(line);
		}
		return 0;
	}
	for (; i < argc; i++)
		check(argv[i]);
	return 0;
}
