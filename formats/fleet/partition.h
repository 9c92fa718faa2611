/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_FLEET_PARTITION_H
#define LG_FLEET_PARTITION_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "leakgraph/status.h"

/* Which process, and when. */
struct lg_partition_place {
	const char *service, *build, *host;
	uint64_t pid;         /* 0: not known */
	uint64_t taken_at_ns; /* likewise */
};

/* "20261123T003159.123Z", or what Hive writes for none. */
#define LG_TAKEN_BYTES 40
void lg_partition_taken(uint64_t taken_at_ns, char out[LG_TAKEN_BYTES]);

#define LG_PARTITION_LEVELS 5

/*
 * A folder service=…/build=…/host=…/pid=…/taken=… below another, which appears
 * with all its files or not at all: they are written in a hidden folder beside
 * service=…, which is then renamed.
 */
struct lg_partition {
	const char *directory; /* borrowed */
	bool replace;
	char level[LG_PARTITION_LEVELS][NAME_MAX + 1];
	int top;                      /* the directory; -1: not open */
	char temporary[NAME_MAX + 1]; /* "" where there is none */
	char path[PATH_MAX];          /* the folder, when it is there */
};

/* Zero-initialised, with `top` -1; the directory is made where there is none. */
enum lg_status lg_partition_open(struct lg_partition *partition, const char *directory,
				 const struct lg_partition_place *place, bool replace,
				 struct lg_error *err) LG_MUST_CHECK;
/* Where to write the file of a table. */
void lg_partition_file(const struct lg_partition *partition, const char *table,
		       char out[PATH_MAX]);
/* All files are there: so is the partition. */
enum lg_status lg_partition_commit(struct lg_partition *partition,
				   struct lg_error *err) LG_MUST_CHECK;
/* What was not committed is gone. For lg_cleanup. */
void lg_partition_release(struct lg_partition *partition);

/*
 * "service=web%2Fapi": as Hive writes a partition, so that readers get the value back.
 * LG_E_USAGE where it is "", no UTF-8, too long or a word for none.
 */
enum lg_status lg_partition_name(const char *key, const char *value, char out[NAME_MAX + 1],
				 struct lg_error *err) LG_MUST_CHECK;

#endif
