/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_SIGNATURE_H
#define LEAKGRAPH_SIGNATURE_H

#include "leakgraph/analysis.h"

/*
 * The signature of a suspect: 8 hex digits that are the same for the same leak
 * in another process, another build of the program, another CPython. What goes
 * into it is told in lib/analysis/SIGNATURE.md. Of what is told of a holder
 * (lg_holder.signature) it is the name by which the other commands, a budget or
 * a colleague can speak of it.
 */

/* Of the rule by which words are made and hashed. Another rule has another number. */
#define LG_SIGNATURE_VERSION 1

#define LG_SIGNATURE_DIGITS 8

/* "9f31c2e0": 8 hex digits, lower case. False for any other text. */
bool lg_signature_parse(const char *text, uint32_t *out);

/*
 * What piles up in the suspects of this signature: the items of the container,
 * the tasks of the set, the object itself where it is one; of a chain its first.
 * Of garbage the heads. *out are indexes of objects, ascending, each once, for
 * free(). LG_E_NOT_FOUND: no suspect of the dump has it.
 * O((objects + references) log objects), as a verdict.
 */
enum lg_status lg_signature_objects(struct lg_analysis *analysis, uint32_t signature,
				    uint32_t **out, uint32_t *out_count,
				    struct lg_error *err) LG_MUST_CHECK;

#endif
