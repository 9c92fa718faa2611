/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_PAGE_CACHE_H
#define LG_TAKE_PAGE_CACHE_H

#include "base/memory.h"

/*
 * A memory in front of another that does not change: whole pages are read once
 * and kept, some thousands of them. Roots and names are read word by word, and
 * a system call for each would take longer than the walk.
 */
struct lg_page_cache;

/* `under` is borrowed and outlives the cache. NULL when memory is out. */
struct lg_page_cache *lg_page_cache_new(const struct lg_memory *under);
void lg_page_cache_free(struct lg_page_cache *cache);

/* Valid as long as the cache. */
const struct lg_memory *lg_page_cache_memory(struct lg_page_cache *cache);

#endif
