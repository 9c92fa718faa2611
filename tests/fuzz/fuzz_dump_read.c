/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: any bytes as a dump file, once as they are and once with
 * a seal that fits them, since a fuzzer never guesses a checksum. Both forms.
 * See tests/fuzz/run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"

#include "base/cleanup.h"
#include "formats/dump/schema.h"
#include "leakgraph/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

LG_DEFINE_CLEANUP(lg_snapshot_free, struct lg_snapshot *)

/* What was read must write and read again: validate let it through. */
static void write_again(const struct lg_snapshot *s)
{
	struct lg_error err = {0};
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *back = NULL;
	char path[64];

	snprintf(path, sizeof path, "/dev/shm/leakgraph-fuzz-%d.msgpack", getpid());
	if (lg_dump_write(path, s, NULL, &err) != LG_OK ||
	    lg_dump_read(path, NULL, &back, &err) != LG_OK) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	unlink(path);
}

static void read_file(int fd, bool again)
{
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = NULL;
	struct lg_error err = {0};
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (lg_dump_read(path, NULL, &s, &err) == LG_OK) {
		if (again)
			write_again(s);
		return;
	}
	if (strncmp(err.text, path, strlen(path)) != 0 || strlen(err.text) < strlen(path) + 10 ||
	    err.status == LG_E_INTERNAL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char seal[LG_DUMP_SEAL_BYTES] = LG_DUMP_SEAL_HEAD;
	uint64_t hash = __builtin_bswap64(XXH3_64bits(data, size));
	lg_cleanup(lg_close) int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	read_file(fd, false);
	memcpy(seal + LG_DUMP_SEAL_HEAD_BYTES, &hash, sizeof hash);
	if (write(fd, seal, sizeof seal) == (ssize_t)sizeof seal)
		read_file(fd, size % 16 == 0);
	return 0;
}
