/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_WATCH_H
#define LEAKGRAPH_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "leakgraph/status.h"

/*
 * Watch a process from outside and say when a dump of it is due. Once a second
 * its resident memory is read from /proc, of which the process notices nothing.
 */

/* Why a dump was due; several may hold at once. */
enum {
	LG_WATCH_FIRST = 1 << 0,  /* what the later ones are compared with */
	LG_WATCH_RSS = 1 << 1,    /* RSS has come to rss_bytes */
	LG_WATCH_EVERY = 1 << 2,  /* the time is over */
	LG_WATCH_GROWTH = 1 << 3, /* RSS has grown by so much since the last dump */
};

enum lg_watch_kind {
	LG_WATCH_DUMPED,
	LG_WATCH_FAILED,  /* err says why; the next attempt is in retry_seconds */
	LG_WATCH_REMOVED, /* an old one, to stay within the bounds */
	LG_WATCH_UNREMOVED, /* it is not what this series wrote, or can't be removed: err */
};

/* Something happened. All pointers are valid during the call only. */
struct lg_watch_event {
	enum lg_watch_kind kind;
	const char *path;
	uint64_t taken_at_ns;    /* Unix time */
	unsigned why;            /* LG_WATCH_FIRST | ... */
	uint64_t rss_bytes;      /* when the dump fell due */
	uint64_t last_rss_bytes; /* at the dump before, 0 for none */
	uint32_t retry_seconds;
	const struct lg_error *err;
};

/*
 * A dump is due where any of the conditions holds; at least one must be given.
 * With `every` or `growth` the first is due at once. The condition of RSS holds
 * once, and again only when RSS has been below nine tenths of it since.
 */
struct lg_watch_options {
	uint64_t rss_bytes; /* 0: no such condition */
	uint64_t every_ns;  /* 0: no such condition */
	double growth;      /* 0.2 is 20 %; 0: no such condition */
	uint32_t count;     /* end after so many dumps; 0: with the process */
	uint32_t keep;      /* dumps of this series to keep, the oldest go first; 0: 10 */
	uint64_t keep_bytes; /* the same, for all of them together; 0: 8 GiB */
	/*
	 * Where they go: a directory, or a pattern in which {pid}, {time} (to the
	 * millisecond, UTC) and {n} (from 0001) are replaced; {time} or {n} must be
	 * in it, so that names sort by time. NULL: the working directory. In a directory
	 * it is "leakgraph-{pid}-{time}.msgpack". No file that is there already is
	 * replaced.
	 */
	const char *output;

	/* Writes a dump of pid to path; *start is the process_start in it. */
	enum lg_status (*dump)(void *context, pid_t pid, const char *path, uint64_t *start,
			       struct lg_error *err);
	void (*tell)(void *context, const struct lg_watch_event *event);
	bool (*stopped)(void *context); /* asked once a second, and after a signal */
	void *context;
};

/*
 * Returns LG_OK when the process has ended (another one with its number is not
 * taken for it) or `count` dumps are made, LG_E_INTERRUPTED when stopped. What
 * can't be dumped at all is refused at the beginning (lg_snapshot_check()); a dump
 * that fails later is told, and tried again after a second, then two, up to a
 * minute. Where the process ends before such a dump was had, that is the error.
 */
enum lg_status lg_watch_run(pid_t pid, const struct lg_watch_options *options,
			    struct lg_error *err) LG_MUST_CHECK;

#endif
