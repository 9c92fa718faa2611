/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_POOL_H
#define LG_ANALYSIS_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "leakgraph/status.h"

/*
 * Memory of one result, released at once. A failed request sets `failed` and
 * goes on with an empty answer, so that a report is checked once, at its end.
 */
struct lg_pool;

struct lg_pool *lg_pool_new(void);
void lg_pool_free(struct lg_pool *pool);

/* Zeroed; NULL (and failed) when memory is out. O(1) amortised. */
void *lg_pool_array(struct lg_pool *pool, size_t count, size_t size);
/* A terminated copy; "" (and failed) when memory is out. */
const char *lg_pool_text(struct lg_pool *pool, const char *bytes, size_t length);
void lg_pool_fail(struct lg_pool *pool);
enum lg_status lg_pool_check(const struct lg_pool *pool, struct lg_error *err) LG_MUST_CHECK;

#endif
