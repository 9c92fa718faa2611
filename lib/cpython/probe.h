/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_PROBE_H
#define LG_CPYTHON_PROBE_H

#include "cpython/runtime.h"

/*
 * Where this release of a version has its fields. A table is of one release;
 * in others of the same version some fields lie further on, by as much as the
 * interpreter says (_Py_DebugOffsets) or as what stands there shows. Copies
 * `table` to python->fitted, moves what has to be moved, and makes it
 * python->layout; whether all fits then is for lg_python_validate() to say.
 * Needs runtime and base types. LG_E_ATTACH where the interpreter says what
 * can't be.
 */
enum lg_status lg_python_probe(struct lg_python *python, const struct lg_layout *table,
			       struct lg_error *err) LG_MUST_CHECK;

/* Does what an interpreter has of its own of static types stand at `states`? Some of them are asked for. */
bool lg_static_types_at(const struct lg_python *python, uint64_t states);

/* Could a list of the collector begin at `head`? Not: is it in order. */
bool lg_may_be_list_head(const struct lg_python *python, uint64_t head);

#endif
