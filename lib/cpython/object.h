/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_OBJECT_H
#define LG_CPYTHON_OBJECT_H

#include <stdbool.h>

#include "cpython/runtime.h"

/*
 * Reading single objects from outside, for whoever collects roots and names.
 * Addresses may be anything; what can't be what it should be is refused.
 */

#define LG_WORD_BYTES 8

/* A word, or 0 where nothing can be read: for yes-or-no questions. */
uint64_t lg_peek(const struct lg_python *python, uint64_t address);

/* The links of the collector's lists carry flags in their low bits, which these leave out. */
uint64_t lg_list_next(const struct lg_python *python, uint64_t link);
uint64_t lg_list_previous(const struct lg_python *python, uint64_t link);

/* The bit of the tp_flags of a type. */
bool lg_type_has_flag(const struct lg_python *python, uint64_t type, uint32_t bit);
/* Of an object's type, which is looked at first. */
bool lg_object_has_flag(const struct lg_python *python, uint64_t object, uint32_t bit);

/* Is there a type object at address: aligned, readable, its type a type of types? */
bool lg_python_is_type(const struct lg_python *python, uint64_t address);
/* Does address look like a live object: aligned, sane refcount, its type a type? */
bool lg_python_is_object(const struct lg_python *python, uint64_t address);

uint64_t lg_python_refcount(const struct lg_python *python, uint64_t object);

/* Exactly of the family's base type, or of one that derives from it. */
bool lg_python_is_family(const struct lg_python *python, uint64_t object, enum lg_family family);

/* A dict's entries, found and bounded. */
struct lg_dict_view {
	uint64_t entries; /* address of the first */
	uint64_t values;  /* address of a split table's values, else 0 */
	uint64_t count;   /* of entries, free ones included */
	uint32_t entry_bytes, key_at, value_at;
};

/* More entries than LG_MAX_DICT_ENTRIES are refused. */
#define LG_MAX_DICT_ENTRIES (1u << 22)
enum lg_status lg_dict_open(const struct lg_python *python, uint64_t dict,
			    struct lg_dict_view *out, struct lg_error *err) LG_MUST_CHECK;

/* Key and value of entry i; both 0 where it is free. */
void lg_dict_entry(const struct lg_python *python, const struct lg_dict_view *view, uint64_t i,
		   uint64_t *key, uint64_t *value);

/* The value of a non-negative int below 2^64; 0 where it is none. */
uint64_t lg_python_int(const struct lg_python *python, uint64_t object);

/* Is the object the str `text`? */
bool lg_text_equals(const struct lg_python *python, uint64_t unicode, const char *text);

/*
 * The value of an instance's attribute, from inline values or its dict; 0 where
 * there is none. Looks at nothing else: no descriptors, no class.
 */
uint64_t lg_instance_attribute(const struct lg_python *python, uint64_t object, const char *name);

#endif
