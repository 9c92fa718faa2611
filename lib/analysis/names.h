/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_NAMES_H
#define LG_ANALYSIS_NAMES_H

#include "analysis/model.h"

/* What a step of a path is, beyond the kinds of references. */
enum {
	LG_STEP_ROOT = LG_REF_KIND_COUNT, /* name: index of the snapshot's roots */
	LG_STEP_CLASS,                    /* name: the type object; a class that several hold */
	LG_STEP_SHARED,                   /* several hold it, the parent in the tree does not */
};

/*
 * Labels of merged paths are equal when key and name are; `name` is 0 for
 * labels that don't tell one from another ("[str]"), `exact` is the key's.
 */
struct lg_label {
	uint8_t kind; /* enum lg_ref_kind, or LG_STEP_... */
	uint32_t name;
	uint32_t exact;
};

/* The label of a reference that belongs to the node holder (or what is folded into it). */
struct lg_label lg_label_of_step(const struct lg_analysis *analysis, uint32_t holder, uint8_t kind,
				 uint32_t name);
struct lg_label lg_label_of(const struct lg_analysis *analysis, uint32_t holder,
			    uint32_t reference);

/* As DESIGN's grammar writes it; `merged`: a str key is "[str]". */
void lg_label_text(const struct lg_analysis *analysis, struct lg_label label, bool merged,
		   struct lg_buffer *out);

/* "module app.cache" */
void lg_root_text(const struct lg_analysis *analysis, const struct lg_root *root,
		  struct lg_buffer *out);
/* "app.models.Session", "dict" */
void lg_type_text(const struct lg_analysis *analysis, uint32_t type, struct lg_buffer *out);
/* The type that a class object is: "app.models.Session". O(types). */
void lg_class_text(const struct lg_analysis *analysis, uint32_t node, struct lg_buffer *out);
/*
 * The type of an object, which stands for `count` equal ones; of what is suspended
 * with its function and line: "generator rows() at app.py:12"; of a task its name
 * and where it waits: "task "worker-7" waiting at db.py:7 in query()".
 */
void lg_object_type_text(const struct lg_analysis *analysis, uint32_t node, uint64_t count,
			 struct lg_buffer *out);
/* What `count` tasks that wait at one place are: "task waiting at db.py:7 in query()". */
void lg_tasks_text(const struct lg_analysis *analysis, uint32_t node, uint64_t count,
		   struct lg_buffer *out);
/* "app.py:41": a line of a file, which is a string, without its folders. */
void lg_place_text(const struct lg_analysis *analysis, uint32_t file, uint32_t line,
		   struct lg_buffer *out);
/* Where a task or what is suspended waits: "/srv/db.py:7 in query()"; nothing of other nodes. */
void lg_waiting_text(const struct lg_analysis *analysis, uint32_t node, struct lg_buffer *out);

/* Does the label name one place ("." and locals), or one of many equal ones (items, keys)? */
bool lg_label_is_named(struct lg_label label);

/* Is the object expected to live on: a module, class, function, thread, frame? */
bool lg_is_expected(const struct lg_analysis *analysis, uint32_t node);
/* Are all objects of a type? */
bool lg_type_is_expected(const struct lg_analysis *analysis, uint32_t type);

/* Is the type of an object worth a word in a path? */
bool lg_type_is_telling(const struct lg_analysis *analysis, uint32_t node);

#endif
