/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_UNITS_H
#define LEAKGRAPH_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers as people write them, on the command line and in files of budgets. */

/*
 * Digits (at most 18), perhaps a point and more digits (at most 9): no sign, blank,
 * exponent or hexadecimal. *end is what stands behind them.
 */
bool lg_decimal_parse(const char *text, double *out, const char **end);

/* The bytes of a unit, "B" (1), "kB" to "TB" and "KiB" to "TiB"; 0: it is none of them. */
uint64_t lg_unit_bytes(const char *unit);

#endif
