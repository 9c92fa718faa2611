/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_VALIDATE_H
#define LG_CPYTHON_VALIDATE_H

#include "cpython/runtime.h"

/*
 * Does the table fit the process? Debug builds, patched builds and torn memory
 * are caught here, once, so that what comes later may follow offsets without
 * looking twice. Checks interpreters, threads, the collector's lists (and fills
 * interpreters and gc_list of *python) and the sizes the types declare.
 * LG_E_ATTACH names what did not fit.
 */
enum lg_status lg_python_validate(struct lg_python *python, struct lg_error *err) LG_MUST_CHECK;

#endif
