/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_VALUES_H
#define LG_CLI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* Values on the command line. Each takes the whole text or answers false. */

/* A decimal number within bounds; nothing else may stand in the text. */
bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *out);

/* "20", "0.5%" of least to most percent, as 0.2 and 0.005. */
bool parse_percent(const char *text, uint64_t least, uint64_t most, double *out);

/* "2GiB", "500MB", "4096" in bytes, at least one. */
bool parse_size(const char *text, uint64_t *out);

/* "30s", "10m", "1.5h", "1d" in nanoseconds. */
bool parse_duration(const char *text, uint64_t *out);

/* The same, or a number of seconds alone: "30". */
bool parse_seconds(const char *text, uint64_t *out);

#endif
