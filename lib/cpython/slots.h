/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_SLOTS_H
#define LG_CPYTHON_SLOTS_H

#include "cpython/runtime.h"
#include "leakgraph/snapshot.h"

/*
 * What an instance of a class takes, and what `__slots__` in it and in its bases
 * would make of it: block_bytes, slotted_bytes and weakref_bytes of *out, 0 for
 * types that are not made by a class statement, that have no __dict__, or whose
 * base in C brings one. Reads at most a few words of each base.
 */
void lg_python_slots(const struct lg_python *python, uint64_t type, struct lg_type *out);

#endif
