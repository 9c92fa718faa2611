/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_STATUS_H
#define LEAKGRAPH_STATUS_H

#include <stdint.h>

/*
 * How a call ended. Every call that can fail returns one of these, and fills
 * a caller-owned struct lg_error with a sentence that names the thing, the
 * value and what was expected. The command line maps each to an exit code
 * (cli/exit_codes.h).
 */
enum lg_status {
	LG_OK = 0,
	LG_E_USAGE,          /* an argument is wrong */
	LG_E_UNREADABLE,     /* a file is not what it should be, cut off or corrupt */
	LG_E_NOT_FOUND,      /* the object, type or address asked for is not there */
	LG_E_ATTACH,         /* the process can't be dumped; it was left as it was */
	LG_E_MEMORY,         /* memory could not be had */
	LG_E_IO,             /* the system refused a read or a write of our own */
	LG_E_LIMIT,          /* larger than this program can represent */
	LG_E_INTERRUPTED,    /* the user asked to stop */
	LG_E_INTERNAL,       /* a defect in leakgraph */
	LG_E_NOT_COMPARABLE, /* two dumps that say nothing of each other */
};

#define LG_MUST_CHECK __attribute__((warn_unused_result))

#define LG_ERROR_TEXT_BYTES 1024

/* Owned by the caller; needs no release. Zero-initialise with {0}. */
struct lg_error {
	enum lg_status status;
	char text[LG_ERROR_TEXT_BYTES];
};

/*
 * Fill err (which may be NULL) and return status, so that a caller can write
 * `return lg_fail(err, LG_E_LIMIT, "...", ...)`. The text is truncated to fit.
 */
enum lg_status lg_fail(struct lg_error *err, enum lg_status status,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "prefix: " before the text of an error that is passed on. Returns err's status. */
enum lg_status lg_fail_within(struct lg_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Progress of a long call, and the way to stop it. report may be NULL.
 * done and total are in `unit`s (total 0: not known). A nonzero answer asks
 * the call to stop; it then returns LG_E_INTERRUPTED with nothing half done.
 */
struct lg_progress {
	int (*report)(void *context, const char *stage, uint64_t done,
		      uint64_t total, const char *unit);
	void *context;
};

/* Calls p->report where there is one. Returns its answer, 0 without. */
int lg_progress_report(const struct lg_progress *p, const char *stage,
		       uint64_t done, uint64_t total, const char *unit);

#endif
