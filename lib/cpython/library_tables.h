/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_LIBRARY_TABLES_H
#define LG_CPYTHON_LIBRARY_TABLES_H

#include "cpython/layout.h"
#include "cpython/library.h"

/* One table a version; library.c lists them. */
extern const struct lg_library lg_library_308;
extern const struct lg_library lg_library_309;
extern const struct lg_library lg_library_310;
extern const struct lg_library lg_library_311;
extern const struct lg_library lg_library_312;
extern const struct lg_library lg_library_313;
extern const struct lg_library lg_library_314;
extern const struct lg_library lg_library_315;

#endif
