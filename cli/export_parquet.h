/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_EXPORT_PARQUET_H
#define LG_CLI_EXPORT_PARQUET_H

#include "cli.h"

/* `export --parquet`: of a dump or a profile, as a partition of a fleet. The exit code. */
int export_parquet(const struct arguments *arguments);

#endif
