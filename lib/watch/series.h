/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WATCH_SERIES_H
#define LG_WATCH_SERIES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "leakgraph/status.h"

/*
 * The files of one series of dumps: their names, and how many of them stay. A
 * file is removed only while it is the very one that this series wrote.
 */
struct lg_series;

/*
 * output: as in struct lg_watch_options, "" for the working directory.
 * LG_E_USAGE where names would not differ. The caller frees.
 */
enum lg_status lg_series_new(const char *output, pid_t pid, uint32_t keep, uint64_t keep_bytes,
			     struct lg_series **out, struct lg_error *err) LG_MUST_CHECK;
void lg_series_free(struct lg_series *series);

/* The name of the next dump, taken at that Unix time. LG_E_IO where there is a file of that name. */
enum lg_status lg_series_next(const struct lg_series *series, uint64_t taken_at_ns,
			      char path[PATH_MAX], struct lg_error *err) LG_MUST_CHECK;

/* That dump is written and belongs to the series. */
enum lg_status lg_series_add(struct lg_series *series, const char *path,
			     struct lg_error *err) LG_MUST_CHECK;

/*
 * Remove the oldest while there are too many, all but the last. Each call deals
 * with one: true, with its name in path; err->status is LG_OK where it is
 * removed, else it says why it stays (and is not the series' any more).
 */
bool lg_series_trim(struct lg_series *series, char path[PATH_MAX], struct lg_error *err);

#endif
