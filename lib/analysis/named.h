/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_NAMED_H
#define LG_ANALYSIS_NAMED_H

#include "analysis/names.h"

/*
 * References found again by the names under which reports tell them:
 *
 *   module shop.sessions → .SESSIONS → [str] ×600     a path, from a root down
 *   #17 → .payload                                    from an object on
 *   shop.models.Session → .payload                    of all objects of a type
 *   shop.sessions.SESSIONS['key'].user                as code would name it
 *   thread worker-3                                   a root itself
 *
 * " -> " is an arrow, too. Numbers behind a step are passed over. A type behind a
 * label keeps what is of it. What reports fold away between two steps (an
 * instance's __dict__, steps without a name) is looked through.
 */
struct lg_named {
	uint32_t *reference; /* of the snapshot, those of the last label: */
	uint32_t reference_count;
	uint32_t holders;    /* of so many objects; */
	uint32_t *root;      /* or, where there is no label, the entries of the root */
	uint32_t root_count;
	uint32_t *node;      /* where they lead to, each once */
	uint32_t node_count;
};
void lg_named_release(struct lg_named *named);

/* Is it a path, by its arrow? */
bool lg_named_is_path(const char *text);

/*
 * LG_E_NOT_FOUND: no such step, and which there are. LG_E_USAGE: a name that
 * several have (the message lists them), a path with a gap, or what is no name.
 * O(references of what is on the way).
 */
enum lg_status lg_named_find(struct lg_analysis *analysis, const char *text, struct lg_named *out,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
