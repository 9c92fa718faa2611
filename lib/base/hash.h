/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_HASH_H
#define LG_BASE_HASH_H

/*
 * xxHash. Where the library has versions for wider vectors, it chooses among
 * them at run time under other names, and XXH3_64bits() is that: three times
 * as fast with AVX2.
 */
#ifdef LG_XXHASH_DISPATCH
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

#endif
