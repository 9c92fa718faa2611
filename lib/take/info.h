/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_INFO_H
#define LG_TAKE_INFO_H

#include "base/intern.h"
#include "cpython/runtime.h"

/* What /proc says of the process, into *info: command line, executable, start, RSS, time. */
enum lg_status lg_take_process_info(pid_t pid, struct lg_intern *strings,
				    struct lg_snapshot_info *info, struct lg_error *err) LG_MUST_CHECK;

/* Versions: of the interpreter and of leakgraph. */
enum lg_status lg_take_version_info(const struct lg_python *python, struct lg_intern *strings,
				    struct lg_snapshot_info *info, struct lg_error *err) LG_MUST_CHECK;

#endif
