/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PARQUET_BOUND_H
#define LG_PARQUET_BOUND_H

#include "leakgraph/snapshot.h"

#define LG_BOUND_BYTES 64

/* A text, valid UTF-8, that is no greater, or no less, than another, and short. */
struct lg_text_bound {
	char bytes[LG_BOUND_BYTES];
	size_t length;
	bool exact; /* it is that other one */
};

void lg_bound_below(struct lg_text text, struct lg_text_bound *out);
/* False where there is no such short text. */
bool lg_bound_above(struct lg_text text, struct lg_text_bound *out);

#endif
