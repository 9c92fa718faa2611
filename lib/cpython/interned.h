/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_INTERNED_H
#define LG_CPYTHON_INTERNED_H

#include "cpython/runtime.h"

/*
 * The dict of interned strings: a static variable that no symbol names. It is
 * the only dict a word in the image's writable data points to in which every
 * key is an interned str and its own value. 0 where none is found. Reads at
 * most 16 MiB.
 */
uint64_t lg_find_interned(const struct lg_python *python, const struct lg_maps *maps,
			  const struct lg_map *image);

#endif
