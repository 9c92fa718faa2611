/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PPROF_H
#define LG_PPROF_H

#include "base/stream.h"
#include "formats/stacks/stacks.h"
#include "leakgraph/snapshot.h"

/*
 * A profile as `go tool pprof` reads it, written stack by stack. What is kept
 * of a stack are its frames, each once.
 */
struct lg_pprof;

enum lg_status lg_pprof_open(const struct lg_snapshot *snapshot, struct lg_stream *stream,
			     struct lg_pprof **out, struct lg_error *err) LG_MUST_CHECK;
/* context: the profile. */
enum lg_status lg_pprof_visit(void *context, const struct lg_stack *stack,
			      struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_pprof_finish(struct lg_pprof *pprof, struct lg_error *err) LG_MUST_CHECK;
/* Takes NULL. */
void lg_pprof_free(struct lg_pprof *pprof);

#endif
