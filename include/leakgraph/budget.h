/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_BUDGET_H
#define LEAKGRAPH_BUDGET_H

#include "leakgraph/diff.h"

/*
 * Budgets: what a build may keep more than its base. One grammar for flags and
 * files; a line of a file is a budget, an exception or, behind '#', a comment.
 *
 *	budget    = subject measure "<=" limit { "and" limit } [ "warn" ]
 *	subject   = "total" | "holder" | "new-path" | "new-suspect" | "type" NAME | "path" TEXT
 *	measure   = "growth" | "bytes" | "count" | "retained"
 *	limit     = NUMBER "%" | SIZE | NUMBER
 *	exception = "ignore" ( "type" NAME | "path" TEXT | "sig" HEX ) "until" YYYY-MM-DD REASON
 *
 * All limits must be kept. Words with blanks stand in double quotes. "holder"
 * is each holder that grew, "new-path" each of them that the base has not,
 * "new-suspect" each suspect whose signature the base has not. A
 * path is what lg_diff_measure() makes of TEXT. What an exception names does not count
 * until the end of its day; after that it does again, and the report says so.
 */
enum lg_budget_subject {
	LG_BUDGET_TOTAL,
	LG_BUDGET_HOLDER,
	LG_BUDGET_NEW_PATH,
	LG_BUDGET_NEW_SUSPECT,
	LG_BUDGET_TYPE,
	LG_BUDGET_PATH,
	LG_BUDGET_SUBJECTS,
	LG_BUDGET_SIGNATURE = LG_BUDGET_SUBJECTS /* of exceptions alone */
};
enum lg_budget_measure {
	LG_BUDGET_GROWTH,   /* bytes that grew and did not move */
	LG_BUDGET_BYTES,    /* of the head */
	LG_BUDGET_COUNT,    /* objects of the head: of a holder's item; all on and below a path */
	LG_BUDGET_RETAINED, /* bytes, by the holder, in the head */
	LG_BUDGET_MEASURES
};

struct lg_budgets;

enum { LG_BUDGET_MAX_LINES = 10000, LG_BUDGET_MAX_BYTES = 1 << 20 };

struct lg_budgets *lg_budgets_new(void);
void lg_budgets_free(struct lg_budgets *budgets);

/*
 * Add what a text says, a line at a time; `source` is a file's name, or says
 * which flag it was, and stands in messages. LG_E_USAGE names source, line and
 * column, what is there and what was expected. O(bytes).
 */
enum lg_status lg_budgets_add(struct lg_budgets *budgets, const char *source, const char *text,
			      size_t length, struct lg_error *err) LG_MUST_CHECK;
/* The same of a file: LG_E_UNREADABLE where it can't be read or has more than LG_BUDGET_MAX_BYTES. */
enum lg_status lg_budgets_read(struct lg_budgets *budgets, const char *path,
			       struct lg_error *err) LG_MUST_CHECK;
/* Budgets so far, without exceptions. */
size_t lg_budgets_count(const struct lg_budgets *budgets);

/* How a budget was kept. */
struct lg_budget_result {
	const char *budget; /* as it was written, blanks made one */
	const char *source; /* "leakgraph.budget", "--budget" */
	uint32_t line;
	bool over, warn; /* warn: over it is no failure */
	const char *said; /* "12.3 MB, 21.1 % of 58.1 MB" */
	const char *where; /* the holder, type or path that is worst; "" for total */
};

/* An exception, and whether it still holds. */
struct lg_budget_exception {
	const char *what; /* "path module shop.sessions" */
	const char *until, *reason;
	const char *source;
	uint32_t line;
	bool expired;
	uint64_t grown_bytes; /* of what it names */
};

struct lg_judgement {
	struct lg_budget_result *result;
	size_t result_count;
	struct lg_budget_exception *exception;
	size_t exception_count;
	bool over; /* a budget that is no warning is */
	struct lg_pool *pool;
};

/* now: seconds since 1970. O(budgets * (holders + types)). The caller owns *out. */
enum lg_status lg_budgets_judge(const struct lg_budgets *budgets, const struct lg_diff *diff,
				int64_t now, struct lg_judgement **out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_judgement_free(struct lg_judgement *judgement);

#endif
