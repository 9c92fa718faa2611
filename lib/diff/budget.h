/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DIFF_BUDGET_H
#define LG_DIFF_BUDGET_H

#include "leakgraph/budget.h"

/* Budgets as they were parsed: all texts are the budgets' own. */

enum lg_limit_kind { LG_LIMIT_PERCENT, LG_LIMIT_BYTES, LG_LIMIT_NUMBER };
struct lg_limit {
	enum lg_limit_kind kind;
	double value;
};

#define LG_BUDGET_MAX_LIMITS 4

struct lg_budget {
	char *text; /* the line, blanks made one */
	const char *source;
	uint32_t line;
	enum lg_budget_subject subject;
	enum lg_budget_measure measure;
	char *name; /* of a type or path, else NULL */
	struct lg_limit limit[LG_BUDGET_MAX_LIMITS];
	size_t limit_count;
	bool warn;
};

struct lg_exception {
	const char *source;
	uint32_t line;
	enum lg_budget_subject subject; /* type, path or signature */
	char *name, *reason;
	char until[11];
	int64_t ends; /* seconds since 1970: the first that is no more excepted */
};

struct lg_budgets {
	struct lg_budget *budget;
	size_t count, capacity;
	struct lg_exception *exception;
	size_t exception_count, exception_capacity;
	char **source;
	size_t source_count, source_capacity;
};

#endif
