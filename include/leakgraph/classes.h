/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_CLASSES_H
#define LEAKGRAPH_CLASSES_H

#include "leakgraph/analysis.h"

/*
 * The heap by the classes a programmer wrote: a heap that is mostly str, dict,
 * bytes and list is told as what these hang on. Strings are as in analysis.h.
 */

/* Who keeps an object. */
enum lg_keeper_kind {
	LG_KEEPER_CLASS = 0,   /* an instance of the class, or the class itself */
	LG_KEEPER_MODULE,      /* no class, but a module */
	LG_KEEPER_ROOT,        /* another root with a name of its own */
	LG_KEEPER_THREAD,      /* frames of threads */
	LG_KEEPER_INTERPRETER, /* the interpreter's tables */
	LG_KEEPER_BUILTIN,     /* static types of the language */
	LG_KEEPER_C_CODE,
	LG_KEEPER_INTERNED,
	LG_KEEPER_SEVERAL,     /* several of them, and none alone */
	LG_KEEPER_GARBAGE,     /* none: no root reaches it */
	LG_KEEPER_KIND_COUNT
};

/* What a keeper's bytes are of. */
enum lg_keeper_part {
	LG_PART_OF_DICTS = 0,
	LG_PART_OF_LISTS,
	LG_PART_OF_TUPLES,
	LG_PART_OF_SETS,
	LG_PART_OF_STRINGS,
	LG_PART_OF_BYTES,
	LG_PART_OF_NUMBERS,
	LG_PART_OF_CODE, /* functions, methods, cells, code, class objects */
	LG_PART_OF_REST,
	LG_KEEPER_PARTS
};

struct lg_class_row {
	const char *name;    /* "app.models.Session", "module app.cache"; of a package "sqlalchemy" */
	enum lg_keeper_kind kind;
	bool package;        /* classes and modules of one, merged */
	uint64_t keepers;    /* classes and modules that are merged in it; else 1 */
	uint64_t count;      /* instances */
	uint64_t own_bytes;  /* their shallow bytes */
	uint64_t kept_bytes; /* own_bytes, and those of the parts */
	uint64_t part_bytes[LG_KEEPER_PARTS]; /* objects of the language that the keeper is nearest to */
};

struct lg_classes {
	struct lg_summary summary;
	struct lg_class_row *row; /* the first `top`, by kept_bytes */
	size_t row_count;
	uint64_t row_total;
	uint64_t rest_bytes; /* of rows that are not told: with them all rows sum up to object_bytes */
	struct lg_pool *pool;
};

/*
 * Each object's bytes go to the nearest class that dominates it, where no class
 * does to the module, where no module does to what else keeps it. Classes of
 * the language and its own containers (builtins, collections, functools, ...)
 * are none. by_package: those of one top-level package are merged. top 0: all.
 * One pass over the dominators' preorder and one over the objects.
 */
enum lg_status lg_classes_build(struct lg_analysis *analysis, bool by_package, uint32_t top,
				struct lg_classes **out, struct lg_error *err) LG_MUST_CHECK;
void lg_classes_free(struct lg_classes *classes);

#endif
