/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_FOLDED_H
#define LG_FOLDED_H

#include "base/stream.h"
#include "formats/stacks/stacks.h"

/* Visits stacks and writes a line each, "outermost;...;innermost BYTES". context: the stream. */
enum lg_status lg_folded_visit(void *context, const struct lg_stack *stack,
			       struct lg_error *err) LG_MUST_CHECK;

#endif
