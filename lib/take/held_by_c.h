/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TAKE_HELD_BY_C_H
#define LG_TAKE_HELD_BY_C_H

#include "leakgraph/snapshot.h"

/*
 * Add LG_ROOT_C_CODE roots: among the objects that no root reaches, those whose
 * refcount exceeds the references that all known objects have to them are held
 * by C code, with that excess. Immortal ones, whose refcount says nothing, are
 * the interpreter's: roots of that kind with the name static_name. What is
 * still not reached after it is garbage. O(objects + references).
 */
enum lg_status lg_held_by_c(struct lg_snapshot *snapshot, uint32_t static_name,
			    struct lg_error *err) LG_MUST_CHECK;

#endif
