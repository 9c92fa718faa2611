/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WASTE_SURVEY_H
#define LG_WASTE_SURVEY_H

#include "analysis/names.h"
#include "base/bits.h"
#include "base/word_map.h"
#include "classes/keepers.h"
#include "leakgraph/waste.h"

/* A row before it has texts. */
struct lg_waste_found {
	uint8_t kind;
	uint32_t type, keeper;
	struct lg_label label;
	uint64_t count, bytes, of;
	uint32_t example;
};

/*
 * A look at the whole heap. Whoever counts an object's bytes claims it; who
 * comes later leaves it alone. Zero-initialise; for lg_cleanup.
 */
struct lg_waste_survey {
	const struct lg_analysis *analysis;
	struct lg_keepers keepers;
	uint64_t *claimed; /* bit of an object */
	uint32_t code;     /* the type of code objects, LG_NONE where there is none */
	bool no_pymalloc;
	struct lg_waste_found *found;
	size_t count, capacity;
	struct lg_word_map row_of; /* by a hash of kind, type, keeper and label */
};
void lg_waste_survey_release(struct lg_waste_survey *survey);

/* The type of that name among those of the language, LG_NONE where there is none. O(types). */
uint32_t lg_waste_type(const struct lg_analysis *analysis, const char *name);

/* What the allocator takes for a block of so many bytes. */
uint64_t lg_waste_block(const struct lg_waste_survey *survey, uint64_t bytes);
/* For an object with a block of its own and one beside it of `apart` bytes. */
uint64_t lg_waste_blocks(const struct lg_waste_survey *survey, uint64_t shallow, uint64_t apart);

/* Is it the program's to change: reached by a root, not the interpreter's or a code object's, not claimed? */
bool lg_waste_is_open(const struct lg_waste_survey *survey, uint32_t object);

/*
 * Add to the row of (kind, type, who keeps the object and by which label); *row
 * is it, valid until the next call. example: as in lg_waste_row. The object is
 * the caller's to claim.
 */
enum lg_status lg_waste_add(struct lg_waste_survey *survey, enum lg_waste_kind kind, uint32_t type,
			    uint32_t object, uint64_t bytes, struct lg_waste_found **row,
			    struct lg_error *err) LG_MUST_CHECK;

/* What is equal, as the dump has it of strings and numbers. */
struct lg_equals {
	struct lg_equal *row; /* from malloc */
	uint32_t count;       /* groups are below it */
};

/*
 * Tuples and frozensets of equal items; groups of one are among them. *out is zeroed by the
 * caller. O(objects + references), and the sorting of sets.
 */
enum lg_status lg_waste_compose(const struct lg_waste_survey *survey, struct lg_equals *out,
				struct lg_error *err) LG_MUST_CHECK;

/* The kinds, in this order. Each claims what it counts. */
enum lg_status lg_waste_find_slots(struct lg_waste_survey *survey,
				   struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_waste_find_boxed(struct lg_waste_survey *survey,
				   struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_waste_find_equal(struct lg_waste_survey *survey,
				   struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_waste_find_containers(struct lg_waste_survey *survey,
					struct lg_error *err) LG_MUST_CHECK;

#endif
