/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLASSES_KEEPERS_H
#define LG_CLASSES_KEEPERS_H

#include "analysis/model.h"
#include "leakgraph/classes.h"

struct lg_keeper {
	uint8_t kind;   /* enum lg_keeper_kind */
	uint32_t index; /* LG_KEEPER_CLASS: of types; _MODULE, _ROOT: of roots; else 0 */
};

/* Who keeps each node: an index of `keeper`. Zero-initialise; for lg_cleanup. */
struct lg_keepers {
	uint32_t *of_node;
	struct lg_keeper *keeper;
	uint32_t count;
	size_t capacity;
	uint8_t *of_language; /* type: of the language, which keeps nothing in its own name */
};

/* O(nodes + roots log roots). */
enum lg_status lg_keepers_find(const struct lg_analysis *analysis, struct lg_keepers *out,
			       struct lg_error *err) LG_MUST_CHECK;
void lg_keepers_release(struct lg_keepers *keepers);

/* "app.models.Session", "module app.cache", "garbage that no root reaches" */
void lg_keeper_text(const struct lg_analysis *analysis, const struct lg_keeper *keeper,
		    struct lg_buffer *out);

/* The first component of the class's or module's name: "sqlalchemy"; none for other keepers. */
struct lg_text lg_keeper_package(const struct lg_analysis *analysis,
				 const struct lg_keeper *keeper);

#endif
