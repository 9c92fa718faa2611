/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_LAYOUT_TABLES_H
#define LG_CPYTHON_LAYOUT_TABLES_H

#include "cpython/layout.h"

/* One table a version; layout.c lists them. */
extern const struct lg_layout lg_layout_308;
extern const struct lg_layout lg_layout_309;
extern const struct lg_layout lg_layout_310;
extern const struct lg_layout lg_layout_311;
extern const struct lg_layout lg_layout_312;
extern const struct lg_layout lg_layout_313;
extern const struct lg_layout lg_layout_314;
extern const struct lg_layout lg_layout_315;

#endif
