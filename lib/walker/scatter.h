/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_SCATTER_H
#define LG_WALKER_SCATTER_H

#include "walker/walk.h"

/*
 * Read `words` words at each of `count` addresses of the copy into out, one
 * after the other, by code inside the copy: a hundred thousand small reads from
 * outside take a second. What can't be read
 * stays as it was in out.
 */
enum lg_status lg_scatter_read(struct lg_freeze *freeze, const struct lg_left *left,
			       const uint64_t *address, size_t count, size_t words,
			       uint64_t *out, struct lg_error *err) LG_MUST_CHECK;

#endif
