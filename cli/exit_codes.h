/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_EXIT_CODES_H
#define LG_CLI_EXIT_CODES_H

#include "leakgraph/status.h"

/* What scripts may rely on. */
enum {
	EXIT_FINE = 0,
	EXIT_OVER_BUDGET = 1,
	EXIT_USAGE = 2,      /* also: the object or type asked for is not in the dump */
	EXIT_UNREADABLE = 3, /* a file can't be read, is cut off or corrupt */
	EXIT_NOT_COMPARABLE = 4,
	EXIT_ATTACH = 5, /* the process can't be dumped */
	EXIT_SYSTEM = 6, /* no memory, no disk, or a defect of leakgraph */
	EXIT_INTERRUPTED = 130,
};

static inline int exit_code(enum lg_status status)
{
	switch (status) {
	case LG_OK:
		return EXIT_FINE;
	case LG_E_USAGE:
	case LG_E_NOT_FOUND:
		return EXIT_USAGE;
	case LG_E_UNREADABLE:
		return EXIT_UNREADABLE;
	case LG_E_NOT_COMPARABLE:
		return EXIT_NOT_COMPARABLE;
	case LG_E_ATTACH:
		return EXIT_ATTACH;
	case LG_E_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_SYSTEM;
	}
}

#endif
