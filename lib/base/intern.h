/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_INTERN_H
#define LG_BASE_INTERN_H

#include "leakgraph/snapshot.h"

/* Builds a table of distinct strings. Number 0 is "". */
struct lg_intern;

struct lg_intern *lg_intern_new(void);
void lg_intern_free(struct lg_intern *intern);

/* The number of a string, new or known, in *out. Amortised O(length). */
enum lg_status lg_intern_add(struct lg_intern *intern, const char *bytes, size_t length,
			     uint32_t *out, struct lg_error *err) LG_MUST_CHECK;

/* How many there are, "" included. */
uint32_t lg_intern_count(const struct lg_intern *intern);
/* A string added before; valid until the next is added. */
struct lg_text lg_intern_text(const struct lg_intern *intern, uint32_t string);

/* Hand the table over to *out (malloc'd columns); the builder is empty after it. */
enum lg_status lg_intern_finish(struct lg_intern *intern, struct lg_strings *out,
				struct lg_error *err) LG_MUST_CHECK;

#endif
