/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_ROWS_H
#define LG_DUMP_ROWS_H

#include "base/intern.h"
#include "formats/dump/row.h"

/* Rows as they come from the file: in their order, with ids. Zero-initialise. */
struct lg_rows {
	/* per row; where ids without a row are met, they are added at the end */
	uint64_t *id, *size;
	uint32_t *type, *refcount, *degree;
	size_t count, id_capacity, size_capacity, type_capacity, refcount_capacity, degree_capacity;
	size_t defined; /* rows of the file */

	/* per reference, in the order of rows */
	uint64_t *target;
	uint32_t *ref_name;
	uint8_t *ref_kind;
	size_t reference_count, target_capacity, ref_name_capacity, ref_kind_capacity;

	/* roots */
	bool has_roots;
	uint64_t *root_id;
	struct lg_root *root;
	size_t root_count, root_id_capacity, root_capacity;

	struct lg_intern *strings;
	struct lg_intern *type_keys; /* "module\0name" to the number of a type */
	struct lg_type *types;
	size_t type_count, types_capacity;
	char *key; /* of the type at hand */
	size_t key_capacity;
};

void lg_rows_release(struct lg_rows *rows);

/* Memory of so many rows at the peak: as they come, the table of their ids, and the columns they become. */
uint64_t lg_rows_bytes(uint64_t rows, uint64_t references);

/* Types by name; 0 is the virtual root's. module.bytes NULL: cut at the last dot of the name. */
enum lg_status lg_rows_type(struct lg_rows *rows, struct lg_row_text module, struct lg_row_text name,
			    uint32_t flags, uint32_t *out, struct lg_error *err) LG_MUST_CHECK;

/* One row without type, size and references. */
enum lg_status lg_rows_add(struct lg_rows *rows, uint64_t id, struct lg_error *err) LG_MUST_CHECK;

/* Ids to numbers, numbers in the order a snapshot wants, columns. Empties rows. */
enum lg_status lg_rows_finish(struct lg_rows *rows, struct lg_snapshot *out,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
